import type { PartitionLog } from '../log/partition-log.js';
import { completeBatches } from '../wire/records/record-batch.js';

/** A transaction whose records, from an offset on, a reader leaves out. */
export interface AbortedInFetch {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** The aborted transactions that have records among these batches, which were read from `fromOffset` up to the last stable offset. */
export function abortedAmong(log: PartitionLog, records: Buffer, fromOffset: bigint): AbortedInFetch[] {
  let toOffset = fromOffset;
  for (const batch of completeBatches(records)) toOffset = batch.nextOffset;
  return log
    .abortedTransactions(fromOffset, toOffset)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
}
