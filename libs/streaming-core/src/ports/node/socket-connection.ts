import type { Socket } from 'node:net';
import type { Connection } from '../network.js';

/** One TCP socket. */
export class SocketConnection implements Connection {
  readonly peer: string;
  readonly tls = null;
  private failure: Error | undefined;

  constructor(private readonly socket: Socket) {
    this.peer = peerOf(socket);
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

  write(chunks: readonly Buffer[], onSent?: () => void): boolean {
    return writeAll(this.socket, chunks, onSent);
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

export function peerOf(socket: Socket): string {
  return `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
}

/** All chunks in as few packets as they fit; false when the peer reads too slowly. */
export function writeAll(socket: Socket, chunks: readonly Buffer[], onSent?: () => void): boolean {
  if (!socket.writable) return false;
  socket.cork();
  const last = chunks.length - 1;
  for (const [index, chunk] of chunks.entries()) {
    if (index < last || !onSent) socket.write(chunk);
    else socket.write(chunk, (error) => !error && onSent());
  }
  socket.uncork();
  return !socket.writableNeedDrain;
}
