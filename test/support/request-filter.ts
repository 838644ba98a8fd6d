import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Kafka's numbers of the requests that a test may want to hold back. */
export const API = { produce: 0, offsetCommit: 8 } as const;

interface Rule {
  readonly clientId: string;
  readonly apiKey: number;
}

/** Size, api key, version, correlation id, length of the client id. */
const HEADER_BYTES = 14;

/**
 * Stands between clients and a broker, and can swallow one kind of request of one client: to that client it looks as if
 * the broker took its time. So a process can be killed at a moment that it would otherwise pass in a millisecond.
 */
export class RequestFilter {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly requestsOf = new Map<string, number>();
  private brokerPort = 0;
  private rule: Rule | undefined;
  private swallowedCount = 0;

  private constructor() {
    this.server = createServer((client) => this.join(client));
  }

  static async start(): Promise<RequestFilter> {
    const filter = new RequestFilter();
    await new Promise<void>((resolve) => filter.server.listen(0, '127.0.0.1', resolve));
    return filter;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  forwardTo(brokerPort: number): void {
    this.brokerPort = brokerPort;
  }

  /** From now on these requests get no answer. */
  swallow(clientId: string, apiKey: number): void {
    this.rule = { clientId, apiKey };
    this.swallowedCount = 0;
  }

  letPass(): void {
    this.rule = undefined;
  }

  /** Requests swallowed since {@link swallow}. */
  get swallowed(): number {
    return this.swallowedCount;
  }

  /** Requests of a client so far, the swallowed ones included. */
  requestsFrom(clientId: string): number {
    return this.requestsOf.get(clientId) ?? 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const broker = connect(this.brokerPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    broker.on('data', (bytes: Buffer) => client.write(bytes));
    let pending = Buffer.alloc(0);
    client.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      for (let frame = firstFrame(pending); frame !== undefined; frame = firstFrame(pending)) {
        pending = pending.subarray(frame.length);
        if (this.passes(frame)) broker.write(frame);
      }
    });
  }

  private passes(frame: Buffer): boolean {
    const apiKey = frame.readInt16BE(4);
    const clientId = frame.toString('utf8', HEADER_BYTES, HEADER_BYTES + Math.max(0, frame.readInt16BE(12)));
    this.requestsOf.set(clientId, this.requestsFrom(clientId) + 1);
    if (this.rule?.clientId !== clientId || this.rule.apiKey !== apiKey) return true;
    this.swallowedCount++;
    return false;
  }
}

/** The first request that has come whole, its size included. */
function firstFrame(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const end = 4 + bytes.readInt32BE(0);
  return bytes.length < end ? undefined : bytes.subarray(0, end);
}
