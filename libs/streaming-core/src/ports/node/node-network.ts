import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Connection, Listener, ListenOptions, Network, TlsServerOptions } from '../network.js';
import { createTlsServer, type TlsAcceptor } from './node-tls.js';
import { SocketConnection } from './socket-connection.js';

/** TCP, and TLS over it. */
export class NodeNetwork implements Network {
  async listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener> {
    const { host, port, tls } = options;
    const acceptor = tls === undefined ? null : createTlsServer(tls);
    const accept = (socket: Socket): void => onConnection(acceptor?.accept(socket) ?? new SocketConnection(socket));
    const server = createServer({ noDelay: true }, accept);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve(new ServerListener(server, acceptor));
      });
    });
  }
}

class ServerListener implements Listener {
  readonly host: string;
  readonly port: number;

  constructor(
    private readonly server: Server,
    private readonly acceptor: TlsAcceptor | null,
  ) {
    const address = server.address() as AddressInfo;
    this.host = address.address;
    this.port = address.port;
    // A failed accept (no file handles left, say) concerns that connection alone.
    server.on('error', () => undefined);
  }

  replaceTls(options: TlsServerOptions): void {
    if (this.acceptor === null) throw new TypeError('this listener does not speak TLS');
    this.acceptor.replace(options);
  }

  close(): Promise<void> {
    // net.Server calls back only once every connection is closed; not accepting any more takes effect at once.
    this.server.close();
    return Promise.resolve();
  }
}
