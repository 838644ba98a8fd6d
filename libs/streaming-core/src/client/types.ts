/**
 * The small interface between applications and whichever Kafka client library does the work. Everything here maps to the
 * Kafka protocol, so it holds for streaming-core and for Apache Kafka alike.
 */

import type { ConnectionSecurity } from './security.js';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicPartitionOffset extends TopicPartition {
  /** The next offset to read. */
  readonly offset: bigint;
}

/** A record as it was read. */
export interface StreamRecord extends TopicPartition {
  readonly offset: bigint;
  /** Milliseconds since 1970, set by the producer. */
  readonly timestamp: number;
  readonly key: string | null;
  /** Null is a tombstone on a compacted topic. */
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
}

/** A record to write. Without `partition` the key decides, by murmur2 as the Java client does. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition?: number;
  readonly key: string | null;
  readonly value: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timestamp?: number;
}

/** Records of one partition, in offset order, never empty. */
export interface PartitionBatch extends TopicPartition {
  readonly records: readonly StreamRecord[];
  /** End of the partition when the batch was fetched: `highWatermark - lastOffset - 1` records are still to come. */
  readonly highWatermark: bigint;
}

export interface StreamProducer {
  /**
   * Writes records and resolves when all of them are acknowledged by the in-sync replicas. Order within a partition is
   * the order of calls. Rejects with {@link StreamClientError}; it has then retried what can be retried.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Waits for what was sent, 3 s at most; what is not acknowledged by then is rejected. */
  close(): Promise<void>;
}

/** A member of a consumer group at one moment: who commits offsets in a transaction shows with it that the partitions are its own. */
export interface GroupMember {
  readonly groupId: string;
  readonly memberId: string;
  /** -1 while not in the group. */
  readonly generation: number;
}

/** Writes to any partitions and offsets of groups, of which readers of committed records see all or nothing (KIP-98). */
export interface Transaction {
  /** As {@link StreamProducer.send}. A rejection is the end of the transaction: abort it. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /**
   * Commits what the transaction has consumed with what it produces. With `member` from {@link GroupConsumer.member}, as it was
   * when the records arrived, a member that has lost its partitions is refused; so is one that is not in the group.
   */
  sendOffsets(member: GroupMember, offsets: readonly TopicPartitionOffset[]): Promise<void>;
  /**
   * Waits for what was sent, then makes all of it visible at once. Rejects `TRANSACTION_FAILED` if a send failed: abort then.
   * Any other rejection leaves open which it is; who begins anew under the same transactional id settles it.
   */
  commit(): Promise<void>;
  /** Takes everything back. What is still being sent is given up. */
  abort(): Promise<void>;
}

/**
 * One transaction at a time under a transactional id. A second producer with the same id fences the first, whose calls reject
 * `PRODUCER_FENCED` from then on: close it.
 */
export interface TransactionalProducer {
  readonly transactionalId: string;
  /** Rejects `TRANSACTION_FAILED` while another is open. */
  begin(): Promise<Transaction>;
  /** Begins, lets `work` write, commits; aborts and rejects with what `work` rejected with if it does. */
  run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Aborts what is open. */
  close(): Promise<void>;
}

export interface TransactionalProducerOptions {
  /** Stable over restarts of whoever writes, and its own: at most one producer at a time has it. */
  readonly transactionalId: string;
  /** The cluster aborts a transaction that is open for longer. Default 60 s, as in Apache Kafka. */
  readonly transactionTimeoutMs?: number;
}

export interface ConsumerHandlers {
  /**
   * Called with one batch at a time per partition; batches of different partitions may overlap. With `commit: 'after-batch'`
   * the offsets are committed once it resolves. If it rejects, the same batch is delivered again after a growing delay.
   * The signal aborts when the partition is being taken away: a handler that waits long then rejects, and whoever reads
   * the partition next gets the batch.
   */
  onBatch(batch: PartitionBatch, signal: AbortSignal): Promise<void>;
  /**
   * Called before the first record of newly assigned partitions, and awaited: load their state here. Positions that it
   * returns take the place of the committed offsets.
   */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[] | undefined>;
  /**
   * Called when partitions are taken away or on close, after their last batch has settled, while commits still count. It has
   * 30 s, on close 4 s; then the partitions are given up without it, and `handler-stuck` is warned of.
   */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * Called instead when the group gave the partitions to others without asking: the session expired. Commits do not count
   * any more. Default: {@link onPartitionsRevoked} is called. The same bounds hold.
   */
  onPartitionsLost?(partitions: readonly TopicPartition[]): Promise<void>;
}

