/** Where a record waits on the ladder. */
export interface LadderPlace {
  readonly rung: number;
  /** Not handled before; milliseconds since 1970. */
  readonly dueMs: number;
}

/**
 * The records of one partition that are on the retry ladder, by key and by their offset at the origin: that is the order
 * which their key is to keep. A record is noted from before it is acknowledged on its first rung until it is handled or dead.
 */
export class KeyLedger {
  readonly #places = new Map<string, Map<bigint, LadderPlace>>();

  /** Keys that have records on the ladder. */
  get size(): number {
    return this.#places.size;
  }

  /** Notes the record, or that it has moved. */
  put(key: string, offset: bigint, place: LadderPlace): void {
    let places = this.#places.get(key);
    if (!places) this.#places.set(key, (places = new Map<bigint, LadderPlace>()));
    places.set(offset, place);
  }

  remove(key: string, offset: bigint): void {
    const places = this.#places.get(key);
    if (places?.delete(offset) && places.size === 0) this.#places.delete(key);
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  placeOf(key: string, offset: bigint): LadderPlace | undefined {
    return this.#places.get(key)?.get(offset);
  }

  /** Where the last of the older records of the key waits: behind it is where a record at `offset` belongs. */
  blockerOf(key: string, offset: bigint): LadderPlace | undefined {
    let blocker: LadderPlace | undefined;
    for (const [older, place] of this.#places.get(key) ?? []) {
      if (older < offset && (!blocker || place.rung > blocker.rung || place.dueMs > blocker.dueMs)) blocker = place;
    }
    return blocker;
  }
}
