import { Backoff, delay } from './backoff.js';
import type { Cluster } from './cluster.js';
import { fetchRecords } from './fetch-request.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError, isDenied } from './kafka-errors.js';
import { awaitLeader, lookUpOffset } from './partition-offsets.js';
import { PartitionPump } from './partition-pump.js';
import { readRecordBatches } from './record-batch-reader.js';
import {
  StreamClientError,
  type PartitionBatch,
  type PartitionFollower,
  type PartitionReader,
  type StreamClientWarning,
  type StreamRecord,
  type TopicPartition,
} from './types.js';

const READ_LIMITS = { waitMs: 500, responseBytesMax: 4 * 1024 * 1024, partitionBytesMax: 4 * 1024 * 1024 };
const FOLLOW_BATCH_RECORDS = 1000;
/** How long `close` waits for a handler that still runs. */
const CLOSE_TIMEOUT_MS = 4_000;

let instances = 0;

/** See {@link PartitionReader}. */
export class FetchingPartitionReader implements PartitionReader {
  readonly #cluster: Cluster;
  readonly #timeoutMs: number;
  readonly #onWarning: (warning: StreamClientWarning) => void;
  readonly #followers = new Set<PartitionFollower>();
  readonly #abort = new AbortController();
  readonly #purpose = `fetch:reader:${++instances}` as const;

  /** A read that gets no answer is tried again for `timeoutMs`. */
  constructor(cluster: Cluster, timeoutMs: number, onWarning: (warning: StreamClientWarning) => void) {
    this.#cluster = cluster;
    this.#timeoutMs = timeoutMs;
    this.#onWarning = onWarning;
  }

  async *readToEnd(partition: TopicPartition, from?: bigint): AsyncIterable<readonly StreamRecord[]> {
    const { first, end } = await this.bounds(partition);
    let position = from === undefined || from < first ? first : from;
    while (position < end) {
      const at = position;
      const { records, nextOffset } = await this.#retry('read', () => this.#readFrom(partition, at));
      position = nextOffset;
      const within = records.filter(({ offset }) => offset < end);
      if (within.length > 0) yield within;
    }
  }

  async follow(
    partitions: readonly (TopicPartition & { readonly from?: bigint | 'earliest' | 'latest' })[],
    onBatch: (batch: PartitionBatch) => Promise<void>,
  ): Promise<PartitionFollower> {
    this.#checkOpen();
    const positions = await Promise.all(partitions.map((wanted) => this.#startOf(wanted)));
    const warn = (kind: StreamClientWarning['kind'], error: unknown): void => {
      const failure = asStreamClientError(error, 'FETCH_FAILED', 'follow');
      if (!this.#abort.signal.aborted) this.#onWarning({ kind, message: failure.message, error: failure });
    };
    const pump = new PartitionPump(
      this.#cluster,
      { name: `follow:${++instances}`, resetTo: 'earliest', maxBatchRecords: FOLLOW_BATCH_RECORDS },
      {
        onBatch,
        onHandled: () => undefined,
        onHandlerFailed: (_batch, error) => warn('handler-failed', error),
        onFailure: (failure) => warn('retrying', failure),
      },
    );
    partitions.forEach(({ topic, partition }, i) => pump.add({ topic, partition }, positions[i]!));
    const follower: PartitionFollower = {
      close: async () => {
        this.#followers.delete(follower);
        await pump.remove(partitions, CLOSE_TIMEOUT_MS);
        await pump.close();
      },
    };
    this.#followers.add(follower);
    return follower;
  }

  async bounds(partition: TopicPartition): Promise<{ readonly first: bigint; readonly end: bigint }> {
    const [first, end] = await Promise.all([this.#offset(partition, 'earliest'), this.#offset(partition, 'latest')]);
    return { first, end };
  }

  async offsetAt(partition: TopicPartition, timeMs: number): Promise<bigint> {
    const found = await this.#offset(partition, timeMs);
    return found < 0n ? this.#offset(partition, 'latest') : found;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all([...this.#followers].map((follower) => follower.close()));
    await this.#cluster.connections.release(this.#purpose);
  }

  async #startOf(wanted: TopicPartition & { readonly from?: bigint | 'earliest' | 'latest' }): Promise<bigint> {
    if (typeof wanted.from !== 'bigint') return this.#offset(wanted, wanted.from ?? 'latest');
    // The pump asks for topics that are known: nobody else may have asked for this one.
    await this.#retry('leader', () => awaitLeader(this.#cluster, wanted));
    return wanted.from;
  }

  #offset(partition: TopicPartition, which: 'earliest' | 'latest' | number): Promise<bigint> {
    return this.#retry('offsets', () => lookUpOffset(this.#cluster, partition, which, this.#purpose));
  }

  async #readFrom({ topic, partition }: TopicPartition, position: bigint) {
    const leader = this.#cluster.leaderOf(topic, partition);
    if (leader === undefined) throw new StreamClientError('FETCH_FAILED', `${topic}-${partition} has no leader`);
    const connection = await this.#cluster.connectionTo(leader, this.#purpose);
    const [answer] = await fetchRecords(connection, [{ topic, partition, offset: position }], READ_LIMITS);
    if (answer?.errorCode === E.OFFSET_OUT_OF_RANGE) {
      // Retention may have overtaken us. Apache Kafka does not give the log's start with this error.
      const first = await lookUpOffset(this.#cluster, { topic, partition }, 'earliest', this.#purpose);
      if (position < first) return { records: [], nextOffset: first };
    }
    const errorCode = answer?.errorCode ?? E.UNKNOWN_TOPIC_OR_PARTITION;
    if (!answer || errorCode !== E.NONE) {
      const cause = new KafkaResponseError(errorCode, `fetch of ${topic}-${partition}`);
      throw new StreamClientError('FETCH_FAILED', cause.message, { cause });
    }
    return readRecordBatches(topic, partition, answer.recordBytes, position, answer.aborted);
  }

  async #retry<T>(what: string, task: () => Promise<T>): Promise<T> {
    const deadlineMs = Date.now() + this.#timeoutMs;
    const backoff = new Backoff(50, 1000);
    for (;;) {
      this.#checkOpen();
      try {
        return await task();
      } catch (error) {
        const failure = asStreamClientError(error, 'FETCH_FAILED', what);
        if (Date.now() >= deadlineMs || failure.code === 'CLOSED' || isDenied(failure)) throw failure;
        await delay(backoff.nextMs(), this.#abort.signal);
        await this.#cluster.refresh().catch(() => undefined);
      }
    }
  }

  #checkOpen(): void {
    if (this.#abort.signal.aborted) throw new StreamClientError('CLOSED', 'the reader is closed');
  }
}
