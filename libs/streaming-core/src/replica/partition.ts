import type { Clock } from '../ports/clock.js';
import { LogUnwritableError, OffsetOutOfRangeError } from '../log/log-errors.js';
import { cleanLog } from '../log/log-maintenance.js';
import type { LogConfig } from '../log/log-config.js';
import type { TimestampAndOffset } from '../log/log-timestamps.js';
import type { AppendedBatches } from '../log/log-writer.js';
import type { PartitionLog } from '../log/partition-log.js';
import type { ProducerEntry } from '../log/producer-state.js';
import { encodeMarkerBatch, type TransactionMarker } from '../wire/records/control-records.js';
import { COMPRESSION, RecordBatchError, type RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords } from '../wire/records/record-codec.js';
import { validateProduced } from '../wire/records/validate-batch.js';
import { CommitWaiters } from './commit-waiters.js';
import type { EpochEnd, LeaderEpochs } from './leader-epochs.js';
import { PartitionError } from './partition-errors.js';
import { Quorum } from './quorum.js';
import { abortedAmong, abortedIn, type AbortedInFetch } from './transactional-reads.js';
import { checkTimestamps } from './timestamp-bounds.js';

/** 0: do not wait. 1: until the leader has it. -1 (all): until a majority of the voters has it. */
export type Acks = 0 | 1 | -1;

/** When the leader "has" a record: once it is synced (group commit), or once the operating system took it. */
export type FlushPolicy =
  { readonly mode: 'fsync' } | { readonly mode: 'interval'; readonly intervalMs: number } | { readonly mode: 'os' };

export interface PartitionOptions {
  readonly topic: string;
  readonly index: number;
  readonly nodeId: number;
  readonly log: PartitionLog;
  readonly epochs: LeaderEpochs;
  readonly flush: FlushPolicy;
  readonly clock: Clock;
}

export interface Appended {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  /** -1 unless the topic keeps append time, or the batch was there already: then its timestamp. */
  readonly logAppendTimeMs: number;
  readonly logStartOffset: bigint;
}

export interface FetchRequest {
  readonly fromOffset: bigint;
  readonly maxBytes: number;
  /** Give one batch even if it is larger than `maxBytes` (the first partition of a fetch, so that it makes progress). */
  readonly minOneBatch: boolean;
  /** The epoch that the client believes in; -1: it does not say. */
  readonly currentLeaderEpoch?: number;
  /** Only what belongs to no open transaction, with word of what was aborted (`isolation.level=read_committed`). */
  readonly readsCommitted?: boolean;
}

export interface Fetched {
  /** Whole batches, the first of which holds the offset asked for; empty if there is nothing yet. */
  readonly records: Buffer;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  /** For `readsCommitted`: whose records among these are to be left out; else null. */
  readonly abortedTransactions: readonly AbortedInFetch[] | null;
}

/** Who wrote a marker for whom. */
export interface MarkerToAppend extends TransactionMarker {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * One partition on the node that leads it: the one path to its log. Orders appends, decides when they are committed, shows
 * readers what is committed and wakes those who wait for more. Another voter is one more name in its {@link Quorum}.
 */
export class Partition {
  readonly topic: string;
  readonly index: number;
  private readonly log: PartitionLog;
  private readonly epochs: LeaderEpochs;
  private readonly waiters = new CommitWaiters();
  private readonly listeners = new Set<() => void>();
  private quorum: Quorum;
  private committed: bigint;
  private closedBy: PartitionError | null = null;
  private maintenance: Promise<void> | null = null;

  /** Takes the lead in a new epoch, which is durable before anything is acknowledged in it. `log` was opened with the same `epochs`. */
  constructor(private readonly options: PartitionOptions) {
    this.topic = options.topic;
    this.index = options.index;
    this.log = options.log;
    this.epochs = options.epochs;
    // Before the truncation: an epoch whose records were lost must not come a second time.
    const epoch = this.epochs.latest + 1;
    this.epochs.truncateTo(this.log.endOffset + 1n);
    this.epochs.begin(epoch, this.log.endOffset);
    this.quorum = new Quorum([options.nodeId], this.log.endOffset);
    this.committed = this.log.startOffset;
    this.log.onFailure((error) => this.failLost(error));
    this.advance();
  }

