import { invariant, type FoundLog, type FoundRecord } from './record-model.js';

export type FoundEntry =
  | ({ readonly kind: 'record'; readonly producerId: bigint } & FoundRecord)
  | {
      readonly kind: 'marker';
      readonly offset: bigint;
      readonly producerId: bigint;
      readonly isCommit: boolean;
    };

export interface FoundTransactions extends Omit<FoundLog, 'records'> {
  readonly lastStableOffset: bigint;
  readonly entries: readonly FoundEntry[];
  readonly newestEpoch: number;
  /** What readers of committed transactions see from this offset on. */
  readonly committedFrom: bigint;
  readonly committed: readonly FoundRecord[];
}

export type Decision = 'commit' | 'abort';

/** As its coordinator knows it, who is never wrong: that it survives crashes is tested elsewhere. */
export interface SimTransaction {
  readonly writer: string;
  readonly producerId: bigint;
  readonly epoch: number;
  /** Null while it is open. */
  decision: Decision | null;
}

interface WrittenRecord {
  readonly transaction: SimTransaction;
  /** Null: not acknowledged. */
  offset: bigint | null;
  /** What a marker or a reader was told of it; null: nothing. */
  known: Decision | null;
}

/**
 * What one partition with transactional records must hold: all that is acknowledged; each transaction ended as it was decided, once its
 * marker is acknowledged; and readers of committed transactions see exactly those, up to the first open one.
 */
export class TransactionModel {
  private records = new Map<string, WrittenRecord>();

  constructor(readonly name: string) {}

  wrote(value: string, transaction: SimTransaction): void {
    this.records.set(value, { transaction, offset: null, known: null });
  }

  acknowledge(value: string, offset: bigint): void {
    this.records.get(value)!.offset = offset;
  }

  /** The marker is acknowledged. */
  ended(transaction: SimTransaction): void {
    for (const record of this.records.values()) {
      if (record.transaction === transaction && record.offset !== null) record.known = transaction.decision;
    }
  }

  /** Readers of committed transactions were shown these: a promise where `isPromise`. */
  shown(found: readonly FoundRecord[], isPromise: boolean): void {
    for (const { offset, value } of found) {
      const record = this.recordOf(offset, value);
      const { decision } = record.transaction;
      invariant(decision === 'commit', () => `${this.name}: ${value} at ${offset} is shown, its end: ${decision}`);
      if (isPromise) Object.assign(record, { offset, known: 'commit' });
    }
  }

  check(found: FoundTransactions): void {
    const outcomes = this.outcomesIn(found);
    this.checkCommitted(found, outcomes);
    const offsets = new Map(found.entries.map((entry) => [entry.kind === 'record' ? entry.value : null, entry.offset]));
    for (const [value, { offset, known }] of this.records) {
      if (offset === null) continue;
      invariant(
        offsets.get(value) === offset,
        () => `${this.name}: ${value} at ${offset} is lost, it is at ${offsets.get(value)}`,
      );
      const outcome = outcomes.get(value) ?? null;
      invariant(
        known === null || known === outcome,
        () => `${this.name}: ${value} at ${offset} was told as ${known}, and is ${outcome}`,
      );
    }
  }

  /**
   * Without durability (`flush=os` and a power loss) promises end with the log that is there. Returns the transactions whose
   * markers are lost or not written yet.
   */
  forgive(found: FoundTransactions): Set<SimTransaction> {
    const outcomes = this.outcomesIn(found);
    const hanging = new Set<SimTransaction>();
    for (const [value, record] of this.records) {
      if (!outcomes.has(value)) this.records.delete(value);
      else if (outcomes.get(value) === null) {
        record.known = null;
        record.transaction.decision ??= 'abort';
        hanging.add(record.transaction);
      }
    }
    return hanging;
  }

  /** By value: how its transaction ended in this log, null if it did not. */
  private outcomesIn({ startOffset, endOffset, entries }: FoundTransactions): Map<string, Decision | null> {
    const outcomes = new Map<string, Decision | null>();
    const open = new Map<bigint, string[]>();
    let next = startOffset;
    for (const entry of entries) {
      const { offset, producerId } = entry;
      invariant(offset === next, () => `${this.name}: offset ${offset} comes where ${next} is due`);
      next = offset + 1n;
      const values = open.get(producerId) ?? [];
      if (entry.kind === 'marker') {
        const decision = entry.isCommit ? 'commit' : 'abort';
        for (const value of values) this.close(value, decision, outcomes);
        open.delete(producerId);
        continue;
      }
      const { value } = entry;
      const { transaction } = this.recordOf(offset, value);
      invariant(transaction.producerId === producerId, () => `${this.name}: ${value} is of producer ${producerId}`);
      invariant(!outcomes.has(value!), () => `${this.name}: ${value} is there twice, again at ${offset}`);
      outcomes.set(value!, null);
      open.set(producerId, [...values, value!]);
    }
    invariant(next === endOffset, () => `${this.name}: the log ends at ${endOffset}, its records at ${next}`);
    return outcomes;
  }

  private close(value: string, decision: Decision, outcomes: Map<string, Decision | null>): void {
    const decided = this.records.get(value)!.transaction.decision;
    invariant(decided === decision, () => `${this.name}: ${value} has a marker to ${decision}, decided: ${decided}`);
    outcomes.set(value, decision);
  }

  private checkCommitted(found: FoundTransactions, outcomes: ReadonlyMap<string, Decision | null>): void {
    const { entries, endOffset, lastStableOffset, committedFrom, committed } = found;
    const records = entries.filter((entry) => entry.kind === 'record');
    const firstOpen = records.find(({ value }) => outcomes.get(value!) === null)?.offset ?? endOffset;
    invariant(
      lastStableOffset === firstOpen,
      () => `${this.name}: is stable up to ${lastStableOffset}, its first open transaction begins at ${firstOpen}`,
    );
    const expected = records
      .filter(({ offset, value }) => offset >= committedFrom && offset < firstOpen && outcomes.get(value!) === 'commit')
      .map(({ offset, value }) => `${offset}:${value}`);
    const shown = committed.map(({ offset, value }) => `${offset}:${value}`);
    invariant(
      shown.join() === expected.join(),
      () => `${this.name}: from ${committedFrom} on committed: ${expected.join()}; readers are shown ${shown.join()}`,
    );
  }

  private recordOf(offset: bigint, value: string | null): WrittenRecord {
    const record = value === null ? undefined : this.records.get(value);
    invariant(record !== undefined, () => `${this.name}: nobody wrote ${value} at ${offset}`);
    return record;
  }
}
