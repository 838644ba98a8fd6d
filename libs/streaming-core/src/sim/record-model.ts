/** A promise of the broker was broken. `seed` in the message of the run tells how to see it again. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function invariant(holds: boolean, broken: () => string): asserts holds {
  if (!holds) throw new InvariantError(broken());
}

export interface FoundRecord {
  readonly offset: bigint;
  readonly key: string | null;
  readonly value: string | null;
}

export interface FoundLog {
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  readonly records: readonly FoundRecord[];
}

/** How a value is written: `<writer>#<number>`; each writer counts up. */
export const valueOf = (writer: string, number: number): string => `${writer}#${number}`;
const numberIn = (value: string) => Number(value.slice(value.indexOf('#') + 1));
const writerOf = (value: string) => value.slice(0, value.indexOf('#'));

/**
 * What a partition that is not compacted must hold: every acknowledged record at its offset, each record once, nothing that nobody wrote,
 * each writer's records in the order in which it wrote them, no gaps.
 */
export class RecordModel {
  /** Acknowledged to a producer or shown to a consumer, by offset. */
  private readonly promised = new Map<bigint, string>();
  private readonly written = new Set<string>();
  private lowestStart = 0n;
  private highestStart = 0n;

  constructor(
    readonly name: string,
    /** Retention moves the start as it likes. */
    private readonly retentionBytes: number | null,
  ) {}

  wrote(value: string): void {
    this.written.add(value);
  }

  promise(offset: bigint, value: string): void {
    const known = this.promised.get(offset);
    invariant(known === undefined || known === value, () => `${this.name}: offset ${offset} is ${known} and ${value}`);
    this.promised.set(offset, value);
  }

  startAsked(offset: bigint): void {
    if (offset > this.highestStart) this.highestStart = offset;
  }

  startSeen(offset: bigint): void {
    invariant(offset >= this.lowestStart, () => `${this.name}: the start fell from ${this.lowestStart} to ${offset}`);
    this.lowestStart = offset;
    this.startAsked(offset);
  }

  /** Without durability (`flush=os` and a power loss) promises end with the log that is there. */
  forgive({ records, startOffset }: FoundLog): void {
    this.promised.clear();
    this.lowestStart = startOffset;
    this.highestStart = startOffset;
    for (const { offset, value } of records) this.promise(offset, value!);
  }

  check(found: FoundLog): void {
    const { startOffset, endOffset, records } = found;
    this.checkStart(found);
    let next = startOffset;
    const last = new Map<string, number>();
    for (const { offset, value } of records) {
      invariant(offset === next, () => `${this.name}: offset ${offset} comes where ${next} is due`);
      next = offset + 1n;
      invariant(value !== null && this.written.has(value), () => `${this.name}: nobody wrote ${value} at ${offset}`);
      const before = last.get(writerOf(value)) ?? -1;
      invariant(
        numberIn(value) > before,
        () => `${this.name}: ${value} at ${offset} comes twice or late, after ${before}`,
      );
      last.set(writerOf(value), numberIn(value));
    }
    invariant(next === endOffset, () => `${this.name}: the log ends at ${endOffset}, its records at ${next}`);
    const byOffset = new Map(records.map(({ offset, value }) => [offset, value]));
    for (const [offset, value] of this.promised) {
      if (offset < startOffset) continue;
      invariant(
        byOffset.get(offset) === value,
        () => `${this.name}: ${value} at ${offset} is lost, ${byOffset.get(offset)} is there`,
      );
    }
  }

  private checkStart({ startOffset, endOffset, records }: FoundLog): void {
    this.startSeenOrTaken(startOffset);
    invariant(startOffset <= endOffset, () => `${this.name}: starts at ${startOffset}, ends at ${endOffset}`);
    if (this.retentionBytes === null) return;
    const promisedEnd = [...this.promised.keys()].reduce((end, offset) => (offset >= end ? offset + 1n : end), 0n);
    const kept = records.reduce((sum, { value }) => sum + value!.length, 0);
    invariant(
      startOffset === 0n || kept > 0 || promisedEnd <= this.highestStart,
      () => `${this.name}: retention took everything up to ${startOffset}`,
    );
  }

  private startSeenOrTaken(startOffset: bigint): void {
    if (this.retentionBytes === null) {
      invariant(
        startOffset <= this.highestStart,
        () => `${this.name}: starts at ${startOffset}, and nobody asked for more than ${this.highestStart}`,
      );
    }
    this.startSeen(startOffset);
  }
}
