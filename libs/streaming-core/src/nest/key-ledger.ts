/**
 * The keys of one partition number that have records on the retry ladder, counted per rung. A later record of such a key
 * waits behind them. A record is counted from before it is acknowledged on a rung until it has left that rung.
 */
export class KeyLedger {
  readonly #rungs = new Map<string, number[]>();

  /** Keys that have records on the ladder. */
  get size(): number {
    return this.#rungs.size;
  }

  add(key: string, rung: number): void {
    let counts = this.#rungs.get(key);
    if (!counts) this.#rungs.set(key, (counts = []));
    counts[rung] = (counts[rung] ?? 0) + 1;
  }

  /** A record that was never counted (another member wrote it while it lost the partition) changes nothing. */
  remove(key: string, rung: number): void {
    const counts = this.#rungs.get(key);
    if (!counts?.[rung]) return;
    counts[rung]--;
    if (counts.every((count) => !count)) this.#rungs.delete(key);
  }

  has(key: string): boolean {
    return this.#rungs.has(key);
  }

  /** True if an older record of the key is further up: one on `rung` must wait behind it. */
  isBeyond(key: string, rung: number): boolean {
    const counts = this.#rungs.get(key);
    return counts !== undefined && counts.some((count, at) => at > rung && count > 0);
  }
}
