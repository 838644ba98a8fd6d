export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: bigint;
  /** Of the last record that was read; -1 if the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Milliseconds since 1970. */
  readonly committedAtMs: number;
  /** When it lapses whatever the group does, in milliseconds since 1970; null: by the retention rules. */
  readonly expiresAtMs: number | null;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface OffsetCommit extends TopicPartition {
  readonly committed: CommittedOffset;
}

/** A commit with its place in the log: of two for one partition the later one counts. */
interface Placed extends OffsetCommit {
  readonly sequence: number;
}

/**
 * What one group has committed, and what open transactions will commit for it. Only what is durable is visible; offsets of a
 * transaction count as pending from the moment they are asked for.
 */
export class OffsetStore {
  readonly #topics = new Map<string, Map<number, Placed>>();
  /** By producer id, then by partition. */
  readonly #pending = new Map<bigint, Map<string, Placed>>();

  /** Nothing committed, and nothing pending. */
  get isEmpty(): boolean {
    return this.#topics.size === 0 && this.#pending.size === 0;
  }

  get size(): number {
    let size = 0;
    for (const partitions of this.#topics.values()) size += partitions.size;
    return size;
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.#topics.get(topic)?.get(partition)?.committed;
  }

  /** `sequence`: the commit's place in the log; an earlier one than what is there changes nothing. */
  set(topic: string, partition: number, committed: CommittedOffset, sequence: number): void {
    let partitions = this.#topics.get(topic);
    if (!partitions) {
      partitions = new Map();
      this.#topics.set(topic, partitions);
    }
    const present = partitions.get(partition);
    if (!present || present.sequence <= sequence) partitions.set(partition, { topic, partition, committed, sequence });
  }

  /** An offset that counts once the producer's transaction commits. */
  addPending(producerId: bigint, commit: OffsetCommit, sequence: number): void {
    let commits = this.#pending.get(producerId);
    if (!commits) {
      commits = new Map();
      this.#pending.set(producerId, commits);
    }
    commits.set(keyOf(commit), { ...commit, sequence });
  }

  /** One that could not be written. A later one of the same producer stays. */
  dropPending(producerId: bigint, at: TopicPartition, sequence: number): void {
    const commits = this.#pending.get(producerId);
    if (commits?.get(keyOf(at))?.sequence !== sequence) return;
    commits.delete(keyOf(at));
    if (commits.size === 0) this.#pending.delete(producerId);
  }

  /** Whether an open transaction may still change the offset. */
  isPending(topic: string, partition: number): boolean {
    const key = keyOf({ topic, partition });
    for (const commits of this.#pending.values()) if (commits.has(key)) return true;
    return false;
  }

  /** The end of a producer's transaction. */
  complete(producerId: bigint, isCommit: boolean): void {
    const commits = this.#pending.get(producerId);
    if (!commits) return;
    this.#pending.delete(producerId);
    if (!isCommit) return;
    for (const { topic, partition, committed, sequence } of commits.values()) {
      this.set(topic, partition, committed, sequence);
    }
  }

  /** Forgets what was committed for a partition before a place in the log, in open transactions too. */
  forget(at: TopicPartition, sequence: number): void {
    const partitions = this.#topics.get(at.topic);
    const present = partitions?.get(at.partition);
    if (present && present.sequence < sequence) partitions!.delete(at.partition);
    if (partitions?.size === 0) this.#topics.delete(at.topic);
    for (const producerId of this.#pending.keys()) {
      const pending = this.#pending.get(producerId)!.get(keyOf(at));
      if (pending && pending.sequence < sequence) this.dropPending(producerId, at, pending.sequence);
    }
  }

  *entries(): IterableIterator<OffsetCommit> {
    for (const partitions of this.#topics.values()) yield* partitions.values();
  }

  /** Each partition that has an offset or may get one from an open transaction; some twice. */
  *partitions(): IterableIterator<TopicPartition> {
    yield* this.entries();
    for (const commits of this.#pending.values()) yield* commits.values();
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${partition}:${topic}`;
}