  get leaderEpoch(): number {
    return this.epochs.latest;
  }

  /** Readers see what lies before. */
  get highWatermark(): bigint {
    return this.committed;
  }

  /** Readers of committed transactions see what lies before: up to the first record of a transaction without a known outcome. */
  get lastStableOffset(): bigint {
    const stable = this.log.ledger.transactions.lastStableOffset(this.committed);
    return stable < this.startOffset ? this.startOffset : stable;
  }

  get startOffset(): bigint {
    return this.log.startOffset;
  }

  get endOffset(): bigint {
    return this.log.endOffset;
  }

  get sizeBytes(): number {
    return this.log.sizeBytes;
  }

  /** False while the disk is full or failing: appends are then refused with KAFKA_STORAGE_ERROR. */
  get isWritable(): boolean {
    return this.log.isWritable;
  }

  get config(): LogConfig {
    return this.log.logConfig;
  }

  setConfig(config: LogConfig): void {
    this.log.setConfig(config);
  }

  /**
   * Appends what a client sent: one batch, checked here, written before this returns (so the order of calls is the order in the
   * log), acknowledged through the promise as `acks` asks. The buffer belongs to the log from then on.
   * Rejects with an error for {@link errorNameOf}; the batch is then not acknowledged, and may or may not be in the log if it is
   * a StorageError. Waiting appends are as many as the broker lets connections have in flight.
   * `isInTransaction`: the coordinator has this partition in the producer's transaction; without it a batch that would begin one
   * here is refused, INVALID_TXN_STATE, for nobody would end it (KIP-890).
   */
  append(records: Buffer | null, acks: Acks, isInTransaction = false): Promise<Appended> {
    return this.appendAs(acks, () => {
      const { maxMessageBytes, compact } = this.config;
      const batch = validateProduced(records, { batchBytesMax: maxMessageBytes });
      if (batch.isTransactional && !isInTransaction && !this.hasOpenTransaction(batch)) {
        throw new RecordBatchError('INVALID_TXN_STATE', 'the partition was not added to the transaction');
      }
      if (compact) checkKeys(batch);
      checkTimestamps(batch, this.config, this.options.clock.nowMs());
      return batch.bytes;
    });
  }

  /** Appends batches that the broker itself made (a coordinator's state). As {@link append}, without the checks. */
  appendInternal(records: Buffer, acks: Acks = -1): Promise<Appended> {
    return this.appendAs(acks, () => records);
  }

  /** Ends a producer's transaction here; written whether it has one or not, so that it fences older epochs. */
  appendMarker(marker: MarkerToAppend): Promise<Appended> {
    return this.appendInternal(encodeMarkerBatch(marker, this.options.clock.nowMs()));
  }

  /** Whether a producer of this epoch has written here and awaits its marker. */
  hasOpenTransaction({ producerId, producerEpoch }: Pick<MarkerToAppend, 'producerId' | 'producerEpoch'>): boolean {
    const entry = this.log.ledger.producers.entries().get(producerId);
    return entry !== undefined && entry.currentTxnFirstOffset >= 0n && entry.epoch === producerEpoch;
  }

  /** What the partition remembers of its producers, by producer id. */
  producers(): ReadonlyMap<bigint, Readonly<ProducerEntry>> {
    this.assertOpen();
    return this.log.ledger.producers.entries();
  }

