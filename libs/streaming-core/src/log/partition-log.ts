import { strict as assert } from 'node:assert';
import type { Clock } from '../ports/clock.js';
import { StorageError, type Storage } from '../ports/storage.js';
import { completeBatches, NO_PRODUCER_ID, type RecordBatch } from '../wire/records/record-batch.js';
import type { FileHandles } from './file-handles.js';
import { GroupSync } from './group-sync.js';
import { loadProducerSnapshot, writeCheckpoint, writeProducerSnapshot } from './log-checkpoint.js';
import type { LogConfig } from './log-config.js';
import { OffsetOutOfRangeError, SegmentGoneError } from './log-errors.js';
import { readSegments, type ReadRequest } from './log-reader.js';
import { recordProducer, recoverLog, replayProducers, type DamagePolicy, type RecoveryReport } from './log-recovery.js';
import { offsetForTimestamp, type TimestampAndOffset } from './log-timestamps.js';
import { ProducerStates, type ProducerStateLimits } from './producer-state.js';
import { Segment, type SegmentPlace } from './segment.js';
import { SegmentList } from './segment-list.js';
import { finishSwap } from './segment-swap.js';
import { WriteGate } from './write-gate.js';

export interface PartitionLogOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly handles: FileHandles;
  /** `<topic>-<partition>`; created if it is missing. */
  readonly directory: string;
  readonly config: LogConfig;
  readonly damagePolicy: DamagePolicy;
  /**
   * True: only synced bytes count as written. A sync that fails takes back all that it did not make durable, and a segment is
   * synced before the next one is begun. False: the operating system's word is enough.
   */
  readonly strictDurability: boolean;
  readonly producerLimits?: ProducerStateLimits;
}

export interface AppendedBatches {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  /** Set where the topic keeps append time, else -1. */
  readonly logAppendTimeMs: number;
  /** The batch was in the log already (an idempotent producer's retry); the offsets are the first one's. */
  readonly duplicate: boolean;
}

const MAX_SEGMENT_SPAN = 0x7fffffffn;
/**
 * The log of one partition: batches byte for byte in segment files. Appends and hot reads are synchronous; {@link sync} makes
 * what was appended durable. Knows nothing of leaders, acknowledgements or consumers.
 */
export class PartitionLog {
  readonly recovery: RecoveryReport;
  readonly producers: ProducerStates;
  readonly place: SegmentPlace;
  private readonly segments: SegmentList;
  private readonly gate: WriteGate;
  private readonly groupSync = new GroupSync(() => this.syncSegments());
  /** Sealed segments that no sync has covered yet. */
  private unsynced: Segment[] = [];
  private config: LogConfig;
  private start: bigint;
  private end: bigint;
  private durable: bigint;
  private cleaned: bigint;
  private activeSinceMs: number;
  private checkpointDue = false;
  /** Counts cuts: a sync that a cut overtook proves nothing about what came after. */
  private cuts = 0;
  private closed = false;

  /** @throws CorruptLogError, StorageError */
  constructor(private readonly options: PartitionLogOptions) {
    const { storage, handles, directory, config } = options;
    storage.makeDirectory(directory);
    this.config = config;
    this.place = { storage, handles, directory, indexIntervalBytes: config.indexIntervalBytes };
    this.producers = new ProducerStates(options.producerLimits);
    const recovered = recoverLog(this.place, this.producers, {
      damagePolicy: options.damagePolicy,
      isCompacted: config.compact,
      nowMs: options.clock.nowMs(),
    });
    this.segments = new SegmentList(recovered.segments);
    this.gate = new WriteGate(options.clock, directory, (cutTo) => this.cutTorn(cutTo));
    this.recovery = recovered.report;
    this.start = recovered.startOffset;
    this.end = recovered.endOffset;
    this.durable = this.end;
    this.cleaned = recovered.cleanedOffset;
    this.active.hold();
    const nowMs = options.clock.nowMs();
    const { largestTimestampMs } = this.active;
    this.activeSinceMs = largestTimestampMs < 0 ? nowMs : Math.min(nowMs, largestTimestampMs);
    if (this.recovery.scannedBytes > 0 || this.recovery.cutBytes > 0) this.settleRecovered();
    // The names of segments must be durable before anything in them is acknowledged, and a crash may have left them otherwise.
    storage.syncDirectory(directory);
  }

  /** First offset that can be read. */
  get startOffset(): bigint {
    return this.start;
  }

  /** The offset that the next record gets. */
  get endOffset(): bigint {
    return this.end;
  }

  /** All before this offset is on stable storage. */
  get durableOffset(): bigint {
    return this.durable;
  }

