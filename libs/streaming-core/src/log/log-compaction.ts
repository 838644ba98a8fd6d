import path from 'node:path';
import type { StorageFile } from '../ports/storage.js';
import { COMPRESSION, RecordBatch, type Compression } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch, type DecodedRecord } from '../wire/records/record-codec.js';
import { filterBatch, visitRecords, type RecordSpan } from '../wire/records/record-spans.js';
import { scanBatches } from './batch-scan.js';
import { CompactionTransactions } from './compaction-transactions.js';
import { CorruptLogError } from './log-errors.js';
import type { PartitionLog } from './partition-log.js';
import { timestampMsOf, type Segment } from './segment.js';
import { CLEANED_SUFFIX, logFileName } from './segment-files.js';
import { swapFileName } from './segment-swap.js';

/** Bytes handled between two turns of the event loop. */
const SLICE_BYTES = 4 << 20;
/** Keys held in memory in one cleaning; what lies beyond is left for the next. */
const MAX_KEYS = 1_000_000;
const MAX_SEGMENT_SPAN = 0x7fffffffn;

/**
 * Compaction (`cleanup.policy=compact`): of the records with one key in sealed, committed segments only the last is kept, at its
 * offset. A tombstone stays for `delete.retention.ms` after compaction first saw it (KIP-534), so that readers see it, then goes too.
 * `min.compaction.lag.ms` keeps young segments from it; `max.compaction.lag.ms` has old records compacted however little is new.
 * Records of aborted transactions go; a marker goes when nothing of its transaction is left and it has been there as long as a
 * tombstone. Segments are rewritten beside the log and swapped in. Only what lies before `stableOffset` is touched. Rejects with StorageError; the log is then as it was.
 */
export async function compactLog(log: PartitionLog, nowMs: number, stableOffset: bigint): Promise<void> {
  const sealed = log.segmentList.filter((_, i) => {
    const next = log.segmentList[i + 1];
    return next !== undefined && next.baseOffset <= stableOffset;
  });
  const { minCleanableDirtyRatio, minCompactionLagMs, maxCompactionLagMs } = log.logConfig;
  const isYoung = (segment: Segment) => nowMs - segment.largestTimestampMs < minCompactionLagMs;
  if (minCompactionLagMs > 0 && sealed.some(isYoung)) sealed.length = sealed.findIndex(isYoung);
  const firstDirty = sealed.findIndex(({ baseOffset }) => baseOffset >= log.cleanedOffset);
  if (firstDirty < 0) return;
  const isOverdue = nowMs - sealed[firstDirty]!.firstTimestampMs() > maxCompactionLagMs;
  if (!isOverdue && !isDirtyEnough(sealed, firstDirty, minCleanableDirtyRatio)) return;
  const transactionsFrom = (segment: Segment) =>
    new CompactionTransactions(log.abortedTransactions(segment.baseOffset, stableOffset));
  const { latest, mappedSegments } = await mapKeys(sealed, firstDirty, transactionsFrom(sealed[firstDirty]!));
  const cleaned = sealed.slice(0, mappedSegments);
  const cleanedEnd = log.endOfSegment(cleaned.at(-1)!);
  const { deleteRetentionMs } = log.logConfig;
  const keep = { latest, cleanedEnd, nowMs, deleteRetentionMs, transactions: transactionsFrom(cleaned[0]!) };
  for (const group of groupBySize(cleaned, log)) {
    // Retention, truncation or a close may have changed the log while this one waited.
    if (!group.every((segment) => log.segmentList.includes(segment))) return;
    await rewrite(log, group, keep);
  }
  log.markCleaned(cleanedEnd);
}

function isDirtyEnough(sealed: readonly Segment[], firstDirty: number, ratio: number): boolean {
  const bytes = (segments: readonly Segment[]) => segments.reduce((sum, { size }) => sum + size, 0);
  const dirty = bytes(sealed.slice(firstDirty));
  return dirty > 0 && dirty / bytes(sealed) >= ratio;
}

interface KeyMap {
  /** Offset of the last record of each key, keys as latin1 text. */
  readonly latest: ReadonlyMap<string, bigint>;
  /** How many of the sealed segments, from the oldest, the map covers. */
  readonly mappedSegments: number;
}

async function mapKeys(
  sealed: readonly Segment[],
  firstDirty: number,
  transactions: CompactionTransactions,
): Promise<KeyMap> {
  const latest = new Map<string, bigint>();
  let mappedSegments = firstDirty;
  for (const segment of sealed.slice(firstDirty)) {
    if (mappedSegments > firstDirty && latest.size > MAX_KEYS) break;
    await inSlices(
      segment,
      () => giveWayTo(segment),
      (batch) => {
        if (batch.isControl) transactions.isMarkerNeeded(batch);
        if (batch.isControl || transactions.isAborted(batch)) return;
        visitRecords(batch, ({ key, offset }) => {
          if (key !== null) latest.set(key, offset);
        });
      },
    );
    mappedSegments += 1;
  }
  return { latest, mappedSegments };
}

/** Neighbours that fit into one segment are merged, so that a log does not become a thousand slivers. */
function* groupBySize(segments: readonly Segment[], log: PartitionLog): Iterable<Segment[]> {
  let group: Segment[] = [];
  let bytes = 0;
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? log.endOfSegment(segment);
    const tooLarge = bytes + segment.size > log.logConfig.segmentBytes;
    if (group.length > 0 && (tooLarge || end - group[0]!.baseOffset > MAX_SEGMENT_SPAN)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(segment);
    bytes += segment.size;
  }
  if (group.length > 0) yield group;
}

interface Keep {
  readonly latest: ReadonlyMap<string, bigint>;
  readonly cleanedEnd: bigint;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly transactions: CompactionTransactions;
}

