import path from 'node:path';
import type { BatchLedger } from './batch-ledger.js';
import { containsValidBatch, scanBatches } from './batch-scan.js';
import { readCheckpoint, type LogCheckpoint } from './log-checkpoint.js';
import { CorruptLogError } from './log-errors.js';
import type { EpochStart } from './log-foundation.js';
import { Segment, type SegmentPlace } from './segment.js';
import { CLEANED_SUFFIX, offsetOfFileName, SWAP_SUFFIX } from './segment-files.js';
import { finishSwaps } from './segment-swap.js';

/**
 * What to do when bytes past the checkpoint are damaged *and valid batches follow them*. Then it is not a torn tail. Either
 * the disk wrote later pages before earlier ones as the power went (nothing acknowledged is lost), or acknowledged records
 * rotted; nobody can tell which. `refuse` throws; `set-aside` keeps the bytes in a file beside the log, cuts, and reports.
 */
export type DamagePolicy = 'refuse' | 'set-aside';

export interface RecoveryOptions {
  readonly damagePolicy: DamagePolicy;
  /** Compaction leaves gaps between offsets; without it a gap is damage (the CRC does not cover a batch's offset). */
  readonly isCompacted: boolean;
  /** The directory was created just now. */
  readonly isNew?: boolean;
  /** When the batches that are found count as written: at the latest now. */
  readonly nowMs: number;
}

export interface RecoveryReport {
  /** Bytes past the checkpoint whose CRCs were checked. */
  readonly scannedBytes: number;
  /** Bytes of the torn tail that were cut. */
  readonly cutBytes: number;
  /** File that holds what was cut, when valid batches were among it. */
  readonly setAside: string | null;
}

export interface RecoveredLog {
  readonly segments: Segment[];
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  readonly cleanedOffset: bigint;
  /** Where the checkpoint is; the first offset if there is none. */
  readonly checkpointOffset: bigint;
  /** The log ends before the start that its checkpoint has: what was deleted had never been durable. */
  readonly isBehindCheckpoint: boolean;
  /** What lies past the checkpoint: whole, but perhaps in the system's cache alone. */
  readonly unproven: readonly { readonly segment: Segment; readonly from: number }[];
  /** The active segment's indexes had to be made anew, or the checkpoint is from before it was begun. */
  readonly isCheckpointDue: boolean;
  /** Of the batches past the checkpoint: each epoch with its first offset. */
  readonly epochs: readonly EpochStart[];
  readonly report: RecoveryReport;
}

/** How far from the damage valid batches are looked for. */
const SEARCH_BYTES = 64 << 20;

/**
 * Opens what a crash or a clean close left in a log's directory. Trusts all before the checkpoint, checks every batch after it,
 * cuts a torn tail and never a good batch, and brings indexes and the ledger up to date.
 * @throws CorruptLogError if bytes before the checkpoint are damaged or missing, or by {@link DamagePolicy}
 */
export function recoverLog(place: SegmentPlace, ledger: BatchLedger, options: RecoveryOptions): RecoveredLog {
  return new Recovery(place, ledger, options).run();
}

class Recovery {
  private readonly segments: Segment[] = [];
  private readonly checkpoint: LogCheckpoint | null;
  private readonly unproven: { readonly segment: Segment; readonly from: number }[] = [];
  private readonly epochs: EpochStart[] = [];
  private nextOffset = 0n;
  private scannedBytes = 0;
  private cutBytes = 0;
  private setAside: string | null = null;
  private ledgerIsLoaded = false;
  private hasLostIndexes = false;

  constructor(
    private readonly place: SegmentPlace,
    private readonly ledger: BatchLedger,
    private readonly options: RecoveryOptions,
  ) {
    this.checkpoint = options.isNew === true ? null : readCheckpoint(place.storage, place.directory);
  }

  run(): RecoveredLog {
    const { place, checkpoint } = this;
    const bases = this.options.isNew === true ? [] : this.findSegments();
    if (bases.length === 0) bases.push(checkpoint?.startOffset ?? 0n);
    this.nextOffset = bases[0]!;
    for (const [i, base] of bases.entries()) {
      if (i > 0 && (this.mayHaveGaps ? base < this.nextOffset : base !== this.nextOffset)) {
        this.handleDamage(i - 1, bases, this.segments[i - 1]!.size, `offset ${this.nextOffset} should follow`);
        break;
      }
      const segment = new Segment(place, base);
      this.segments.push(segment);
      if (this.isTrusted(segment, bases[i + 1])) this.nextOffset = bases[i + 1]!;
      else if (!this.recoverTail(i, bases)) break;
    }
    if (checkpoint !== null && this.nextOffset < checkpoint.recoveryOffset) {
      const last = this.segments.at(-1)!;
      const missing = `offsets ${this.nextOffset} to ${checkpoint.recoveryOffset} are missing`;
      throw new CorruptLogError(last.logPath, last.size, missing);
    }
    const startOffset = maxOffset(bases[0]!, checkpoint?.startOffset ?? 0n);
    return {
      segments: this.segments,
      startOffset: minOffset(startOffset, this.nextOffset),
      endOffset: this.nextOffset,
      cleanedOffset: minOffset(checkpoint?.cleanedOffset ?? 0n, this.nextOffset),
      checkpointOffset: minOffset(checkpoint?.recoveryOffset ?? bases[0]!, this.nextOffset),
      isBehindCheckpoint: startOffset > this.nextOffset,
      unproven: this.unproven,
      epochs: this.epochs,
      isCheckpointDue: this.hasLostIndexes || (checkpoint?.segmentBase ?? bases.at(-1)!) !== bases.at(-1)!,
      report: { scannedBytes: this.scannedBytes, cutBytes: this.cutBytes, setAside: this.setAside },
    };
  }

