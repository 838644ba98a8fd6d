import type { TransactionMetadata } from './transaction-types.js';

/** A transactional id in memory. */
export interface TransactionEntry {
  metadata: TransactionMetadata;
  /** What is on its way to the log. Until it is there, nothing else may happen to this transactional id. */
  pending: TransactionMetadata | null;
  /** After a failed abort of a transaction that timed out: when to try again. */
  retryAtMs: number;
}

/** The outcome is durable, the markers are not yet written. */
export function isDecided({ metadata: { state } }: TransactionEntry): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}

/** Nothing is under way, and no transaction is open. */
export function isIdle(entry: TransactionEntry): boolean {
  return entry.pending === null && entry.metadata.state !== 'Ongoing' && !isDecided(entry);
}

/** When a transaction is to be aborted; Infinity while there is none, or while something happens to it. */
export function timeoutOf({ metadata, pending, retryAtMs }: TransactionEntry): number {
  if (metadata.state !== 'Ongoing' || pending !== null) return Infinity;
  return Math.max(metadata.startedAtMs + metadata.timeoutMs, retryAtMs);
}
