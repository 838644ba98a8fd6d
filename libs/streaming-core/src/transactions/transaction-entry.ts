import type { TransactionMetadata } from './transaction-types.js';

/** A transactional id in memory. */
export interface TransactionEntry {
  metadata: TransactionMetadata;
  /** What is on its way to the log. Until it is there, nothing else may happen to this transactional id. */
  pending: TransactionMetadata | null;
  /** After a step that nobody asks for again, an abort at the timeout or a completion, could not be written: when to try again. */
  retryAtMs: number;
  /** The outcome is in the logs of all partitions; that all is complete is still to be written. */
  areMarkersWritten: boolean;
}

export function newEntry(metadata: TransactionMetadata): TransactionEntry {
  return { metadata, pending: null, retryAtMs: 0, areMarkersWritten: false };
}

/** The outcome is durable, the markers are not yet written. */
export function isDecided({ metadata: { state } }: TransactionEntry): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}

/** Nothing is under way, and no transaction is open. */
export function isIdle(entry: TransactionEntry): boolean {
  return entry.pending === null && entry.metadata.state !== 'Ongoing' && !isDecided(entry);
}

/**
 * When a transaction is to be aborted, or to be completed where that failed; Infinity while there is none, or while something
 * happens to it.
 */
export function dueAtMs({ metadata, pending, retryAtMs, areMarkersWritten }: TransactionEntry): number {
  if (pending !== null) return Infinity;
  if (areMarkersWritten) return retryAtMs;
  return metadata.state === 'Ongoing' ? Math.max(metadata.startedAtMs + metadata.timeoutMs, retryAtMs) : Infinity;
}
