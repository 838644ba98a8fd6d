import type { RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords } from '../wire/records/record-codec.js';
import { scanBatches } from './batch-scan.js';
import { timestampMsOf, type Segment } from './segment.js';

export interface TimestampAndOffset {
  readonly timestampMs: number;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

/** The earliest record in [startOffset, upToOffset) with a timestamp of at least `timestampMs`, or null. */
export function offsetForTimestamp(
  segments: readonly Segment[],
  timestampMs: number,
  startOffset: bigint,
  upToOffset: bigint,
): TimestampAndOffset | null {
  for (const segment of segments) {
    if (segment.baseOffset >= upToOffset) return null;
    if (segment.largestTimestampMs < timestampMs) continue;
    const found = searchSegment(segment, timestampMs, startOffset, upToOffset);
    if (found !== null) return found;
  }
  return null;
}

function searchSegment(
  segment: Segment,
  timestampMs: number,
  startOffset: bigint,
  upToOffset: bigint,
): TimestampAndOffset | null {
  const floor = segment.timeIndex.floorOffset(timestampMs);
  const from = segment.offsetIndex.floorPosition(floor > startOffset ? floor : startOffset);
  let found: TimestampAndOffset | null = null;
  scanBatches(segment.file, from, segment.size, { checkCrc: false }, (batch) => {
    if (batch.baseOffset >= upToOffset) return false;
    if (timestampMsOf(batch) >= timestampMs && batch.lastOffset >= startOffset) {
      found = searchBatch(batch, timestampMs, startOffset);
    }
    return found === null;
  });
  return found;
}

function searchBatch(batch: RecordBatch, timestampMs: number, startOffset: bigint): TimestampAndOffset | null {
  const leaderEpoch = batch.partitionLeaderEpoch;
  const record = decodeRecords(batch).find(
    ({ offset, timestamp }) => offset >= startOffset && Number(timestamp) >= timestampMs,
  );
  return record === undefined ? null : { timestampMs: Number(record.timestamp), offset: record.offset, leaderEpoch };
}
