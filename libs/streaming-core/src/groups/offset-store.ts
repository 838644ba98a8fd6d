export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: bigint;
  /** Of the last record that was read; -1 if the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Milliseconds since 1970. */
  readonly committedAtMs: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What one group has committed. Only what is durable goes in here. */
export class OffsetStore {
  readonly #topics = new Map<string, Map<number, CommittedOffset>>();

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  get size(): number {
    let size = 0;
    for (const partitions of this.#topics.values()) size += partitions.size;
    return size;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, offset: CommittedOffset): void {
    const partitions = this.#topics.get(topic);
    if (partitions) partitions.set(partition, offset);
    else this.#topics.set(topic, new Map([[partition, offset]]));
  }

  delete(topic: string, partition: number): void {
    const partitions = this.#topics.get(topic);
    if (partitions?.delete(partition) && partitions.size === 0) this.#topics.delete(topic);
  }

  *entries(): IterableIterator<TopicPartition & { readonly committed: CommittedOffset }> {
    for (const [topic, partitions] of this.#topics) {
      for (const [partition, committed] of partitions) yield { topic, partition, committed };
    }
  }

  /** Those committed before `timeMs`. */
  committedBefore(timeMs: number): TopicPartition[] {
    return [...this.entries()].filter(({ committed }) => committed.committedAtMs < timeMs);
  }
}