  /** What lies from here on is gone, or goes before the next write: it is never to be acknowledged. */
  get intactOffset(): bigint {
    return minOffset(this.end, this.gate.cutDue ?? this.end);
  }

  get sizeBytes(): number {
    return this.segments.sizeBytes;
  }

  /** Base offsets, sizes and largest timestamps, oldest first; the last segment is the active one. */
  get segmentList(): readonly Segment[] {
    return this.segments.all;
  }

  /** Compaction has seen all before this offset. */
  get cleanedOffset(): bigint {
    return this.cleaned;
  }

  /** Whether something happened since the last checkpoint that recovery should not have to find out. */
  get isCheckpointDue(): boolean {
    return this.checkpointDue;
  }

  get isWritable(): boolean {
    return this.gate.isOpen;
  }

  get directory(): string {
    return this.options.directory;
  }

  get logConfig(): LogConfig {
    return this.config;
  }

  setConfig(config: LogConfig): void {
    this.config = config;
  }

  /**
   * Writes batches at the end. Their bytes are stamped in place with offset and leader epoch, and belong to the log from then
   * on. The caller has checked that they are whole and intact.
   * @throws RecordBatchError if an idempotent producer's batch is out of order or fenced: nothing was written
   * @throws LogUnwritableError if the disk is full or fails: nothing was written, and nothing will be until a probe succeeds
   */
  append(records: Buffer, leaderEpoch: number): AppendedBatches {
    assert(!this.closed, 'the log is closed');
    const batches = [...completeBatches(records)];
    assert(batches.length > 0, 'at least one whole batch');
    // Before the producers are asked: while a repair is due they remember batches that are about to be cut.
    this.gate.pass();
    const known = this.checkProducers(batches);
    if (known !== null) return known;
    const nowMs = this.options.clock.nowMs();
    const baseOffset = this.end;
    const usesAppendTime = this.config.timestampType === 'LogAppendTime';
    try {
      for (const batch of batches) {
        batch.stamp(this.end, leaderEpoch);
        if (usesAppendTime) batch.stampLogAppendTime(BigInt(nowMs));
        this.write(batch, nowMs);
      }
    } catch (error) {
      throw this.gate.fail(error, baseOffset);
    }
    return {
      baseOffset,
      lastOffset: this.end - 1n,
      logAppendTimeMs: usesAppendTime ? nowMs : -1,
      duplicate: false,
    };
  }

  /**
   * Whole batches, the first of which holds `fromOffset` (it may begin before). Empty at the end. At once where the bytes are
   * likely cached, else as a promise.
   * @throws OffsetOutOfRangeError
   */
  read(request: ReadRequest): Buffer | Promise<Buffer> {
    const { fromOffset } = request;
    if (fromOffset < this.start || fromOffset > this.end) {
      throw new OffsetOutOfRangeError(fromOffset, this.start, this.end);
    }
    const batches = readSegments(this.segments, request);
    return batches instanceof Promise ? batches.catch((error: unknown) => this.readAgain(request, error)) : batches;
  }

  /** The earliest record before `upToOffset` with a timestamp of at least `timestampMs`, or null. */
  offsetForTimestamp(timestampMs: number, upToOffset: bigint): TimestampAndOffset | null {
    return offsetForTimestamp(this.segments.all, timestampMs, this.start, upToOffset);
  }

  /** The record with the largest timestamp, or null: what ListOffsets calls -3. */
  offsetOfMaxTimestamp(upToOffset: bigint): TimestampAndOffset | null {
    const largest = this.segments.all.reduce((max, segment) => Math.max(max, segment.largestTimestampMs), -1);
    return largest < 0 ? null : this.offsetForTimestamp(largest, upToOffset);
  }

  /**
   * Resolves when all that was appended before the call is durable; many calls share one sync. Rejects with StorageError; with
   * strict durability all past {@link durableOffset} is then gone from the log.
   */
  sync(): Promise<void> {
    return this.groupSync.request();
  }

  /**
   * Seals the active segment and begins a new one, unless it is empty.
   * @throws LogUnwritableError if its sync fails: all past {@link durableOffset} is then gone from the log
   */
  roll(): void {
    const { active } = this;
    if (active.size === 0) return;
    if (this.options.strictDurability) this.syncBeforeRoll();
    active.seal();
    writeProducerSnapshot(this.place.storage, this.directory, this.end, this.producers);
    const next = this.beginSegment();
    this.unsynced.push(active);
    this.segments.add(next);
    this.activeSinceMs = this.options.clock.nowMs();
    this.checkpointDue = true;
  }

