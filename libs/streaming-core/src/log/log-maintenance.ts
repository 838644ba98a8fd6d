import { compactLog } from './log-compaction.js';
import { countExpired } from './log-retention.js';
import type { PartitionLog } from './partition-log.js';

/** A thousand partitions may each leave as much to recovery. */
const UNCHECKED_BYTES = 2 << 20;

/**
 * What a log needs now and then: rolls a segment that is old, drops segments that retention no longer keeps, compacts, forgets
 * producers, saves a checkpoint. Only records before `committedOffset` are touched. Rejects with StorageError.
 */
export async function cleanLog(log: PartitionLog, nowMs: number, committedOffset: bigint): Promise<void> {
  if (!log.isWritable) return;
  log.ledger.expire(nowMs);
  const { logConfig: config } = log;
  if (log.isRollDue(nowMs)) log.roll();
  if (config.deleteOldSegments) {
    const expired = countExpired(log.segmentList, log.startOffset, config, nowMs);
    // The active segment never goes: when even its records are too old it is sealed first.
    if (expired === log.segmentList.length) log.roll();
    const droppable = log.segmentList.filter(
      (_, i) => (log.segmentList[i + 1]?.baseOffset ?? committedOffset + 1n) <= committedOffset,
    );
    log.dropOldest(Math.min(expired, droppable.length));
  }
  const isMuchUnchecked = log.uncheckedBytes >= UNCHECKED_BYTES;
  if (log.durableOffset < log.endOffset || log.isCheckpointDue || isMuchUnchecked) await log.checkpoint();
  // What is compacted lies before the checkpoint: recovery counts on it.
  const stableOffset = log.ledger.transactions.lastStableOffset(committedOffset);
  if (config.compact && !log.isCheckpointDue) await compactLog(log, nowMs, stableOffset);
}
