import { compactLog } from './log-compaction.js';
import { countExpired } from './log-retention.js';
import type { PartitionLog } from './partition-log.js';

/** A thousand partitions may each leave as much to recovery. */
const UNCHECKED_BYTES = 2 << 20;

/**
 * What a log needs now and then: rolls a segment that is old, drops segments that retention no longer keeps, compacts, forgets
 * producers, saves a checkpoint. Only records before `committedOffset` are touched. On a disk that takes no writes retention
 * still makes room. Rejects with StorageError.
 */
export async function cleanLog(log: PartitionLog, nowMs: number, committedOffset: bigint): Promise<void> {
  log.ledger.expire(nowMs);
  const { logConfig: config } = log;
  if (log.isWritable && log.isRollDue(nowMs)) log.roll();
  dropExpired(log, nowMs, committedOffset);
  if (!log.isWritable) return;
  const isMuchUnchecked = log.uncheckedBytes >= UNCHECKED_BYTES;
  if (log.durableOffset < log.endOffset || log.isCheckpointDue || isMuchUnchecked) await log.checkpoint();
  // What is compacted lies before the checkpoint: recovery counts on it.
  const stableOffset = log.ledger.transactions.lastStableOffset(committedOffset);
  if (config.compact && !log.isCheckpointDue) await compactLog(log, nowMs, stableOffset);
}

function dropExpired(log: PartitionLog, nowMs: number, committedOffset: bigint): void {
  const { logConfig: config } = log;
  if (!config.deleteOldSegments) return;
  const expired = countExpired(log.segmentList, log.startOffset, config, nowMs);
  // The active segment never goes: when even its records are too old it is sealed first.
  if (expired === log.segmentList.length && log.isWritable) log.roll();
  const droppable = log.segmentList.filter(
    (_, i) => (log.segmentList[i + 1]?.baseOffset ?? committedOffset + 1n) <= committedOffset,
  );
  log.dropOldest(Math.min(expired, droppable.length));
}