  /** Whether the active segment is old enough to be rolled (`segment.ms`). */
  isRollDue(nowMs: number): boolean {
    return this.active.size > 0 && nowMs - this.activeSinceMs >= this.config.segmentMs;
  }

  /** Removes the `count` oldest segments; the active one stays. */
  dropOldest(count: number): void {
    const dropped = this.segments.takeOldest(count);
    if (dropped.length === 0) return;
    this.unsynced = this.unsynced.filter((segment) => !dropped.includes(segment));
    this.start = maxOffset(this.start, this.segments.first.baseOffset);
    this.writeCheckpoint(this.durable);
    for (const segment of dropped) segment.delete();
  }

  /** The offset after a segment's range: where the next one begins. */
  endOfSegment(segment: Segment): bigint {
    return this.segments.baseAfter(segment) ?? this.end;
  }

  /** Puts a compacted segment, in the swap file of that name, in the place of its originals. */
  swapIn(swapName: string, originals: readonly Segment[], endOffset: bigint): void {
    const { baseOffset } = originals[0]!;
    for (const original of originals) original.retire();
    finishSwap(this.place, swapName, baseOffset, endOffset);
    this.segments.replace(originals, new Segment(this.place, baseOffset));
  }

  /** Compaction has seen all before an offset. */
  markCleaned(offset: bigint): void {
    this.cleaned = offset;
    this.checkpointDue = true;
  }

  /** Moves the start up (DeleteRecords); segments that lie wholly before it go. Durable on return. */
  advanceStart(offset: bigint): void {
    if (offset > this.end) throw new OffsetOutOfRangeError(offset, this.start, this.end);
    if (offset <= this.start) return;
    this.start = offset;
    this.writeCheckpoint(this.durable);
    this.dropOldest(this.segments.indexFor(offset));
  }

  /** Cuts all from `offset` on: what a follower does when its leader's log differs, and the log after a failed sync. */
  truncateTo(offset: bigint): void {
    if (offset >= this.end) return;
    this.cuts += 1;
    const last = this.segments.for(offset);
    last.hold();
    const position = last.positionOf(offset);
    // First the promise that all is durable up to here is taken back, then the bytes.
    this.durable = minOffset(this.durable, offset);
    const lastDurable = this.segments.for(this.durable);
    writeCheckpoint(this.place.storage, this.directory, {
      startOffset: minOffset(this.start, offset),
      recoveryOffset: this.durable,
      segmentBase: lastDurable.baseOffset,
      position: lastDurable.positionOf(this.durable),
      cleanedOffset: minOffset(this.cleaned, offset),
    });
    for (const dropped of this.segments.takeAfter(last)) dropped.delete();
    this.place.storage.syncDirectory(this.directory);
    last.cut(position, offset);
    this.unsynced = this.unsynced.filter((segment) => this.segments.includes(segment) && segment !== last);
    this.end = offset;
    this.start = minOffset(this.start, offset);
    this.restoreProducers();
  }

  /** Saves how far the log is durable, so that recovery has little to scan. */
  async checkpoint(): Promise<void> {
    if (!this.gate.isOpen) return;
    this.checkpointDue = true;
    await this.sync();
  }

  /** Syncs, saves checkpoint, indexes and producer state, and closes all files. */
  async close(): Promise<void> {
    if (this.closed) return;
    try {
      if (this.gate.isOpen) {
        await this.sync();
        writeProducerSnapshot(this.place.storage, this.directory, this.end, this.producers);
        this.writeCheckpoint(this.durable);
      }
    } finally {
      this.closed = true;
      this.releaseFiles();
    }
  }

  /** Closes the files and saves nothing: before the directory is deleted. */
  abandon(): void {
    this.closed = true;
    this.releaseFiles();
  }

  /** Retention or compaction took a segment away under a reader: another holds the offset now, or none does. */
  private readAgain(request: ReadRequest, error: unknown): Buffer | Promise<Buffer> {
    const isReplaced =
      error instanceof SegmentGoneError && !this.closed && !this.segments.all.some(({ isGone }) => isGone);
    if (!isReplaced) throw error;
    return this.read(request);
  }

  private get active(): Segment {
    return this.segments.active;
  }

  private releaseFiles(): void {
    for (const segment of this.segments.all) segment.retire();
  }

  /** Recovered bytes may be in the page cache alone: only now are they durable. */
  private settleRecovered(): void {
    for (const segment of this.segments.all) segment.file.syncNow();
    for (const segment of this.segments.all.slice(0, -1)) segment.saveIndexes();
    this.writeCheckpoint(this.end);
  }

