import { createTopicsV7, deleteRecordsV2, metadataV9 } from '@platformatic/kafka';
import { Backoff, delay } from './backoff.js';
import { call } from './broker-connections.js';
import type { Cluster } from './cluster.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError } from './kafka-errors.js';
import { StreamClientError, type StreamAdmin, type TopicPartitionOffset, type TopicSpec } from './types.js';

const CLUSTER_DEFAULT_REPLICATION = -1;
const CREATE_TIMEOUT_MS = 15_000;
const DELETE_TIMEOUT_MS = 15_000;

/** See {@link StreamAdmin}. */
export class ClusterAdmin implements StreamAdmin {
  readonly #abort = new AbortController();

  constructor(
    readonly cluster: Cluster,
    readonly timeoutMs: number,
  ) {}

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    const names = topics.map(({ name }) => name);
    const existing = await this.partitionCounts(names);
    await this.#create(topics.filter(({ name }) => !existing.has(name)));
    // A topic counts as there when its leaders are known, so that the first produce does not have to wait.
    const missing = await this.cluster.awaitTopics(names, CREATE_TIMEOUT_MS, this.#abort.signal);
    if (missing.length > 0) throw new StreamClientError('TOPIC_MISMATCH', `not created: ${missing.join(', ')}`);
    for (const { name, partitions } of topics) {
      const count = this.cluster.partitionCount(name);
      if (count !== partitions) {
        throw new StreamClientError('TOPIC_MISMATCH', `topic ${name} has ${count ?? 0} partitions, not ${partitions}`);
      }
    }
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#retry('cannot read metadata', () => this.cluster.refresh(topics));
    const counts = topics.map((topic) => [topic, this.cluster.partitionCount(topic) ?? 0] as const);
    return new Map(counts.filter(([, count]) => count > 0));
  }

  /** One request per leader; deleting again what is deleted does nothing, so all of it is tried until it worked. */
  async deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void> {
    await this.#retry('cannot delete records', async () => {
      const missing = await this.cluster.awaitTopics([...new Set(before.map(({ topic }) => topic))], 0);
      if (missing.length > 0) throw new StreamClientError('TOPIC_MISMATCH', `no such topic: ${missing.join(', ')}`);
      const byLeader = Map.groupBy(before, ({ topic, partition }) => this.cluster.leaderOf(topic, partition));
      for (const [leader, offsets] of byLeader) {
        if (leader === undefined) throw new StreamClientError('BROKER_UNREACHABLE', 'a partition has no leader');
        await this.#deleteAt(leader, offsets);
      }
    });
  }

  async listTopics(): Promise<readonly string[]> {
    return this.#retry('cannot list topics', async () => {
      const connection = await this.cluster.anyConnection();
      const { topics } = await call(connection, metadataV9.api, null, false, false);
      return topics.map(({ name }) => name).sort();
    });
  }

  close(): Promise<void> {
    this.#abort.abort();
    return Promise.resolve();
  }

  async #deleteAt(leader: number, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
    }));
    const connection = await this.cluster.connectionTo(leader, 'control');
    const answer = await call(connection, deleteRecordsV2.api, topics, DELETE_TIMEOUT_MS);
    for (const { name, partitions } of answer.topics) {
      const refused = partitions.find(({ errorCode }) => errorCode !== E.NONE);
      if (!refused) continue;
      const cause = new KafkaResponseError(refused.errorCode, `delete records of ${name}-${refused.partitionIndex}`);
      throw new StreamClientError('ADMIN_FAILED', cause.message, { cause });
    }
  }

  async #create(topics: readonly TopicSpec[]): Promise<void> {
    if (topics.length === 0) return;
    const request = topics.map(({ name, partitions, replicationFactor, config }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicationFactor ?? CLUSTER_DEFAULT_REPLICATION,
      assignments: [],
      configs: Object.entries(config ?? {}).map(([key, value]) => ({ name: key, value })),
    }));
    await this.#retry('cannot create topics', async () => {
      const connection = await this.cluster.connectionToController();
      const answer = await call(connection, createTopicsV7.api, request, CREATE_TIMEOUT_MS, false);
      const refused = answer.topics.find(
        ({ errorCode }) => errorCode !== E.NONE && errorCode !== E.TOPIC_ALREADY_EXISTS,
      );
      if (!refused) return;
      const cause = new KafkaResponseError(refused.errorCode, `create topic ${refused.name}`, refused.errorMessage);
      throw new StreamClientError('TOPIC_MISMATCH', cause.message, { cause });
    });
  }

  async #retry<T>(what: string, task: () => Promise<T>): Promise<T> {
    const deadlineMs = Date.now() + this.timeoutMs;
    const backoff = new Backoff(50, 1000);
    for (;;) {
      try {
        return await task();
      } catch (error) {
        const failure = asStreamClientError(error, 'BROKER_UNREACHABLE', what);
        const refused = failure.cause instanceof KafkaResponseError && !failure.cause.retriable;
        if (refused || failure.code === 'CLOSED' || this.#abort.signal.aborted || Date.now() >= deadlineMs)
          throw failure;
        await delay(backoff.nextMs(), this.#abort.signal);
        await this.cluster.refresh().catch(() => undefined);
      }
    }
  }
}
