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

/**
 * Commits offsets for one member, one request at a time. What the handlers finish meanwhile is merged, newest offset per
 * partition, so the work is bounded by the number of partitions.
 */
export class OffsetCommitter {
  readonly #dirty = new Map<string, TopicPartitionOffset>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;

  constructor(
    readonly protocol: GroupProtocol,
    readonly context: CommitterContext,
  ) {}

  /** Notes an offset to be committed soon. */
  note(offset: TopicPartitionOffset): void {
    this.#dirty.set(keyOf(offset), offset);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush(AUTO_COMMIT_INTERVAL_MS);
    }, AUTO_COMMIT_INTERVAL_MS);
  }

  /** Commits what is noted. Never rejects: what could not be committed in time stays noted for the next time. */
  async flush(timeoutMs: number): Promise<void> {
    while (this.#flushing) await this.#flushing;
    if (this.#dirty.size === 0) return;
    const offsets = [...this.#dirty.values()].filter((offset) => this.context.owns(offset));
    this.#dirty.clear();
    this.#flushing = this.commit(offsets, timeoutMs)
      .catch((error: unknown) => {
        this.context.onFailure(asStreamClientError(error, 'GROUP_FAILED', 'commit failed'));
        for (const offset of offsets) {
          if (this.context.owns(offset) && !this.#dirty.has(keyOf(offset))) this.note(offset);
        }
      })
      .finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  /**
   * Commits, through rebalances and coordinator changes. Rejects `GROUP_FAILED` when a partition is no longer ours, the
   * group refuses, or the time is over.
   */
  async commit(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    if (offsets.length === 0) return;
    const deadlineMs = Date.now() + timeoutMs;
    const backoff = new Backoff(20, 500);
    for (;;) {
      const lost = offsets.find((offset) => !this.context.owns(offset));
      if (lost) throw new StreamClientError('GROUP_FAILED', `${keyOf(lost)} is not assigned to this member`);
      const failure = await this.#tryCommit(offsets);
      if (!failure) return;
      const code = failure.cause instanceof KafkaResponseError ? failure.cause.kafkaCode : undefined;
      if (Date.now() >= deadlineMs || (code !== undefined && !isWorthRetrying(code))) throw failure;
      await delay(backoff.nextMs());
    }
  }

  /** Forgets what is noted for partitions that are given up. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#dirty.delete(keyOf(partition));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty.clear();
  }

  async #tryCommit(offsets: readonly TopicPartitionOffset[]): Promise<StreamClientError | undefined> {
    const generation = this.context.generation();
    // Without a member's name on it an empty group would take the commit, over a newer one of whoever was here meanwhile.
    if (generation < 0) return new StreamClientError('GROUP_FAILED', 'commit failed: not in the group now');
    try {
      const code = await this.protocol.commit(offsets, generation);
      if (code === E.NONE) return undefined;
      const cause = new KafkaResponseError(code, 'commit');
      return new StreamClientError('GROUP_FAILED', cause.message, { cause });
    } catch (error) {
      return asStreamClientError(error, 'GROUP_FAILED', 'commit failed');
    }
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
