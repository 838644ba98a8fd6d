/** What a marker ended. */
export interface CompletedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  /** Of the marker. */
  readonly lastOffset: bigint;
  readonly isAborted: boolean;
}

/**
 * The transactions that keep a partition's readers back: those without a marker, and those whose marker is not committed yet
 * (ProducerStateManager's ongoing and unreplicated transactions). With them goes the last stable offset.
 */
export class OngoingTransactions {
  /** First offsets by producer, ascending: a transaction begins at the end of the log. */
  private readonly open = new Map<bigint, bigint>();
  private ended: CompletedTransaction[] = [];

  get openCount(): number {
    return this.open.size;
  }

  firstOffsetOf(producerId: bigint): bigint | undefined {
    return this.open.get(producerId);
  }

  /** A producer's transaction has its first record at an offset. */
  begin(producerId: bigint, firstOffset: bigint): void {
    if (!this.open.has(producerId)) this.open.set(producerId, firstOffset);
  }

  /** A marker lies at an offset. Null if the producer has no transaction here. */
  end(producerId: bigint, lastOffset: bigint, isAborted: boolean): CompletedTransaction | null {
    const firstOffset = this.open.get(producerId);
    if (firstOffset === undefined) return null;
    this.open.delete(producerId);
    const completed = { producerId, firstOffset, lastOffset, isAborted };
    this.ended.push(completed);
    return completed;
  }

  /** The last stable offset once all that ended counts as committed: `endOffset` if no transaction is open. */
  stableBefore(endOffset: bigint): bigint {
    for (const firstOffset of this.open.values()) return firstOffset;
    return endOffset;
  }

  /** Where the first transaction begins that readers below the high watermark cannot know the outcome of; else the high watermark. */
  lastStableOffset(highWatermark: bigint): bigint {
    if (this.ended.length > 0) this.ended = this.ended.filter(({ lastOffset }) => lastOffset >= highWatermark);
    let stable = this.stableBefore(highWatermark);
    for (const { firstOffset } of this.ended) if (firstOffset < stable) stable = firstOffset;
    return stable < highWatermark ? stable : highWatermark;
  }

  /** Becomes what a snapshot of the producers says. */
  restore(open: Iterable<readonly [producerId: bigint, firstOffset: bigint]>): void {
    this.open.clear();
    this.ended = [];
    const sorted = [...open].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [producerId, firstOffset] of sorted) this.open.set(producerId, firstOffset);
  }
}
