import { decodeMarker } from '../wire/records/control-records.js';
import type { RecordBatch } from '../wire/records/record-batch.js';
import type { AbortedTransaction } from './transaction-index.js';

/**
 * What compaction must know of transactions, told of each batch in the order of the log (LogCleaner's CleanedTransactionMetadata):
 * records of aborted ones go, and never take the place of others; a marker stays for as long as a batch of its transaction does.
 */
export class CompactionTransactions {
  /** By first offset. */
  private readonly waiting: AbortedTransaction[];
  /** Producers with an aborted transaction at the current batch, and whether a batch of it was met. */
  private readonly aborted = new Map<bigint, { wasMet: boolean }>();
  /** Producers of which a batch was met that no marker has followed yet. */
  private readonly committed = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.waiting = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1)).reverse();
  }

  /** A batch of records: whether it belongs to an aborted transaction. */
  isAborted(batch: RecordBatch): boolean {
    if (!batch.isTransactional) return false;
    this.advanceTo(batch.lastOffset);
    const transaction = this.aborted.get(batch.producerId);
    if (transaction === undefined) {
      this.committed.add(batch.producerId);
      return false;
    }
    transaction.wasMet = true;
    return true;
  }

  /** A control batch: whether a batch of the transaction that it ends was met. Of other control batches: true. */
  isMarkerNeeded(batch: RecordBatch): boolean {
    if (batch.recordCount === 0) return false;
    const marker = decodeMarker(batch);
    if (marker === null) return true;
    this.advanceTo(batch.lastOffset);
    const { producerId } = batch;
    if (marker.isCommit) return this.committed.delete(producerId);
    const transaction = this.aborted.get(producerId);
    this.aborted.delete(producerId);
    return transaction?.wasMet === true;
  }

  private advanceTo(offset: bigint): void {
    for (let next = this.waiting.at(-1); next !== undefined && next.firstOffset <= offset; next = this.waiting.at(-1)) {
      this.waiting.pop();
      if (!this.aborted.has(next.producerId)) this.aborted.set(next.producerId, { wasMet: false });
    }
  }
}
