import type { LogConfig } from './log-config.js';

interface SegmentFacts {
  readonly baseOffset: bigint;
  readonly size: number;
  readonly largestTimestampMs: number;
}

/**
 * How many of the oldest segments retention lets go: those whose newest record is older than `retention.ms`, those that make the
 * log larger than `retention.bytes` would still be without them, and those that lie before the log's start. A segment whose
 * records have no time is as old as the next one that has. Pure.
 */
export function countExpired(
  segments: readonly SegmentFacts[],
  startOffset: bigint,
  config: Pick<LogConfig, 'retentionMs' | 'retentionBytes'>,
  nowMs: number,
): number {
  let excess = segments.reduce((sum, { size }) => sum + size, 0) - config.retentionBytes;
  const newestMs = newestTimestamps(segments);
  const expired = segments.findIndex((segment, i) => {
    const isSealed = i + 1 < segments.length;
    const isEmpty = segment.size === 0;
    const isOld = config.retentionMs >= 0 && !isEmpty && nowMs - newestMs[i]! > config.retentionMs;
    const isSurplus = config.retentionBytes >= 0 && excess >= segment.size && !isEmpty;
    const isBeforeStart = isSealed && segments[i + 1]!.baseOffset <= startOffset;
    excess -= segment.size;
    // Compaction may leave nothing of a segment: it must not keep what comes after it.
    return !(isOld || isSurplus || isBeforeStart || (isEmpty && isSealed));
  });
  return expired < 0 ? segments.length : expired;
}

/** Per segment; infinite where neither it nor a later one has a time: then nothing says that it is old. */
function newestTimestamps(segments: readonly SegmentFacts[]): number[] {
  let nextMs = Number.POSITIVE_INFINITY;
  return segments
    .toReversed()
    .map(({ largestTimestampMs }) => (nextMs = largestTimestampMs < 0 ? nextMs : largestTimestampMs))
    .reverse();
}
