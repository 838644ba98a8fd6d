import type { LogConfig } from './log-config.js';

interface SegmentFacts {
  readonly baseOffset: bigint;
  readonly size: number;
  readonly largestTimestampMs: number;
}

/**
 * How many of the oldest segments retention lets go: those whose newest record is older than `retention.ms`, those that make the
 * log larger than `retention.bytes` would still be without them, and those that lie before the log's start. Pure.
 */
export function countExpired(
  segments: readonly SegmentFacts[],
  startOffset: bigint,
  config: Pick<LogConfig, 'retentionMs' | 'retentionBytes'>,
  nowMs: number,
): number {
  let excess = segments.reduce((sum, { size }) => sum + size, 0) - config.retentionBytes;
  const expired = segments.findIndex((segment, i) => {
    const isOld =
      config.retentionMs >= 0 && segment.size > 0 && nowMs - segment.largestTimestampMs > config.retentionMs;
    const isSurplus = config.retentionBytes >= 0 && excess >= segment.size && segment.size > 0;
    const isBeforeStart = i + 1 < segments.length && segments[i + 1]!.baseOffset <= startOffset;
    excess -= segment.size;
    return !(isOld || isSurplus || isBeforeStart);
  });
  return expired < 0 ? segments.length : expired;
}
