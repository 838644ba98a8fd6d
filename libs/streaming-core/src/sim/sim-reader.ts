import type { Partition } from '../replica/partition.js';
import { decodeMarker } from '../wire/records/control-records.js';
import { completeBatches, RecordBatchError, type RecordBatch } from '../wire/records/record-batch.js';
import { decodeRecords } from '../wire/records/record-codec.js';
import { invariant, InvariantError, type FoundLog, type FoundRecord } from './record-model.js';
import type { FoundEntry, FoundTransactions } from './transaction-model.js';

const SMALL_FETCH = { maxBytes: 2000, minOneBatch: true };

/** All that a partition shows to readers, with the newest leader epoch among it; -1 if it is empty. */
export async function readLog(partition: Partition): Promise<FoundLog & { readonly newestEpoch: number }> {
  const { startOffset, highWatermark } = partition;
  let newestEpoch = -1;
  const records: FoundRecord[] = [];
  await eachBatch(partition, startOffset, null, (batch) => {
    newestEpoch = Math.max(newestEpoch, batch.partitionLeaderEpoch);
    records.push(...recordsOf(batch, startOffset));
  });
  return { startOffset, endOffset: highWatermark, records, newestEpoch };
}

export function readRecords(partition: Partition, fromOffset: bigint): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  return eachBatch(partition, fromOffset, found, (batch) => found.push(...recordsOf(batch, fromOffset)));
}

/** A partition with transactions: all its entries, and what a reader of committed ones is shown of it from an offset on. */
export async function readTransactions(partition: Partition, committedFrom: bigint): Promise<FoundTransactions> {
  const { startOffset, highWatermark: endOffset, lastStableOffset } = partition;
  const entries: FoundEntry[] = [];
  let newestEpoch = -1;
  await eachBatch(partition, startOffset, null, (batch) => {
    newestEpoch = Math.max(newestEpoch, batch.partitionLeaderEpoch);
    const { producerId, baseOffset: offset } = batch;
    const marker = decodeMarker(batch);
    if (marker !== null) entries.push({ kind: 'marker', offset, producerId, isCommit: marker.isCommit });
    else for (const record of recordsOf(batch, startOffset)) entries.push({ kind: 'record', producerId, ...record });
  });
  const committed = await readCommitted(partition, committedFrom);
  return { startOffset, endOffset, lastStableOffset, entries, newestEpoch, committedFrom, committed };
}

/** Leaves out what is aborted as clients do, by the list that each fetch brings. */
export async function readCommitted(partition: Partition, fromOffset: bigint): Promise<FoundRecord[]> {
  const found: FoundRecord[] = [];
  const { lastStableOffset } = partition;
  for (let next = fromOffset; next < lastStableOffset;) {
    const fetched = await partition.fetch({ fromOffset: next, ...SMALL_FETCH, readsCommitted: true });
    const due = [...fetched.abortedTransactions!].sort((a, b) => Number(a.firstOffset - b.firstOffset));
    const aborted = new Set<bigint>();
    const from = next;
    for (const batch of batchesOf(fetched.records, partition, next)) {
      while (due.length > 0 && due[0]!.firstOffset <= batch.lastOffset) aborted.add(due.shift()!.producerId);
      next = batch.nextOffset;
      const marker = decodeMarker(batch);
      if (marker === null && !aborted.has(batch.producerId)) found.push(...recordsOf(batch, from));
      else if (marker?.isCommit === false) aborted.delete(batch.producerId);
    }
    assertProgress(partition, from, next, lastStableOffset);
  }
  return found;
}

async function eachBatch<T>(
  partition: Partition,
  fromOffset: bigint,
  result: T,
  visit: (batch: RecordBatch) => void,
): Promise<T> {
  for (let next = fromOffset; next < partition.highWatermark;) {
    const { records } = await partition.fetch({ fromOffset: next, ...SMALL_FETCH });
    const from = next;
    for (const batch of batchesOf(records, partition, next)) {
      visit(batch);
      next = batch.nextOffset;
    }
    assertProgress(partition, from, next, partition.highWatermark);
  }
  return result;
}

function* batchesOf(records: Buffer, { topic }: Partition, at: bigint): Iterable<RecordBatch> {
  try {
    for (const batch of completeBatches(records)) {
      invariant(batch.hasValidCrc(), () => `${topic}: the batch at ${batch.baseOffset} fails its checksum`);
      yield batch;
    }
  } catch (error) {
    throw error instanceof RecordBatchError ? new InvariantError(`${topic} at ${at}: ${error.message}`) : error;
  }
}

function* recordsOf(batch: RecordBatch, fromOffset: bigint): Iterable<FoundRecord> {
  for (const { offset, key, value } of decodeRecords(batch)) {
    if (offset < fromOffset) continue;
    yield { offset, key: key && String(key), value: value && String(value).split('|')[0]! };
  }
}

function assertProgress({ topic }: Partition, from: bigint, next: bigint, end: bigint): void {
  invariant(next > from, () => `${topic}: nothing can be read at ${from}, before ${end}`);
}
