import { invariant, type FoundLog } from './record-model.js';

interface Attempt {
  readonly value: string | null;
  isAcknowledged: boolean;
}

/**
 * What a compacted partition must hold, as `__consumer_offsets` is one: for each key a state that is not older than the last
 * one acknowledged, and that somebody wrote. Null is a tombstone.
 */
export class CommitModel {
  private readonly attempts = new Map<string, Attempt[]>();
  private counter = 0;

  constructor(readonly name: string) {}

  /** Begins a write; the returned function acknowledges it. */
  write(key: string, isTombstone: boolean): { readonly value: string | null; readonly acknowledge: () => void } {
    const value = isTombstone ? null : `${key}#${this.counter++}`;
    const attempt: Attempt = { value, isAcknowledged: false };
    const before = this.attempts.get(key);
    if (before) before.push(attempt);
    else this.attempts.set(key, [attempt]);
    return { value, acknowledge: () => (attempt.isAcknowledged = true) };
  }

  check({ records }: FoundLog): void {
    const latest = new Map<string, string | null>();
    let last = -1n;
    for (const { offset, key, value } of records) {
      invariant(offset > last, () => `${this.name}: offset ${offset} comes after ${last}`);
      last = offset;
      invariant(key !== null && this.attempts.has(key), () => `${this.name}: nobody wrote key ${key}`);
      latest.set(key, value);
    }
    for (const [key, attempts] of this.attempts) {
      const acknowledged = attempts.findLastIndex(({ isAcknowledged }) => isAcknowledged);
      const possible = attempts.slice(Math.max(0, acknowledged)).map(({ value }) => value);
      // Before the first acknowledgement the key need not be there at all; a tombstone may be gone with what it deleted.
      if (acknowledged < 0) possible.push(null);
      const found = latest.get(key) ?? null;
      invariant(
        possible.includes(found),
        () => `${this.name}: ${key} is ${found}, acknowledged or tried since: ${possible.join(', ')}`,
      );
    }
  }

  /** What is there now is the truth from here on. */
  settle({ records }: FoundLog): void {
    const latest = new Map(records.map(({ key, value }) => [key!, value]));
    for (const key of this.attempts.keys()) {
      this.attempts.set(key, [{ value: latest.get(key) ?? null, isAcknowledged: true }]);
    }
  }
}