export interface GroupConsumerOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Where to begin without a committed offset. Default `earliest`. */
  readonly startAt?: 'earliest' | 'latest';
  /** `manual`: the handler calls {@link GroupConsumer.commit} or keeps offsets elsewhere. Default `after-batch`. */
  readonly commit?: 'after-batch' | 'manual';
  /** Records in a batch at most. Default 1000. */
  readonly maxBatchRecords?: number;
  /** Default 10 s. */
  readonly sessionTimeoutMs?: number;
  /** `read_uncommitted` also reads records of transactions that are open or were aborted. Default `read_committed`. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
}

export interface GroupConsumer {
  /** Joins the group and resolves when the first assignment is being consumed. */
  start(handlers: ConsumerHandlers): Promise<void>;
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>;
  /** Commits within some 100 ms, together with others and through failures, or before the partition is given up. */
  commitSoon(position: TopicPartitionOffset): void;
  /** What the group has committed; a partition without a committed offset is not in the answer. Only while in the group. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]>;
  /**
   * This member as the group knows it now: for {@link Transaction.sendOffsets}. Take it when a batch arrives, before anything is
   * awaited: later the member may be in a generation in which the batch's partition is somebody else's.
   */
  member(): GroupMember;
  /** What is assigned now. */
  assignment(): readonly TopicPartition[];
  /** Records between what was handled (all before offset `next`) and the end, per assigned partition. */
  lag(): readonly (TopicPartition & { readonly records: bigint; readonly next: bigint })[];
  /** When the group's coordinator last confirmed this member, in ms since 1970; 0 before the first time. */
  readonly lastPollMs: number;
  /** Handles what is in flight (4 s at most), commits, calls onPartitionsRevoked, leaves the group. */
  close(): Promise<void>;
}

/** Reads partitions without a group: to rebuild state, to follow a neighbour, to audit. */
export interface PartitionReader {
  /** All records from `from` (default: the first kept) up to the end at the time of the call. */
  readToEnd(partition: TopicPartition, from?: bigint): AsyncIterable<readonly StreamRecord[]>;
  /** Follows partitions until closed. `from` defaults to the end. Rejects `FETCH_FAILED` if there is no such partition in time. */
  follow(
    partitions: readonly (TopicPartition & { readonly from?: bigint | 'earliest' | 'latest' })[],
    onBatch: (batch: PartitionBatch) => Promise<void>,
  ): Promise<PartitionFollower>;
  /** First kept offset and the end (next offset to be written). */
  bounds(partition: TopicPartition): Promise<{ readonly first: bigint; readonly end: bigint }>;
  /** The first offset whose record is of that time, in ms since 1970, or later; the end if there is none. */
  offsetAt(partition: TopicPartition, timeMs: number): Promise<bigint>;
  close(): Promise<void>;
}

export interface PartitionFollower {
  close(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Default: the cluster's. */
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

export interface StreamAdmin {
  /** Creates what is missing. Rejects if a topic exists with another partition count. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /** Partition count per topic; a topic that does not exist is not in the answer. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Deletes all records before the given offsets. Rejects `ADMIN_FAILED` if the cluster refuses one of them. */
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void>;
  /** The names of all topics that this client may see, sorted. */
  listTopics(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** One connection setting, many producers and consumers. */
export interface StreamClient {
  producer(): Promise<StreamProducer>;
  /** Resolves once a producer that had the id before is fenced and its open transaction, if any, aborted. */
  transactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer>;
  consumer(options: GroupConsumerOptions): GroupConsumer;
  reader(): PartitionReader;
  admin(): StreamAdmin;
  close(): Promise<void>;
}

export interface StreamClientOptions {
  /** `host:port`, comma-separated, or a list. */
  readonly brokers: string | readonly string[];
  readonly clientId: string;
  /** For clusters that ask who one is. `securityFromEnv()` takes it from KAFKA_* variables. Default: none. */
  readonly security?: ConnectionSecurity;
  /** How long one send may take, retries included. Default 120 s, as in Apache Kafka. */
  readonly deliveryTimeoutMs?: number;
  /** Hears of failures that are being retried, for logs and metrics. Must not throw. */
  readonly onWarning?: (warning: StreamClientWarning) => void;
}

/** Something went wrong that the client mends by itself. */
export interface StreamClientWarning {
  /** `retrying`: a request failed. `handler-failed`: an application's handler rejected. `handler-stuck`: it never settled. */
  readonly kind: 'retrying' | 'handler-failed' | 'handler-stuck';
  readonly message: string;
  readonly groupId?: string;
  readonly error: StreamClientError;
}

export type StreamClientErrorCode =
  | 'INVALID_RECORD'
  | 'BROKER_UNREACHABLE'
  /** The broker does not know who this is. Not retried. */
  | 'AUTHENTICATION_FAILED'
  | 'DELIVERY_FAILED'
  /** The transaction cannot be committed: abort it, then begin another. */
  | 'TRANSACTION_FAILED'
  /** Another producer has the transactional id, or the transaction outlived its timeout: this producer is of no more use. */
  | 'PRODUCER_FENCED'
  | 'TOPIC_MISMATCH'
  | 'GROUP_FAILED'
  | 'FETCH_FAILED'
  | 'ADMIN_FAILED'
  | 'CLOSED';

export class StreamClientError extends Error {
  override readonly name = 'StreamClientError';
  constructor(
    readonly code: StreamClientErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
