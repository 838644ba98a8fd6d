import type { X509Certificate } from 'node:crypto';
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type TlsOptions, type TLSSocket } from 'node:tls';
import type { Connection, TlsServerOptions, TlsSide } from '../network.js';
import { peerOf, SocketConnection } from './socket-connection.js';

export interface TlsAcceptor {
  accept(socket: Socket): Connection;
  replace(options: TlsServerOptions): void;
}

/** Hands sockets that somebody else accepted to TLS. @throws for keys and certificates that are none, or do not fit */
export function createTlsServer(options: TlsServerOptions): TlsAcceptor {
  /** Connections whose handshake is under way, by peer: one address and port is one connection. */
  const shaking = new Map<string, TlsConnection>();
  const server = createServer({ ...verification(options), ...contextOf(options) });
  server.on('secureConnection', (socket) => {
    const connection = shaking.get(peerOf(socket));
    if (connection) connection.secure(socket);
    else socket.destroy();
  });
  server.on('tlsClientError', (error, socket) => shaking.get(peerOf(socket))?.fail(error));
  return {
    accept: (socket) => {
      const connection = new TlsConnection(socket, () => shaking.delete(connection.peer));
      shaking.set(connection.peer, connection);
      server.emit('connection', socket);
      return connection;
    },
    replace: (changed) => server.setSecureContext(contextOf(changed)),
  };
}

function verification({ clientAuth }: TlsServerOptions): TlsOptions {
  // Whoever may go without a certificate is let through by TLS, and looked at afterwards.
  return { requestCert: clientAuth !== 'none', rejectUnauthorized: clientAuth === 'required' };
}

function contextOf(options: TlsServerOptions): SecureContextOptions {
  const { key, certificateChain, pfx, passphrase, clientAuthorities, minVersion, maxVersion, ciphers } = options;
  return {
    ...(pfx === undefined ? { key, cert: certificateChain } : { pfx }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(clientAuthorities === '' ? {} : { ca: clientAuthorities }),
    ...(ciphers === undefined ? {} : { ciphers }),
    minVersion,
    maxVersion,
    // A resumed session would go on with a certificate that nobody has looked at since.
    secureOptions: constants.SSL_OP_NO_TICKET,
    honorCipherOrder: true,
  };
}

/** One TLS connection, from the first byte of its handshake on. */
class TlsConnection implements Connection, TlsSide {
  readonly peer: string;
  #secured: SocketConnection | null = null;
  #subject: string | null = null;
  #isPaused = false;
  #isClosed = false;
  #failure: Error | undefined;
  readonly #onSecure: (() => void)[] = [];
  readonly #onData: ((chunk: Buffer) => void)[] = [];
  readonly #onDrain: (() => void)[] = [];
  readonly #onClose: ((error?: Error) => void)[] = [];

  constructor(
    private readonly raw: Socket,
    private readonly onSettled: () => void,
  ) {
    this.peer = peerOf(raw);
    raw.on('error', (error) => (this.#failure ??= error));
    raw.once('close', () => this.#closed());
  }

  get tls(): TlsSide {
    return this;
  }

  get subject(): string | null {
    return this.#subject;
  }

  get bufferedBytes(): number {
    return this.#secured?.bufferedBytes ?? 0;
  }

  /** The handshake is over. */
  secure(socket: TLSSocket): void {
    this.onSettled();
    const certificate = socket.getPeerX509Certificate();
    if (certificate && !socket.authorized) {
      this.#failure = new Error(`the certificate is not valid: ${String(socket.authorizationError)}`);
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    if (certificate) this.#subject = subjectOf(certificate);
    const secured = new SocketConnection(socket);
    this.#secured = secured;
    for (const handler of this.#onData.splice(0)) secured.onData(handler);
    for (const handler of this.#onDrain.splice(0)) secured.onDrain(handler);
    secured.onClose((error) => this.#closed(error));
    if (this.#isPaused) secured.pause();
    for (const handler of this.#onSecure.splice(0)) handler();
  }

  /** The handshake has failed; the socket is being closed. */
  fail(error: Error): void {
    this.#failure ??= error;
  }

  onSecure(handler: () => void): void {
    if (this.#secured) handler();
    else this.#onSecure.push(handler);
  }

  onData(handler: (chunk: Buffer) => void): void {
    if (this.#secured) this.#secured.onData(handler);
    else this.#onData.push(handler);
  }

  onDrain(handler: () => void): void {
    if (this.#secured) this.#secured.onDrain(handler);
    else this.#onDrain.push(handler);
  }

  onClose(handler: (error?: Error) => void): void {
    this.#onClose.push(handler);
  }

  write(chunks: readonly Buffer[], onSent?: () => void): boolean {
    return this.#secured?.write(chunks, onSent) ?? false;
  }

  pause(): void {
    this.#isPaused = true;
    this.#secured?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#secured?.resume();
  }

  end(): void {
    if (this.#secured) this.#secured.end();
    else this.raw.destroy();
  }

  destroy(): void {
    if (this.#secured) this.#secured.destroy();
    else this.raw.destroy();
  }

  #closed(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onSettled();
    const failure =
      this.#failure ?? error ?? (this.#secured ? undefined : new Error('the TLS handshake did not finish'));
    for (const handler of this.#onClose.splice(0)) {
      if (failure === undefined) handler();
      else handler(failure);
    }
  }
}

/** OpenSSL writes one part of the name a line, the most general first; RFC 2253 wants the most special first. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').reverse().join(',');
}
