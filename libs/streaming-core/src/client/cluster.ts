import { apiVersionsV3, findCoordinatorV4, metadataV9, type Connection } from '@platformatic/kafka';
import { Backoff, delay } from './backoff.js';
import { BrokerConnections, call, type BrokerAddress, type ConnectionPurpose } from './broker-connections.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError } from './kafka-errors.js';
import type { ConnectionSecurity } from './security.js';
import { StreamClientError } from './types.js';

/** What this client sends: Apache Kafka 3.0 and newer serve all of it. */
const NEEDED_APIS: readonly { readonly key: number; readonly version: number; readonly name: string }[] = [
  { key: 0, version: 9, name: 'Produce' },
  { key: 1, version: 12, name: 'Fetch' },
  { key: 2, version: 6, name: 'ListOffsets' },
  { key: 3, version: 9, name: 'Metadata' },
  { key: 8, version: 8, name: 'OffsetCommit' },
  { key: 9, version: 8, name: 'OffsetFetch' },
  { key: 10, version: 4, name: 'FindCoordinator' },
  { key: 11, version: 6, name: 'JoinGroup' },
  { key: 12, version: 4, name: 'Heartbeat' },
  { key: 13, version: 4, name: 'LeaveGroup' },
  { key: 14, version: 5, name: 'SyncGroup' },
  { key: 22, version: 3, name: 'InitProducerId' },
];

const COORDINATOR_KEY_TYPE = { group: 0, transaction: 1 } as const;
const REFRESH_INTERVAL_MIN_MS = 50;
const FORGET_TOPIC_AFTER_MS = 10_000;
const TOPICS_MAX = 10_000;

/** The brokers, and who leads which partition, as last heard. */
export class Cluster {
  readonly connections: BrokerConnections;
  readonly #bootstrap: readonly BrokerAddress[];
  #brokers = new Map<number, BrokerAddress>();
  readonly #leaders = new Map<string, readonly number[]>();
  readonly #unknownSinceMs = new Map<string, number>();
  #controllerId = -1;
  #refreshing: Promise<void> | undefined;
  #refreshAgain: Promise<void> | undefined;
  #lastRefreshMs = 0;
  #checkedVersions = false;

  constructor(brokers: string | readonly string[], clientId: string, security?: ConnectionSecurity) {
    this.#bootstrap = parseBrokers(brokers);
    this.connections = new BrokerConnections(clientId, security);
  }

  /** Undefined while the topic is not known (to exist). */
  partitionCount(topic: string): number | undefined {
    return this.#leaders.get(topic)?.length;
  }

  /** The leader's node id, or undefined while there is none. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition];
    return leader === undefined || leader < 0 ? undefined : leader;
  }

  /** Asks for the named topics and all known ones. Calls at the same time share one request. */
  async refresh(topics: readonly string[] = []): Promise<void> {
    for (const topic of topics) {
      if (this.#leaders.has(topic)) continue;
      if (this.#leaders.size >= TOPICS_MAX) throw new StreamClientError('TOPIC_MISMATCH', 'too many topics');
      this.#leaders.set(topic, []);
    }
    if (!this.#refreshing) {
      this.#refreshing = this.#refreshNow().finally(() => (this.#refreshing = undefined));
      return this.#refreshing;
    }
    // The running request may have been sent before these topics were added: share the one after it.
    this.#refreshAgain ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#refreshAgain = undefined;
        return this.refresh();
      });
    return this.#refreshAgain;
  }

