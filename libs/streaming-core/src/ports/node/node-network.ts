import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Connection, Listener, ListenOptions, Network } from '../network.js';

/** TCP. */
export class NodeNetwork implements Network {
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => onConnection(new SocketConnection(socket)));
      server.once('error', reject);
      server.listen({ host: options.host, port: options.port }, () => {
        server.off('error', reject);
        resolve(new ServerListener(server));
      });
    });
  }
}

class ServerListener implements Listener {
  readonly host: string;
  readonly port: number;

  constructor(private readonly server: Server) {
    const address = server.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    // A failed accept (no file handles left, say) concerns that connection alone.
    server.on('error', () => undefined);
  }

  close(): Promise<void> {
    // net.Server calls back only once every connection is closed; not accepting any more takes effect at once.
    this.server.close();
    return Promise.resolve();
  }
}

/** One socket. Also serves the connecting side. */
export class SocketConnection implements Connection {
  readonly peer: string;
  private failure: Error | undefined;

  constructor(private readonly socket: Socket) {
    this.peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    socket.on('error', (error) => {
      this.failure = error;
    });
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  onData(handler: (chunk: Buffer) => void): void {
    this.socket.on('data', handler);
  }

  onClose(handler: (error?: Error) => void): void {
    this.socket.once('close', () => {
      if (this.failure === undefined) handler();
      else handler(this.failure);
    });
  }

  onDrain(handler: () => void): void {
    this.socket.on('drain', handler);
  }

  write(chunks: readonly Buffer[]): boolean {
    const { socket } = this;
    if (!socket.writable) return false;
    socket.cork();
    for (const chunk of chunks) socket.write(chunk);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }
}
