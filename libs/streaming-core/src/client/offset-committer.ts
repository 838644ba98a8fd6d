import { Backoff, delay } from './backoff.js';
import type { GroupProtocol } from './group-protocol.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError, isRetriable } from './kafka-errors.js';
import { StreamClientError, type TopicPartition, type TopicPartitionOffset } from './types.js';
import { keyOf } from './partition-key.js';

const AUTO_COMMIT_INTERVAL_MS = 100;

export interface CommitterContext {
  /** The generation to commit as; -1 while not in the group. */
  generation(): number;
  owns(partition: TopicPartition): boolean;
  onFailure(failure: StreamClientError): void;
}

/** An offset with its place in the order in which commits were asked for. */
interface Asked extends TopicPartitionOffset {
  readonly order: number;
}

/** The newest commit of a partition that was sent. Until it is done, it may have been taken or not: a refusal may be that of another partition. */
interface Newest {
  readonly order: number;
  readonly isDone: boolean;
}

/**
 * Commits offsets for one member, one request at a time. What the handlers finish meanwhile is merged, newest offset per
 * partition, so the work is bounded by the number of partitions. What was asked for later wins: a commit that is tried again
 * leaves out partitions for which a later one was sent, so no retry takes a group back.
 */
export class OffsetCommitter {
  readonly #dirty = new Map<string, Asked>();
  readonly #newest = new Map<string, Newest>();
  /** When a partition was last given up: what was asked for before belongs to an earlier time of owning it. */
  readonly #givenUp = new Map<string, number>();
  #order = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(
    readonly protocol: GroupProtocol,
    readonly context: CommitterContext,
  ) {}

  /** Notes an offset to be committed soon. */
  note(offset: TopicPartitionOffset): void {
    this.#note({ ...offset, order: ++this.#order });
  }

  /** Commits what is noted. Never rejects: what could not be committed in time stays noted for the next time. */
  async flush(timeoutMs: number): Promise<void> {
    while (this.#flushing) await this.#flushing;
    const offsets = [...this.#dirty.values()].filter((asked) => this.context.owns(asked) && !this.#overtaker(asked));
    this.#dirty.clear();
    if (offsets.length === 0) return;
    this.#flushing = this.#commit(offsets, timeoutMs)
      .catch((error: unknown) => {
        this.context.onFailure(asStreamClientError(error, 'GROUP_FAILED', 'commit failed'));
        for (const asked of offsets) {
          if (this.context.owns(asked) && !this.#isGivenUp(asked) && !this.#dirty.has(keyOf(asked))) this.#note(asked);
        }
      })
      .finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  /**
   * Commits, through rebalances and coordinator changes. A partition that a later call commits meanwhile is left to that one.
   * Rejects `GROUP_FAILED` when a partition is no longer ours, the group refuses, or the time is over.
   */
  async commit(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    if (offsets.length === 0) return;
    const order = ++this.#order;
    await this.#commit(
      offsets.map((offset) => ({ ...offset, order })),
      timeoutMs,
    );
  }

  /** Forgets what is noted for partitions that are given up. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const key of partitions.map(keyOf)) {
      this.#dirty.delete(key);
      this.#newest.delete(key);
      this.#givenUp.set(key, ++this.#order);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty.clear();
  }

  #note(asked: Asked): void {
    this.#dirty.set(keyOf(asked), asked);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush(AUTO_COMMIT_INTERVAL_MS);
    }, AUTO_COMMIT_INTERVAL_MS);
  }

  async #commit(offsets: readonly Asked[], timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    const backoff = new Backoff(20, 500);
    for (;;) {
      const attempt = this.#turn.then(() => this.#tryCommit(offsets));
      this.#turn = attempt.catch(() => undefined);
      const failure = await attempt;
      if (!failure) return;
      const code = failure.cause instanceof KafkaResponseError ? failure.cause.kafkaCode : undefined;
      if (Date.now() >= deadlineMs || (code !== undefined && !isWorthRetrying(code))) throw failure;
      await delay(backoff.nextMs());
    }
  }

  /** Throws if a partition is not ours; gives what else went wrong, which may pass. */
  async #tryCommit(asked: readonly Asked[]): Promise<StreamClientError | undefined> {
    const lost = asked.find((offset) => !this.context.owns(offset) || this.#isGivenUp(offset));
    if (lost) throw new StreamClientError('GROUP_FAILED', `${keyOf(lost)} is not assigned to this member`);
    const offsets = asked.filter((offset) => !this.#overtaker(offset));
    if (offsets.length > 0) {
      const failure = await this.#send(offsets);
      if (failure) return failure;
    }
    const isInDoubt = asked.some((offset) => this.#overtaker(offset)?.isDone === false);
    return isInDoubt ? new StreamClientError('GROUP_FAILED', 'a later commit is not done') : undefined;
  }

  async #send(offsets: readonly Asked[]): Promise<StreamClientError | undefined> {
    const generation = this.context.generation();
    // Without a member's name on it an empty group would take the commit, over a newer one of whoever was here meanwhile.
    if (generation < 0) return new StreamClientError('GROUP_FAILED', 'commit failed: not in the group now');
    for (const offset of offsets) this.#newest.set(keyOf(offset), { order: offset.order, isDone: false });
    try {
      const code = await this.protocol.commit(offsets, generation);
      if (code === E.NONE) {
        for (const offset of offsets) this.#newest.set(keyOf(offset), { order: offset.order, isDone: true });
        return undefined;
      }
      const cause = new KafkaResponseError(code, 'commit');
      return new StreamClientError('GROUP_FAILED', cause.message, { cause });
    } catch (error) {
      return asStreamClientError(error, 'GROUP_FAILED', 'commit failed');
    }
  }

  #overtaker(asked: Asked): Newest | undefined {
    const newest = this.#newest.get(keyOf(asked));
    return newest && newest.order > asked.order ? newest : undefined;
  }

  #isGivenUp(asked: Asked): boolean {
    return (this.#givenUp.get(keyOf(asked)) ?? 0) > asked.order;
  }
}

/** A new generation may be about to start in which the partition is still ours; if it is not, ownership tells. */
function isWorthRetrying(code: number): boolean {
  return (
    isRetriable(code) ||
    code === E.REBALANCE_IN_PROGRESS ||
    code === E.ILLEGAL_GENERATION ||
    code === E.UNKNOWN_MEMBER_ID
  );
}
