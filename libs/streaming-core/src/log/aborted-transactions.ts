import { BatchLedger } from './batch-ledger.js';
import { scanBatches } from './batch-scan.js';
import type { SegmentList } from './segment-list.js';
import { TransactionIndex, type AbortedTransaction } from './transaction-index.js';

/** The aborted transactions that have records in [from, to), in the order of their markers. `to` is at most the last stable offset. */
export function abortedTransactions(segments: SegmentList, from: bigint, to: bigint): AbortedTransaction[] {
  const found: AbortedTransaction[] = [];
  if (from >= to) return found;
  for (const segment of segments.all.slice(segments.indexFor(from))) {
    if (segment.transactions.isDamaged) {
      rebuildTransactionIndexes(segments);
      return abortedTransactions(segments, from, to);
    }
    if (segment.transactions.collect(from, to, found)) break;
  }
  return found;
}

/** From the log itself, all of it: which transactions a segment's markers end is told by the segments before it. */
function rebuildTransactionIndexes(segments: SegmentList): void {
  const ledger = new BatchLedger();
  for (const segment of segments.all) {
    const index = new TransactionIndex();
    scanBatches(segment.file, 0, segment.size, { checkCrc: false }, (batch) => {
      const aborted = ledger.note(batch, 0);
      if (aborted !== null) index.add(aborted);
      return true;
    });
    segment.transactions.replace(index);
  }
}
