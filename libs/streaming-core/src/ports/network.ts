/** Connections as the broker sees them: byte streams with back-pressure. */
export interface Network {
  listen(options: ListenOptions, onConnection: (connection: Connection) => void): Promise<Listener>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting. Open connections stay until they are closed. */
  close(): Promise<void>;
}

export interface Connection {
  /** For logs: `address:port` of the peer. */
  readonly peer: string;
  onData(handler: (chunk: Buffer) => void): void;
  /** Called once, whoever closed it. */
  onClose(handler: (error?: Error) => void): void;
  onDrain(handler: () => void): void;
  /** False when the peer reads too slowly: wait for drain before writing more. */
  write(chunks: readonly Buffer[]): boolean;
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
