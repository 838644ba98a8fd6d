import type { BatchLedger } from './batch-ledger.js';
import { checkpointPath, encodeCheckpoint, type LogCheckpoint } from './log-checkpoint.js';
import type { LogConfig } from './log-config.js';
import type { RecoveredLog } from './log-recovery.js';
import type { Segment, SegmentPlace } from './segment.js';
import { SegmentList } from './segment-list.js';

/** What the parts of one log share: its segments, how far it reaches, and what its batches add up to. */
export class LogState {
  readonly segments: SegmentList;
  /** First offset that can be read. */
  startOffset: bigint;
  /** The offset that the next record gets. */
  endOffset: bigint;
  /** All before this offset is on stable storage. */
  durableOffset: bigint;
  /** Compaction has seen all before this offset. */
  cleanedOffset: bigint;
  /** Up to here the index files on the disk are those of the log; what they say of later bytes may be of others, cut since. */
  indexedOffset: bigint;
  /** The start as it is on the disk: not behind it after any crash. */
  provenStart: bigint;
  /** Dropped segments whose files the disk has not let go yet, oldest first. */
  readonly doomed: Segment[] = [];
  /** A segment that could not be begun and whose file the disk did not let go: records may go on past its base elsewhere. */
  leftover: Segment | null = null;
  /** Sealed segments that no sync has covered yet. */
  unsynced: Segment[] = [];
  /** When the active segment got its first batch. */
  activeSinceMs = 0;
  /** Something happened since the last checkpoint that recovery should not have to find out. */
  isCheckpointDue = false;
  /** Appended since the last checkpoint. */
  uncheckedBytes = 0;
  /** Counts cuts: a sync that a cut overtook proves nothing about what came after. */
  cuts = 0;
  isClosed = false;

  constructor(
    readonly place: SegmentPlace,
    readonly ledger: BatchLedger,
    recovered: RecoveredLog,
    public config: LogConfig,
  ) {
    this.segments = new SegmentList(recovered.segments);
    this.startOffset = recovered.startOffset;
    this.provenStart = recovered.startOffset;
    this.endOffset = recovered.endOffset;
    this.durableOffset = recovered.endOffset;
    this.cleanedOffset = recovered.cleanedOffset;
    this.indexedOffset = recovered.checkpointOffset;
  }

  /** Whether recovery would have more to do, or less to go by, than if the log were saved now. */
  get needsSaving(): boolean {
    return this.uncheckedBytes > 0 || this.isCheckpointDue || this.cuts > 0;
  }

  get active(): Segment {
    return this.segments.active;
  }

  /** Notes durably that all before an offset is durable and whole. */
  saveCheckpoint(recoveryOffset: bigint): void {
    this.active.saveIndexes();
    this.storeCheckpoint(recoveryOffset);
    this.indexedOffset = recoveryOffset;
  }

  /** As {@link saveCheckpoint}, where the indexes of the active segment need not be saved. */
  storeCheckpoint(recoveryOffset: bigint): void {
    const { storage, directory } = this.place;
    const contents = encodeCheckpoint(this.checkpointAt(recoveryOffset));
    storage.writeFileAtomic(checkpointPath(directory), contents);
    this.provenStart = this.startOffset;
  }

  /** `position`: of the offset in its segment, if it is known. */
  checkpointAt(recoveryOffset: bigint, position?: number): LogCheckpoint {
    const segment = this.segments.for(recoveryOffset);
    return {
      startOffset: this.startOffset,
      // Records may be deleted before they were ever durable: what is gone needs no recovery.
      recoveryOffset: maxOffset(recoveryOffset, segment.baseOffset),
      segmentBase: segment.baseOffset,
      position: position ?? segment.positionOf(recoveryOffset),
      cleanedOffset: this.cleanedOffset,
    };
  }
}

export const minOffset = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const maxOffset = (a: bigint, b: bigint): bigint => (a > b ? a : b);