  private checkProducers(batches: readonly RecordBatch[]): AppendedBatches | null {
    for (const batch of batches) {
      if (batch.producerId === NO_PRODUCER_ID || batch.isControl) continue;
      assert(batches.length === 1, 'an idempotent producer sends one batch at a time');
      const known = this.producers.check({
        producerId: batch.producerId,
        producerEpoch: batch.producerEpoch,
        firstSequence: batch.baseSequence,
        lastSequence: batch.lastSequence,
      });
      if (known === null) continue;
      return { baseOffset: known.firstOffset, lastOffset: known.lastOffset, logAppendTimeMs: -1, duplicate: true };
    }
    return null;
  }

  private write(batch: RecordBatch, nowMs: number): void {
    if (this.mustRollFor(batch, nowMs)) this.roll();
    const { active } = this.segments;
    if (active.size === 0) this.activeSinceMs = nowMs;
    active.append(batch);
    this.end = batch.nextOffset;
    recordProducer(this.producers, batch, nowMs);
  }

  private mustRollFor(batch: RecordBatch, nowMs: number): boolean {
    const { active } = this;
    return (
      (active.size > 0 && active.size + batch.sizeBytes > this.config.segmentBytes) ||
      batch.lastOffset - active.baseOffset > MAX_SEGMENT_SPAN ||
      this.isRollDue(nowMs)
    );
  }

  private cutTorn(cutTo: bigint): void {
    this.truncateTo(cutTo);
    this.active.hold();
    if (this.active.file.size() > this.active.size) this.active.trim(this.active.size);
    // Else a power loss could bring back what was cut, after its producer was told that it failed.
    if (this.options.strictDurability) this.active.file.syncNow();
  }

  /** What a failed sync covered may be lost although the next one succeeds (Linux reports it once): so nothing of it stays. */
  private syncBeforeRoll(): void {
    try {
      this.active.file.syncNow();
    } catch (error) {
      throw this.gate.fail(error, this.durable);
    }
  }

  private beginSegment(): Segment {
    const next = new Segment(this.place, this.end);
    try {
      next.hold();
      this.place.storage.syncDirectory(this.directory);
    } catch (error) {
      // Records would go on past its base in the old segment, and recovery would take that for damage.
      next.delete();
      throw error;
    }
    return next;
  }

  private async syncSegments(): Promise<void> {
    const { cuts, active, intactOffset: end } = this;
    const isCutDue = end < this.end;
    const position = active.size;
    const sealed = [...this.unsynced];
    if (end === this.durable && (isCutDue || !this.checkpointDue)) return;
    try {
      // Retention may drop a segment while the one before it is being synced.
      for (const segment of sealed) if (!segment.isGone) await segment.file.sync();
      await active.file.sync();
    } catch (error) {
      if (this.closed) return;
      throw this.gate.fail(error, this.options.strictDurability ? this.durable : this.end);
    }
    if (this.closed) return;
    // A cut overtook this sync. What it left is waited for still.
    if (cuts !== this.cuts || this.intactOffset < end) return this.syncSegments();
    this.durable = end;
    for (const segment of sealed) if (segment !== this.active) segment.release();
    this.unsynced = this.unsynced.filter((segment) => !sealed.includes(segment));
    if (this.checkpointDue && !isCutDue && active === this.active) this.saveCheckpoint(end, position);
  }

  private saveCheckpoint(end: bigint, position: number): void {
    this.checkpointDue = false;
    try {
      this.active.saveIndexes();
      if (end === this.end) writeProducerSnapshot(this.place.storage, this.directory, end, this.producers);
      this.storeCheckpoint(end, position);
    } catch (error) {
      // The records are durable without it: recovery will scan more. The next sync tries again.
      if (!(error instanceof StorageError)) throw error;
      this.checkpointDue = true;
    }
  }

  private writeCheckpoint(recoveryOffset: bigint): void {
    this.active.saveIndexes();
    const segment = this.segments.for(recoveryOffset);
    this.storeCheckpoint(recoveryOffset, segment.positionOf(recoveryOffset), segment.baseOffset);
  }

  private storeCheckpoint(recoveryOffset: bigint, position: number, segmentBase = this.active.baseOffset): void {
    const { storage } = this.place;
    writeCheckpoint(storage, this.directory, {
      startOffset: this.start,
      recoveryOffset,
      segmentBase,
      position,
      cleanedOffset: this.cleaned,
    });
  }

  private restoreProducers(): void {
    const taken = loadProducerSnapshot(this.place.storage, this.directory, this.end, this.producers);
    replayProducers(this.producers, this.segments.all, taken ?? 0n, this.end, this.options.clock.nowMs());
  }
}

const minOffset = (a: bigint, b: bigint) => (a < b ? a : b);
const maxOffset = (a: bigint, b: bigint) => (a > b ? a : b);
