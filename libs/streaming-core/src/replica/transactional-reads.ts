import type { PartitionLog } from '../log/partition-log.js';
import type { AbortedTransaction } from '../log/transaction-index.js';
import { completeBatches } from '../wire/records/record-batch.js';

/** A transaction whose records, from an offset on, a reader leaves out. */
export interface AbortedInFetch {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** The aborted transactions that have records among these batches, which were read from `fromOffset` up to the last stable offset. */
export function abortedAmong(log: PartitionLog, records: Buffer, fromOffset: bigint): AbortedInFetch[] {
  return abortedIn(log.abortedTransactions(fromOffset, endOf(records)), records);
}

/** Of these transactions those that begin before the end of the batches. */
export function abortedIn(aborted: readonly AbortedTransaction[], records: Buffer): AbortedInFetch[] {
  if (aborted.length === 0) return [];
  const toOffset = endOf(records);
  return aborted
    .filter(({ firstOffset }) => firstOffset < toOffset)
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
}

function endOf(records: Buffer): bigint {
  let end = 0n;
  for (const batch of completeBatches(records)) end = batch.nextOffset;
  return end;
}