  /** {@link refresh} until all topics have partitions or the time is over; gives the ones that are still unknown. */
  async awaitTopics(topics: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<string[]> {
    const deadlineMs = Date.now() + timeoutMs;
    const backoff = new Backoff(50, 500);
    for (;;) {
      let failure: unknown;
      try {
        await this.refresh(topics);
      } catch (error) {
        failure = error;
      }
      const missing = topics.filter((topic) => !this.partitionCount(topic));
      if (missing.length === 0) return [];
      if (signal?.aborted || Date.now() >= deadlineMs) {
        if (failure !== undefined) throw asStreamClientError(failure, 'BROKER_UNREACHABLE', 'cannot read metadata');
        return missing;
      }
      await delay(backoff.nextMs(), signal);
    }
  }

  async connectionTo(nodeId: number, purpose: ConnectionPurpose): Promise<Connection> {
    const address = this.#brokers.get(nodeId);
    if (!address) throw new StreamClientError('BROKER_UNREACHABLE', `broker ${nodeId} is not in the metadata`);
    return this.connections.get(address, purpose);
  }

  async connectionToController(): Promise<Connection> {
    if (!this.#brokers.has(this.#controllerId)) await this.refresh();
    if (this.#brokers.has(this.#controllerId)) return this.connectionTo(this.#controllerId, 'control');
    return this.#anyConnection();
  }

  /** A connection to the broker that coordinates a group or a transactional id. Throws {@link StreamClientError} when there is none now. */
  async connectionToCoordinator(
    key: string,
    purpose: ConnectionPurpose,
    kind: 'group' | 'transaction' = 'group',
  ): Promise<Connection> {
    const control = await this.#anyConnection();
    const { coordinators } = await call(control, findCoordinatorV4.api, COORDINATOR_KEY_TYPE[kind], [key]);
    const coordinator = coordinators[0];
    if (coordinator?.errorCode !== E.NONE) {
      const code = coordinator?.errorCode ?? E.COORDINATOR_NOT_AVAILABLE;
      const cause = new KafkaResponseError(code, `coordinator of ${kind} ${key}`, coordinator?.errorMessage);
      throw new StreamClientError('GROUP_FAILED', cause.message, { cause });
    }
    return this.connections.get({ host: coordinator.host, port: coordinator.port }, purpose);
  }

  async anyConnection(): Promise<Connection> {
    return this.#anyConnection();
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  async #refreshNow(): Promise<void> {
    const waitMs = this.#lastRefreshMs + REFRESH_INTERVAL_MIN_MS - Date.now();
    if (waitMs > 0) await delay(waitMs);
    this.#lastRefreshMs = Date.now();
    const connection = await this.#anyConnection();
    const topics = [...this.#leaders.keys()];
    const response = await call(connection, metadataV9.api, topics, false, false);
    this.#brokers = new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    this.#controllerId = response.controllerId;
    for (const topic of response.topics) {
      if (!this.#leaders.has(topic.name)) continue;
      if (topic.errorCode === E.UNKNOWN_TOPIC_OR_PARTITION) this.#noteUnknown(topic.name);
      if (topic.partitions.length === 0) continue;
      this.#unknownSinceMs.delete(topic.name);
      const leaders = new Array<number>(topic.partitions.length).fill(-1);
      for (const { partitionIndex, leaderId } of topic.partitions) leaders[partitionIndex] = leaderId;
      this.#leaders.set(topic.name, leaders);
    }
  }

  /** A broker that has just started may not know its topics yet: one answer does not undo what is known. */
  #noteUnknown(topic: string): void {
    const sinceMs = this.#unknownSinceMs.get(topic) ?? Date.now();
    this.#unknownSinceMs.set(topic, sinceMs);
    if (Date.now() - sinceMs >= FORGET_TOPIC_AFTER_MS) this.#leaders.set(topic, []);
  }

  /** The first broker that can be reached: known ones first, then the bootstrap list. */
  async #anyConnection(): Promise<Connection> {
    let failure: unknown;
    for (const address of [...this.#brokers.values(), ...this.#bootstrap]) {
      try {
        const connection = await this.connections.get(address, 'control');
        if (!this.#checkedVersions) await this.#checkVersions(connection);
        return connection;
      } catch (error) {
        failure = error;
        if (error instanceof StreamClientError && error.code === 'CLOSED') throw error;
      }
    }
    throw asStreamClientError(failure, 'BROKER_UNREACHABLE', 'no broker can be reached');
  }

  async #checkVersions(connection: Connection): Promise<void> {
    const { apiKeys } = await call(connection, apiVersionsV3.api, 'ridestream-streaming-core', '0.1.0');
    const lacking = NEEDED_APIS.filter(({ key, version }) => {
      const served = apiKeys.find(({ apiKey }) => apiKey === key);
      return !served || served.minVersion > version || served.maxVersion < version;
    });
    if (lacking.length > 0) {
      const list = lacking.map(({ name, version }) => `${name} v${version}`).join(', ');
      throw new StreamClientError('BROKER_UNREACHABLE', `the broker does not serve ${list}`);
    }
    this.#checkedVersions = true;
  }
}

function parseBrokers(brokers: string | readonly string[]): BrokerAddress[] {
  const list = typeof brokers === 'string' ? brokers.split(',') : brokers;
  const addresses = list.map((entry) => {
    const match = /^\[?([^\]]+?)\]?(?::(\d{1,5}))?$/.exec(entry.trim());
    const port = Number(match?.[2] ?? 9092);
    if (!match?.[1] || port < 1 || port > 65_535) {
      throw new StreamClientError('BROKER_UNREACHABLE', `not a broker address: "${entry}"`);
    }
    return { host: match[1], port };
  });
  return addresses;
}