  /**
   * Committed batches from an offset on: at once when the bytes are likely cached, else as a promise. Throws (or rejects with)
   * an error for {@link errorNameOf}: OFFSET_OUT_OF_RANGE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, storage errors.
   */
  fetch(request: FetchRequest): Fetched | Promise<Fetched> {
    this.assertOpen();
    this.checkEpoch(request.currentLeaderEpoch ?? -1);
    const { committed: highWatermark, lastStableOffset, startOffset: logStartOffset } = this;
    const { fromOffset, readsCommitted = false } = request;
    const upToOffset = readsCommitted ? lastStableOffset : highWatermark;
    const facts = { highWatermark, lastStableOffset, logStartOffset };
    const records = this.log.read({ ...request, upToOffset });
    if (!readsCommitted) {
      const known = { ...facts, abortedTransactions: null };
      return records instanceof Promise ? records.then((read) => ({ ...known, records: read })) : { ...known, records };
    }
    if (!(records instanceof Promise)) {
      return { ...facts, records, abortedTransactions: abortedAmong(this.log, records, fromOffset) };
    }
    // If the next line throws nobody waits for the read, which may fail as well.
    records.catch(() => undefined);
    // Asked now: while the read is under way compaction may take away both the records and the word of their end.
    const aborted = this.log.abortedTransactions(fromOffset, upToOffset);
    return records.then((read) => ({ ...facts, records: read, abortedTransactions: abortedIn(aborted, read) }));
  }

  /**
   * Calls back after each rise of the high watermark, after the start moves, and when the partition closes, until the returned
   * function is called. The callback only takes note; it must not throw.
   */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The earliest committed record with a timestamp of at least `timestampMs`, or null. */
  offsetForTimestamp(timestampMs: number): TimestampAndOffset | null {
    this.assertOpen();
    return this.log.offsetForTimestamp(timestampMs, this.committed);
  }

  /** The committed record with the largest timestamp, or null. */
  offsetOfMaxTimestamp(): TimestampAndOffset | null {
    this.assertOpen();
    return this.log.offsetOfMaxTimestamp(this.committed);
  }

  /** What OffsetForLeaderEpoch answers. Throws as {@link fetch} does when the client's own epoch is not ours. */
  endOfEpoch(epoch: number, currentLeaderEpoch = -1): EpochEnd {
    this.assertOpen();
    this.checkEpoch(currentLeaderEpoch);
    return this.epochs.endOf(epoch, this.log.endOffset);
  }

  /** DeleteRecords: moves the start up to an offset, -1 for the high watermark. Returns the new start. */
  deleteRecordsBefore(offset: bigint): bigint {
    this.assertOpen();
    const target = offset === -1n ? this.committed : offset;
    if (target < 0n || target > this.committed) {
      throw new OffsetOutOfRangeError(target, this.startOffset, this.committed);
    }
    this.log.advanceStart(target);
    this.epochs.advanceStart(this.startOffset);
    this.notify();
    return this.startOffset;
  }

  /** Checks that a client's idea of the leader's epoch is ours. */
  checkEpoch(currentLeaderEpoch: number): void {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return;
    const older = currentLeaderEpoch < this.leaderEpoch;
    throw new PartitionError(
      older ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH',
      `${this.name} is in epoch ${this.leaderEpoch}, not ${currentLeaderEpoch}`,
    );
  }

  /** Syncs what the flush policy left to the operating system. */
  async flush(): Promise<void> {
    if (this.closedBy === null && this.log.isWritable) await this.log.sync();
  }

  /** Rolls, retention, compaction, forgetting of old producers, checkpoint. One run at a time. Rejects with StorageError. */
  maintain(nowMs: number): Promise<void> {
    if (this.closedBy !== null) return Promise.resolve();
    this.maintenance ??= this.runMaintenance(nowMs).finally(() => (this.maintenance = null));
    return this.maintenance;
  }

  /** Answers what waits, saves and closes the log. */
  async close(): Promise<void> {
    if (this.closedBy !== null) return;
    if (this.options.flush.mode === 'fsync') await this.flush().catch(() => undefined);
    this.stop(new PartitionError('NOT_LEADER_OR_FOLLOWER', `${this.name} is closed`));
    await this.maintenance?.catch(() => undefined);
    await this.log.close();
  }