  /**
   * Whether all of a segment lies before the checkpoint. The one that holds the checkpoint may go on behind it although another is
   * there: the file of a segment that was not begun after all.
   */
  private isTrusted(segment: Segment, nextBase: bigint | undefined): boolean {
    const { checkpoint } = this;
    if (checkpoint === null || nextBase === undefined || nextBase > checkpoint.recoveryOffset) return false;
    if (segment.baseOffset !== checkpoint.segmentBase) return true;
    return nextBase === checkpoint.recoveryOffset && segment.size <= checkpoint.position;
  }

  /** Checks a segment that reaches past the checkpoint. False: the log ends here. */
  private recoverTail(index: number, bases: readonly bigint[]): boolean {
    const segment = this.segments[index]!;
    const { checkpoint } = this;
    const holdsCheckpoint = checkpoint?.segmentBase === segment.baseOffset;
    const from = holdsCheckpoint ? checkpoint.position : 0;
    if (from > segment.size) {
      throw new CorruptLogError(segment.logPath, segment.size, `it was ${from} bytes long at the last checkpoint`);
    }
    this.nextOffset = holdsCheckpoint ? checkpoint.recoveryOffset : segment.baseOffset;
    this.hasLostIndexes ||= !segment.openTail(from, this.nextOffset);
    if (!this.ledgerIsLoaded) this.ledger.restore(this.place, this.segments, this.nextOffset, this.options.nowMs);
    this.ledgerIsLoaded = true;
    const { position, damage } = this.scan(segment, from);
    this.scannedBytes += position - from;
    this.unproven.push({ segment, from });
    if (damage === null) return true;
    this.handleDamage(index, bases, position, damage);
    return false;
  }

  /** Nothing past a checkpoint has been compacted yet. */
  private get mayHaveGaps(): boolean {
    return this.options.isCompacted && this.checkpoint === null;
  }

  private scan(segment: Segment, from: number): { position: number; damage: string | null } {
    const order = { isKept: true };
    const end = scanBatches(segment.file, from, segment.size, { checkCrc: true }, (batch, position) => {
      const follows = this.mayHaveGaps ? batch.baseOffset >= this.nextOffset : batch.baseOffset === this.nextOffset;
      order.isKept = follows && batch.lastOffsetDelta >= 0;
      if (!order.isKept) return false;
      segment.note(batch, position);
      const aborted = this.ledger.note(batch, this.options.nowMs);
      if (aborted !== null) segment.transactions.add(aborted);
      const { partitionLeaderEpoch: epoch, baseOffset: startOffset } = batch;
      if (epoch > (this.epochs.at(-1)?.epoch ?? -1)) this.epochs.push({ epoch, startOffset });
      this.nextOffset = batch.nextOffset;
      return true;
    });
    return order.isKept ? end : { position: end.position, damage: 'a batch does not follow the one before' };
  }

  private handleDamage(index: number, bases: readonly bigint[], position: number, damage: string): void {
    const segment = this.segments[index]!;
    const later = bases.slice(index + 1).map((base) => new Segment(this.place, base));
    const goodFollows = this.validBatchesFollow(segment, position) || later.some((next) => next.size > 0);
    if (goodFollows && this.options.damagePolicy === 'refuse') {
      throw new CorruptLogError(segment.logPath, position, `${damage}, and valid batches follow`);
    }
    if (goodFollows) this.setAside = this.keepAside(segment, position, later);
    this.cutBytes = segment.size - position + later.reduce((sum, { size }) => sum + size, 0);
    segment.trim(position);
    for (const next of later) next.delete();
  }

  private validBatchesFollow(segment: Segment, position: number): boolean {
    if (position >= segment.size) return false;
    // The batch at `position` is the damaged one; a good one begins after its first byte.
    const tail = Buffer.allocUnsafe(Math.min(segment.size - position - 1, SEARCH_BYTES));
    const filled = segment.file.readSync(tail, position + 1);
    return containsValidBatch(tail.subarray(0, filled), this.nextOffset);
  }

  private keepAside(segment: Segment, position: number, later: readonly Segment[]): string {
    const target = `${segment.logPath}.${position}.damaged`;
    this.place.storage.remove(target);
    const copy = this.place.storage.open(target);
    copyBytes(segment, position, copy.append.bind(copy));
    for (const next of later) copyBytes(next, 0, copy.append.bind(copy));
    copy.syncNow();
    copy.close();
    this.place.storage.syncDirectory(this.place.directory);
    return target;
  }

  /** Base offsets, after what a crash left half done is finished or gone. */
  private findSegments(): bigint[] {
    const { storage, directory } = this.place;
    let names = storage.list(directory);
    const isLeftOver = (name: string) => name.endsWith(CLEANED_SUFFIX) || name.endsWith('.tmp');
    for (const name of names) if (isLeftOver(name)) storage.remove(path.join(directory, name));
    if (names.some((name) => name.endsWith(SWAP_SUFFIX))) {
      finishSwaps(this.place);
      names = storage.list(directory);
    }
    return names.map((name) => offsetOfFileName(name, '.log')).filter((base) => base !== null);
  }
}

const minOffset = (a: bigint, b: bigint) => (a < b ? a : b);
const maxOffset = (a: bigint, b: bigint) => (a > b ? a : b);

function copyBytes(segment: Segment, from: number, append: (chunks: Buffer[]) => void): void {
  const chunk = Buffer.allocUnsafe(1 << 20);
  for (let at = from; at < segment.size; at += chunk.length) {
    const filled = segment.file.readSync(chunk, at);
    append([chunk.subarray(0, filled)]);
  }
}
