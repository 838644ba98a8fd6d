import type { Clock } from '../ports/clock.js';
import type { Storage } from '../ports/storage.js';
import { abortedTransactions } from './aborted-transactions.js';
import { BatchLedger } from './batch-ledger.js';
import type { FileHandles } from './file-handles.js';
import type { LogConfig } from './log-config.js';
import { advanceStart, dropOldest, truncateLog } from './log-cut.js';
import type { GroupSync } from './group-sync.js';
import { LogFoundation, type EpochKeeper } from './log-foundation.js';
import { OffsetOutOfRangeError, SegmentGoneError, type LogUnwritableError } from './log-errors.js';
import { readSegments, type ReadRequest } from './log-reader.js';
import type { ReadBuffers } from './read-buffers.js';
import { recoverLog, type DamagePolicy, type RecoveredLog, type RecoveryReport } from './log-recovery.js';
import { LogState } from './log-state.js';
import { LogSync } from './log-sync.js';
import { offsetForTimestamp, type TimestampAndOffset } from './log-timestamps.js';
import { LogWriter, type AppendedBatches } from './log-writer.js';
import type { ProducerStateLimits } from './producer-state.js';
import { Segment, type SegmentPlace } from './segment.js';
import { finishSwap } from './segment-swap.js';
import type { AbortedTransaction } from './transaction-index.js';
import { WriteGate } from './write-gate.js';

export interface PartitionLogOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly handles: FileHandles;
  readonly readBuffers: ReadBuffers;
  /** `<topic>-<partition>`; created if it is missing. With records in it, its own name is durable already. */
  readonly directory: string;
  readonly config: LogConfig;
  readonly damagePolicy: DamagePolicy;
  /**
   * True: only synced bytes count as written. A sync that fails takes back all that it did not make durable, and a segment is
   * synced before the next one is begun. False: the operating system's word is enough.
   */
  readonly strictDurability: boolean;
  readonly producerLimits?: ProducerStateLimits;
  /** Who knows the leader epochs; nothing counts as durable before they are. */
  readonly epochs?: EpochKeeper;
  /** Syncs the directory above, for all the logs in it at once. */
  readonly parentSync?: GroupSync;
  /** The directory is as a clean end has left it: all names in it are durable. Default false: they may be in the cache alone. */
  readonly wasClosed?: boolean;
}

/**
 * The log of one partition: batches byte for byte in segment files. Appends and hot reads are synchronous; {@link sync} makes
 * what was appended durable. Knows nothing of leaders, acknowledgements or consumers.
 */
export class PartitionLog {
  readonly recovery: RecoveryReport;
  private readonly state: LogState;
  private readonly gate: WriteGate;
  private readonly foundation: LogFoundation;
  private readonly writer: LogWriter;
  private readonly syncs: LogSync;

  private failureListener: (error: LogUnwritableError) => void = () => undefined;

  /** @throws CorruptLogError, StorageError */
  constructor(private readonly options: PartitionLogOptions) {
    const { storage, clock, handles, directory, config, strictDurability, parentSync, epochs, wasClosed } = options;
    const isNew = storage.createDirectory(directory);
    const place: SegmentPlace = { storage, handles, directory, indexIntervalBytes: config.indexIntervalBytes };
    const ledger = new BatchLedger(options.producerLimits);
    const nowMs = clock.nowMs();
    const { damagePolicy } = options;
    const recovered = recoverLog(place, ledger, { damagePolicy, isCompacted: config.compact, isNew, nowMs });
    this.recovery = recovered.report;
    this.state = new LogState(place, ledger, recovered, config);
    this.gate = new WriteGate(
      clock,
      directory,
      (cutTo) => this.cutTorn(cutTo),
      (error) => this.failureListener(error),
    );
    this.writer = new LogWriter(this.state, this.gate, clock, strictDurability);
    this.foundation = new LogFoundation({ storage, directory, parentSync, epochs });
    this.syncs = new LogSync(this.state, this.gate, this.foundation, strictDurability);
    const { active } = this.state;
    active.hold();
    this.state.activeSinceMs = active.largestTimestampMs < 0 ? nowMs : Math.min(nowMs, active.largestTimestampMs);
    // What is found is shown to readers; a crash may have left the names of it in the cache alone.
    if (!isNew && wasClosed !== true) storage.syncDirectory(directory);
    const { scannedBytes, cutBytes } = this.recovery;
    if (scannedBytes > 0 || cutBytes > 0 || recovered.isBehindCheckpoint) this.settleRecovered(recovered);
    else this.state.isCheckpointDue = recovered.isCheckpointDue;
  }

