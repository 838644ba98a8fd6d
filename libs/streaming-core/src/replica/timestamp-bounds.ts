import type { LogConfig } from '../log/log-config.js';
import { RecordBatchError, type RecordBatch } from '../wire/records/record-batch.js';

const NO_TIMESTAMP = -1n;

type Bounds = Pick<LogConfig, 'timestampType' | 'timestampBeforeMaxMs' | 'timestampAfterMaxMs'>;

/**
 * Refuses a batch whose records' own times lie too far from now (KIP-937), by the first and the largest timestamp of its header:
 * compressed records are not opened for it.
 * @throws RecordBatchError INVALID_TIMESTAMP
 */
export function checkTimestamps(
  batch: Pick<RecordBatch, 'baseTimestamp' | 'maxTimestamp'>,
  bounds: Bounds,
  nowMs: number,
): void {
  if (bounds.timestampType === 'LogAppendTime') return;
  const { timestampBeforeMaxMs, timestampAfterMaxMs } = bounds;
  const { baseTimestamp, maxTimestamp } = batch;
  const isTooOld = baseTimestamp !== NO_TIMESTAMP && nowMs - Number(baseTimestamp) > timestampBeforeMaxMs;
  const isTooNew = Number(maxTimestamp) - nowMs > timestampAfterMaxMs;
  if (!isTooOld && !isTooNew) return;
  const timestamp = isTooOld ? baseTimestamp : maxTimestamp;
  const [from, to] = [nowMs - timestampBeforeMaxMs, nowMs + timestampAfterMaxMs];
  throw new RecordBatchError(
    'INVALID_TIMESTAMP',
    `timestamp ${timestamp} is out of range: it must lie between ${from} and ${to} (message.timestamp.before.max.ms, message.timestamp.after.max.ms)`,
  );
}
