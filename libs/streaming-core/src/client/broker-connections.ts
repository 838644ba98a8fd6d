import { Connection, type API } from '@platformatic/kafka';
import { delay } from './backoff.js';
import { asStreamClientError, authenticationFailure, responseOf } from './kafka-errors.js';
import { connectionOptionsOf, type ConnectionSecurity } from './security.js';
import { StreamClientError } from './types.js';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * What a connection is used for. A broker answers the requests of one connection in order, so a long poll must not
 * share it with a heartbeat or a produce.
 */
export type ConnectionPurpose = 'control' | 'produce' | `group:${string}` | `transaction:${string}` | `fetch:${string}`;

const CLOSE_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** JoinGroup waits for the other members: longer than the rebalance timeout. */
const GROUP_REQUEST_TIMEOUT_MS = 75_000;

/** Connections by broker address and purpose, opened on first use and dropped when they break. */
export class BrokerConnections {
  readonly #open = new Map<string, Promise<Connection>>();
  #closed = false;

  constructor(
    readonly clientId: string,
    private readonly security?: ConnectionSecurity,
  ) {}

  get(address: BrokerAddress, purpose: ConnectionPurpose): Promise<Connection> {
    if (this.#closed) return Promise.reject(new StreamClientError('CLOSED', 'the stream client is closed'));
    const key = `${purpose}@${address.host}:${address.port}`;
    const existing = this.#open.get(key);
    if (existing) return existing;
    const opening = this.#connect(address, purpose, () => {
      if (this.#open.get(key) === opening) this.#open.delete(key);
    });
    this.#open.set(key, opening);
    opening.catch(() => {
      if (this.#open.get(key) === opening) this.#open.delete(key);
    });
    return opening;
  }

  /** Closes the connections of one purpose to all brokers. */
  async release(purpose: ConnectionPurpose): Promise<void> {
    const keys = [...this.#open.keys()].filter((key) => key.startsWith(`${purpose}@`));
    await Promise.all(keys.map((key) => this.#closeOne(key)));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.keys()].map((key) => this.#closeOne(key)));
  }

  async #closeOne(key: string): Promise<void> {
    const opening = this.#open.get(key);
    this.#open.delete(key);
    // The bytes of a broker that hangs may never be flushed.
    const tooLong = new AbortController();
    const closing = opening?.then((connection) => connection.close()).catch(() => undefined);
    await Promise.race([closing, delay(CLOSE_TIMEOUT_MS, tooLong.signal)]);
    tooLong.abort();
  }

  async #connect(address: BrokerAddress, purpose: ConnectionPurpose, onGone: () => void): Promise<Connection> {
    const connection = new Connection(this.clientId, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: purpose.startsWith('group:') ? GROUP_REQUEST_TIMEOUT_MS : REQUEST_TIMEOUT_MS,
      ...connectionOptionsOf(this.security, [address.host]),
    });
    // An 'error' event without a listener ends the process; the failure itself reaches every caller through its request.
    connection.on('error', onGone);
    connection.on('close', onGone);
    try {
      await connection.connect(address.host, address.port);
    } catch (error) {
      const refusal = authenticationFailure(error);
      if (refusal) throw refusal;
      throw asStreamClientError(error, 'BROKER_UNREACHABLE', `cannot reach broker ${address.host}:${address.port}`);
    }
    return connection;
  }
}

/**
 * Calls an API and gives its response even when parts of it carry error codes: the caller looks at the codes.
 * Throws {@link StreamClientError} `BROKER_UNREACHABLE` if there is no response.
 */
export async function call<Args extends unknown[], Response>(
  connection: Connection,
  api: API<Args, Response>,
  ...args: Args
): Promise<Response> {
  try {
    return await api.async(connection, ...args);
  } catch (error) {
    const response = responseOf(error);
    if (response !== undefined) return response as Response;
    const address = `${connection.host ?? '?'}:${connection.port ?? '?'}`;
    throw asStreamClientError(error, 'BROKER_UNREACHABLE', `no answer from broker ${address}`);
  }
}