  /** First offset that can be read. */
  get startOffset(): bigint {
    return this.state.startOffset;
  }

  /** The offset that the next record gets. */
  get endOffset(): bigint {
    return this.state.endOffset;
  }

  /** All before this offset is on stable storage. */
  get durableOffset(): bigint {
    return this.state.durableOffset;
  }

  /** What lies from here on is gone, or goes before the next write: it is never to be acknowledged. */
  get intactOffset(): bigint {
    return this.syncs.intactOffset;
  }

  /** Whether what is appended may be acknowledged on the operating system's word. */
  get isPrepared(): boolean {
    return this.foundation.isLaid;
  }

  get sizeBytes(): number {
    return this.state.segments.sizeBytes;
  }

  /** Base offsets, sizes and largest timestamps, oldest first; the last segment is the active one. */
  get segmentList(): readonly Segment[] {
    return this.state.segments.all;
  }

  /** Compaction has seen all before this offset. */
  get cleanedOffset(): bigint {
    return this.state.cleanedOffset;
  }

  /** Whether something happened since the last checkpoint that recovery should not have to find out. */
  get isCheckpointDue(): boolean {
    return this.state.isCheckpointDue || this.syncs.isCheckpointing;
  }

  /** Bytes appended since the last checkpoint: what recovery would have to read. */
  get uncheckedBytes(): number {
    return this.state.uncheckedBytes;
  }

  get isWritable(): boolean {
    return this.gate.isOpen;
  }

  /** What the batches add up to: producers, their sequences, their open transactions. */
  get ledger(): BatchLedger {
    return this.state.ledger;
  }

  get place(): SegmentPlace {
    return this.state.place;
  }

  get directory(): string {
    return this.options.directory;
  }

  get logConfig(): LogConfig {
    return this.state.config;
  }

  setConfig(config: LogConfig): void {
    this.state.config = config;
    this.state.place.indexIntervalBytes = config.indexIntervalBytes;
  }

  /**
   * Writes batches at the end. Their bytes are stamped in place with offset and leader epoch, and belong to the log from then
   * on. The caller has checked that they are whole and intact.
   * @throws RecordBatchError if an idempotent producer's batch is out of order or fenced: nothing was written
   * @throws LogUnwritableError if the disk is full or fails: nothing was written, and nothing will be until a probe succeeds
   */
  append(records: Buffer, leaderEpoch: number): AppendedBatches {
    return this.writer.append(records, leaderEpoch);
  }

  /**
   * Whole batches, the first of which holds `fromOffset` (it may begin before). Empty at the end. At once where the bytes are
   * likely cached, else as a promise.
   * @throws OffsetOutOfRangeError
   */
  read(request: ReadRequest): Buffer | Promise<Buffer> {
    const { fromOffset } = request;
    const { startOffset, endOffset, segments } = this.state;
    if (fromOffset < startOffset || fromOffset > endOffset) {
      throw new OffsetOutOfRangeError(fromOffset, startOffset, endOffset);
    }
    const batches = readSegments(segments, request, this.options.readBuffers);
    return batches instanceof Promise ? batches.catch((error: unknown) => this.readAgain(request, error)) : batches;
  }

  /** Aborted transactions with records in [from, to), for readers who leave those out. `to` is at most the last stable offset. */
  abortedTransactions(from: bigint, to: bigint): AbortedTransaction[] {
    return abortedTransactions(this.state.segments, from, to);
  }

  /** The earliest record before `upToOffset` with a timestamp of at least `timestampMs`, or null. */
  offsetForTimestamp(timestampMs: number, upToOffset: bigint): TimestampAndOffset | null {
    return offsetForTimestamp(this.segmentList, timestampMs, this.startOffset, upToOffset);
  }

  /** The record with the largest timestamp, or null: what ListOffsets calls -3. */
  offsetOfMaxTimestamp(upToOffset: bigint): TimestampAndOffset | null {
    const largest = this.segmentList.reduce((max, segment) => Math.max(max, segment.largestTimestampMs), -1);
    return largest < 0 ? null : this.offsetForTimestamp(largest, upToOffset);
  }

  /**
   * Resolves when all that was appended before the call is durable; many calls share one sync. Rejects with StorageError; with
   * strict durability all past {@link durableOffset} is then gone from the log.
   */
  sync(): Promise<void> {
    return this.syncs.request();
  }

  /**
   * Resolves when the names of the log and its leader epoch are durable: before that nothing that is written is to be
   * acknowledged. Rejects as {@link sync} does.
   */
  prepare(): Promise<void> {
    return this.syncs.prepare();
  }

