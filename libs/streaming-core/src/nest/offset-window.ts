/**
 * Which offsets of a partition are being worked on. Records finish in any order; what may be committed is the offset up to
 * which all are finished. Offsets need not be dense: compaction and transaction markers leave gaps.
 */
export class OffsetWindow {
  /** In order of offsets; the front is always unfinished. */
  readonly #entries: { readonly offset: bigint; finished: boolean }[] = [];
  readonly #byOffset = new Map<bigint, { finished: boolean }>();
  #head = 0;
  #next: bigint | undefined;

  /** Records between the first unfinished one and the last taken, both included. */
  get size(): number {
    return this.#entries.length - this.#head;
  }

  /** The next offset to read for whoever takes over; undefined before the first record. */
  get committable(): bigint | undefined {
    return this.#entries[this.#head]?.offset ?? this.#next;
  }

  /** @throws Error if the offset is not beyond all that were added */
  add(offset: bigint): void {
    if (this.#next !== undefined && offset < this.#next) throw new Error(`offset ${offset} comes after ${this.#next}`);
    const entry = { offset, finished: false };
    this.#entries.push(entry);
    this.#byOffset.set(offset, entry);
    this.#next = offset + 1n;
  }

  /** Gives true if {@link committable} moved. */
  finish(offset: bigint): boolean {
    const entry = this.#byOffset.get(offset);
    if (!entry) throw new Error(`offset ${offset} is not being worked on`);
    entry.finished = true;
    this.#byOffset.delete(offset);
    const before = this.#head;
    while (this.#entries[this.#head]?.finished) this.#head++;
    const moved = this.#head > before;
    // Cutting the front now and then keeps it cheap and small.
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
    return moved;
  }
}
