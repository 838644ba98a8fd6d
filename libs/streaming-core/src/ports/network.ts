/** Connections as the broker sees them: byte streams with back-pressure. */
export interface Network {
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Speaks TLS and nothing else. */
  readonly tls?: TlsServerOptions;
}

/** The server's side of TLS. Keys and certificates are PEM text. */
export interface TlsServerOptions {
  readonly key: string;
  readonly certificateChain: string;
  /** Key and certificates in one PKCS#12 file, in place of the two above. */
  readonly pfx?: Buffer;
  /** Of the private key or the PKCS#12 file. */
  readonly passphrase?: string;
  /** Who signs the certificates of clients. Without any, the authorities that the runtime trusts. */
  readonly clientAuthorities: string;
  /** Whether clients show a certificate. One that is shown is verified in any case. */
  readonly clientAuth: 'none' | 'requested' | 'required';
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** By OpenSSL's names, colons between. Default: the runtime's. */
  readonly ciphers?: string;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** New connections use these; those that are open go on with what they have. Only for a listener that speaks TLS. */
  replaceTls?(options: TlsServerOptions): void;
  /** Stops accepting. Open connections stay until they are closed. */
  close(): Promise<void>;
}

export interface Connection {
  /** For logs: `address:port` of the peer. */
  readonly peer: string;
  /** Null on a connection without TLS. */
  readonly tls: TlsSide | null;
  onData(handler: (chunk: Buffer) => void): void;
  /** Called once, whoever closed it. */
  onClose(handler: (error?: Error) => void): void;
  onDrain(handler: () => void): void;
  /**
   * False when the peer reads too slowly: wait for drain before writing more. `onSent` is called once the chunks are with the
   * operating system and their memory is free for other use; never if the connection closes before that.
   */
  write(chunks: readonly Buffer[], onSent?: () => void): boolean;
  /** Bytes accepted by write and not yet taken by the peer. */
  readonly bufferedBytes: number;
  /** Stops and resumes delivery of data. */
  pause(): void;
  resume(): void;
  /** Sends what was written, then closes. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
}

/** A connection over TLS counts from its first byte; data comes once the handshake is over. */
export interface TlsSide {
  /** The name in the certificate that the peer has shown and that was verified, as `CN=alice,O=Ridestream` (RFC 2253); else null. */
  readonly subject: string | null;
  /** Calls back once the handshake is over; at once if it is. */
  onSecure(handler: () => void): void;
}