  /**
   * Seals the active segment and begins a new one, unless it is empty.
   * @throws LogUnwritableError if its sync fails: all past {@link durableOffset} is then gone from the log
   */
  roll(): void {
    this.writer.roll();
  }

  /** Whether the active segment is old enough to be rolled (`segment.ms`). */
  isRollDue(nowMs: number): boolean {
    return this.writer.isRollDue(nowMs);
  }

  /** Removes the `count` oldest segments; the active one stays. */
  dropOldest(count: number): void {
    dropOldest(this.state, count);
  }

  /** The offset after a segment's range: where the next one begins. */
  endOfSegment(segment: Segment): bigint {
    return this.state.segments.baseAfter(segment) ?? this.endOffset;
  }

  /** Puts a compacted segment, in the swap file of that name, in the place of its originals. */
  swapIn(swapName: string, originals: readonly Segment[], endOffset: bigint): void {
    const { baseOffset } = originals[0]!;
    this.state.isCheckpointDue = true;
    for (const original of originals) original.retire();
    finishSwap(this.place, swapName, baseOffset, endOffset);
    this.state.segments.replace(originals, new Segment(this.place, baseOffset));
  }

  /** Compaction has seen all before an offset. */
  markCleaned(offset: bigint): void {
    this.state.cleanedOffset = offset;
    this.state.isCheckpointDue = true;
  }

  /** Moves the start up (DeleteRecords); segments that lie wholly before it go. Durable on return. */
  advanceStart(offset: bigint): void {
    advanceStart(this.state, offset);
  }

  /** Cuts all from `offset` on: what a follower does when its leader's log differs, and the log after a failed sync. */
  truncateTo(offset: bigint): void {
    truncateLog(this.state, offset, this.options.clock.nowMs());
  }

  /** Calls back, before anything else is written, when the disk failed and {@link intactOffset} may have fallen. */
  onFailure(listener: (error: LogUnwritableError) => void): void {
    this.failureListener = listener;
  }

  /** Saves how far the log is durable, so that recovery has little to scan. */
  async checkpoint(): Promise<void> {
    if (!this.gate.isOpen) return;
    await this.syncs.checkpointed();
    this.state.isCheckpointDue = true;
    await this.sync();
    await this.syncs.checkpointed();
  }

  /** Syncs, saves checkpoint, indexes and producer state where they have changed, and closes all files. */
  async close(): Promise<void> {
    const { state } = this;
    if (state.isClosed) return;
    try {
      if (this.gate.isOpen) {
        await this.sync();
        await this.syncs.checkpointed();
        if (state.needsSaving) await this.saveAll();
      }
    } finally {
      this.abandon();
    }
  }

  /** In the background where that works, so that a thousand logs close at once. */
  private async saveAll(): Promise<void> {
    const { state } = this;
    const { storage, directory } = state.place;
    await this.checkpoint();
    if (!state.isCheckpointDue) await storage.syncDirectoryAside(directory);
    else if (this.gate.isOpen) {
      state.ledger.save(state.place, state.endOffset);
      state.saveCheckpoint(state.durableOffset);
    }
  }

  /** Closes the files and saves nothing: before the directory is deleted. */
  abandon(): void {
    this.state.isClosed = true;
    for (const segment of this.segmentList) segment.retire();
  }

  /** Retention or compaction took a segment away under a reader: another holds the offset now, or none does. */
  private readAgain(request: ReadRequest, error: unknown): Buffer | Promise<Buffer> {
    const isReplaced =
      error instanceof SegmentGoneError && !this.state.isClosed && !this.segmentList.some(({ isGone }) => isGone);
    if (!isReplaced) throw error;
    return this.read(request);
  }

  /** Recovered bytes may be in the page cache alone, or be what a failed sync left there: only now are they durable. */
  private settleRecovered({ unproven, epochs }: RecoveredLog): void {
    const { state } = this;
    this.options.epochs?.found(epochs);
    for (const { segment, from } of unproven) {
      segment.file.rewrite(from, segment.size);
      segment.file.syncNow();
      if (segment !== state.active) segment.saveIndexes();
    }
    state.saveCheckpoint(state.endOffset);
  }

  private cutTorn(cutTo: bigint): void {
    this.truncateTo(cutTo);
    const { active } = this.state;
    active.hold();
    if (active.file.size() > active.size) active.trim(active.size);
    if (!this.options.strictDurability) return;
    try {
      // Else a power loss could bring back what was cut, after its producer was told that it failed.
      active.file.syncNow();
    } catch (error) {
      // The system tells one failure once: a sync that is under way may now succeed without its bytes.
      this.gate.lower(this.state.durableOffset);
      throw error;
    }
  }
}