  /** Answers what waits and lets go of the files: the topic is deleted. */
  abandon(): void {
    this.stop(new PartitionError('UNKNOWN_TOPIC_OR_PARTITION', `${this.name} is deleted`));
    this.epochs.close();
    this.log.abandon();
  }

  private get name(): string {
    return `${this.topic}-${this.index}`;
  }

  private appendAs(acks: Acks, check: () => Buffer): Promise<Appended> {
    try {
      this.assertOpen();
      const appended = this.log.append(check(), this.leaderEpoch);
      return this.acknowledge(appended, acks);
    } catch (error) {
      const failure = asError(error);
      this.failLost(failure);
      return Promise.reject(failure);
    }
  }

  private acknowledge(appended: AppendedBatches, acks: Acks): Promise<Appended> {
    const result = { ...appended, logStartOffset: this.startOffset };
    const endOffset = appended.lastOffset + 1n;
    const waiting = acks === 0 ? Promise.resolve() : this.waiters.wait(endOffset, acks === 1 ? 'leader' : 'majority');
    if (this.trustsSystem) this.advance();
    else this.commitDurably();
    return waiting.then(() => result);
  }

  /** The first record after a start waits for more than the system's word: its epoch must be durable. */
  private get trustsSystem(): boolean {
    return this.options.flush.mode !== 'fsync' && this.log.isPrepared;
  }

  private commitDurably(): void {
    const durable = this.options.flush.mode === 'fsync' ? this.log.sync() : this.log.prepare();
    durable.then(
      () => this.advance(),
      (error: unknown) => this.takeBack(error),
    );
  }

  /** The leader's own log is as far as its flush policy says: takes that to the quorum. */
  private advance(): void {
    if (this.closedBy !== null) return;
    const ownEnd = this.trustsSystem ? this.log.endOffset : this.log.durableOffset;
    this.quorum.acknowledge(this.options.nodeId, ownEnd);
    const committed = this.quorum.committedOffset();
    const rises = committed !== null && committed > this.committed;
    if (rises) this.committed = committed;
    this.waiters.reached(ownEnd, this.committed);
    if (rises) this.notify();
  }

  /** A sync failed: what it should have made durable is out of the log again and nobody was told otherwise. */
  private takeBack(error: unknown): void {
    if (this.closedBy !== null) return;
    this.advance();
    this.failLost(asError(error));
  }

  /**
   * Fails those who wait for records that the log lost. Before anything else is written: a new record at the offset of a lost
   * one would acknowledge it.
   */
  private failLost(failure: Error): void {
    this.waiters.failBeyond(this.log.intactOffset, failure);
  }

  private async runMaintenance(nowMs: number): Promise<void> {
    const startBefore = this.startOffset;
    try {
      await cleanLog(this.log, nowMs, this.committed);
    } catch (error) {
      this.failLost(asError(error));
      if (!(error instanceof LogUnwritableError)) throw error;
    }
    if (this.startOffset === startBefore) return;
    this.epochs.advanceStart(this.startOffset);
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  private stop(reason: PartitionError): void {
    this.closedBy = reason;
    this.waiters.failBeyond(-1n, reason);
    this.notify();
    this.listeners.clear();
  }

  private assertOpen(): void {
    if (this.closedBy !== null) throw this.closedBy;
  }
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

/** A record without a key has no place in a compacted topic. */
function checkKeys(batch: RecordBatch): void {
  const keyless = decodeRecords(batch).some(({ key }) => key === null);
  if (keyless) {
    const how = batch.compressionCode === COMPRESSION.none ? '' : ' (compressed)';
    throw new RecordBatchError('INVALID_RECORD', `a record${how} for a compacted topic has no key`);
  }
}