async function rewrite(log: PartitionLog, group: readonly Segment[], keep: Keep): Promise<void> {
  const { storage, directory } = log.place;
  const baseOffset = group[0]!.baseOffset;
  const endOffset = log.endOfSegment(group.at(-1)!);
  const cleanedPath = path.join(directory, logFileName(baseOffset) + CLEANED_SUFFIX);
  storage.remove(cleanedPath);
  const output = storage.open(cleanedPath);
  try {
    const lastDropped = await copyGroup(group, output, keep);
    // What follows the last group may be empty: a reader who waits for the log's end must learn that nothing is left before it.
    if (lastDropped !== null && endOffset === keep.cleanedEnd) output.append([lastDropped]);
    await output.sync();
  } finally {
    output.close();
  }
  if (!group.every((segment) => log.segmentList.includes(segment))) {
    storage.remove(cleanedPath);
    return;
  }
  const swap = swapFileName(baseOffset, endOffset);
  storage.rename(cleanedPath, path.join(directory, swap));
  storage.syncDirectory(directory);
  log.swapIn(swap, group, endOffset);
}

/** Copies what stays. Gives the group's last batch, emptied, if nothing of it stays. */
async function copyGroup(group: readonly Segment[], output: StorageFile, keep: Keep): Promise<Buffer | null> {
  let lastDropped: Buffer | null = null;
  for (const segment of group) {
    await inSlices(
      segment,
      () => output.sync(),
      (batch) => {
        const kept = keptPart(batch, keep);
        lastDropped = kept === null ? withRecords(batch, []) : null;
        if (kept !== null) output.append([kept]);
      },
    );
  }
  return lastDropped;
}

/** The batch with the records that stay, byte for byte if all do; null if none does. */
function keptPart(batch: RecordBatch, keep: Keep): Buffer | null {
  if (batch.isControl) {
    const isNeeded = keep.transactions.isMarkerNeeded(batch);
    return isNeeded || keep.nowMs - timestampMsOf(batch) <= keep.deleteRetentionMs ? batch.bytes : null;
  }
  if (keep.transactions.isAborted(batch) || batch.recordCount === 0) return null;
  const horizonMs = batch.deleteHorizonMs;
  const left = { hasTombstone: false };
  const stays = (record: Readonly<RecordSpan>): boolean => {
    const isStaying = isKept(record, keep, horizonMs);
    left.hasTombstone ||= isStaying && record.isTombstone;
    return isStaying;
  };
  if (batch.compressionCode === COMPRESSION.none) {
    const filtered = filterBatch(batch, stays);
    // A tombstone that is met for the first time gets its horizon, in which all timestamps are told anew.
    if (filtered === null || !left.hasTombstone || horizonMs !== null) return filtered;
    return rebuilt(new RecordBatch(filtered), keep);
  }
  const kept = new Set<bigint>();
  visitRecords(batch, (record) => stays(record) && void kept.add(record.offset));
  if (kept.size === 0) return null;
  const isFirstSeen = horizonMs === null && left.hasTombstone;
  if (kept.size === batch.recordCount && !isFirstSeen) return batch.bytes;
  const records = decodeRecords(batch).filter(({ offset }) => kept.has(offset));
  const firstSeenHorizonMs = isFirstSeen ? horizonOf(keep) : null;
  return withRecords(batch, records, horizonMs ?? firstSeenHorizonMs);
}

/** When tombstones that are seen now may go. */
const horizonOf = ({ nowMs, deleteRetentionMs }: Keep): bigint => BigInt(nowMs + deleteRetentionMs);

const rebuilt = (batch: RecordBatch, keep: Keep): Buffer => withRecords(batch, decodeRecords(batch), horizonOf(keep));

/** The batch with these of its records; it keeps its place in the log and its producer's sequence. */
function withRecords(batch: RecordBatch, records: readonly DecodedRecord[], deleteHorizonMs: bigint | null = null) {
  return encodeBatch({
    records,
    ...(deleteHorizonMs !== null && { deleteHorizonMs }),
    baseOffset: batch.baseOffset,
    lastOffset: batch.lastOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    compression: REWRITTEN_AS[batch.compressionCode] ?? 'none',
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
  });
}

/** By compression code. What is not written here (snappy, LZ4) becomes zstd. */
const REWRITTEN_AS: readonly Exclude<Compression, 'snappy' | 'lz4'>[] = ['none', 'gzip', 'zstd', 'zstd', 'zstd'];

function isKept({ key, isTombstone, offset }: Readonly<RecordSpan>, keep: Keep, horizonMs: bigint | null): boolean {
  if (key === null) return false;
  const last = keep.latest.get(key);
  if (last !== undefined && last > offset) return false;
  return !isTombstone || horizonMs === null || BigInt(keep.nowMs) < horizonMs;
}

/** Any awaited read lets what is queued run first. */
async function giveWayTo(segment: Segment): Promise<void> {
  await segment.file.read(Buffer.allocUnsafe(1), 0);
}

/** Visits a segment's batches, giving way to other work now and then. */
async function inSlices(
  segment: Segment,
  giveWay: () => Promise<void>,
  visit: (batch: RecordBatch) => void,
): Promise<void> {
  let position = 0;
  while (position < segment.size) {
    const sliceEnd = position + SLICE_BYTES;
    const { position: reached, damage } = scanBatches(
      segment.file,
      position,
      segment.size,
      { checkCrc: true },
      (batch, at) => {
        if (at >= sliceEnd) return false;
        visit(batch);
        return true;
      },
    );
    if (damage !== null) throw new CorruptLogError(segment.logPath, reached, damage);
    position = reached;
    await giveWay();
  }
}
