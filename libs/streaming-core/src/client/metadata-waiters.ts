import { unlessAborted } from './backoff.js';
import type { Cluster } from './cluster.js';
import { asStreamClientError } from './kafka-errors.js';
import { StreamClientError, type OutgoingRecord } from './types.js';

/** How long a reachable cluster may not know a topic; brokers that are away are waited for as long as the delivery lasts. */
const UNKNOWN_TOPIC_TIMEOUT_MS = 10_000;

export interface MetadataWaiter {
  readonly records: readonly OutgoingRecord[];
  readonly deadlineMs: number;
  /** All topics and partitions of the records are known now. */
  onKnown(): void;
  onFailure(failure: StreamClientError): void;
}

interface Waiting extends MetadataWaiter {
  readonly topics: ReadonlySet<string>;
  isKnown: boolean;
}

/**
 * Sends to topics that this client does not know yet. They wait here, apart from all others, so that a topic that does
 * not exist holds up nobody but those who write to it. Sends that share a topic keep their order.
 */
export class MetadataWaiters {
  readonly #waiting: Waiting[] = [];
  readonly #waitingByTopic = new Map<string, number>();

  constructor(
    readonly cluster: Cluster,
    readonly signal: AbortSignal,
  ) {}

  get size(): number {
    return this.#waiting.length;
  }

  /** True if a send of these records must go through {@link wait}: metadata is lacking, or an earlier send waits for it. */
  isNeededFor(records: readonly OutgoingRecord[]): boolean {
    if (this.#waitingByTopic.size > 0 && records.some(({ topic }) => this.#waitingByTopic.has(topic))) return true;
    return !this.#knows(records);
  }

  wait(waiter: MetadataWaiter): void {
    const topics = new Set(waiter.records.map(({ topic }) => topic));
    const waiting: Waiting = { ...waiter, topics, isKnown: false };
    this.#waiting.push(waiting);
    for (const topic of topics) this.#waitingByTopic.set(topic, (this.#waitingByTopic.get(topic) ?? 0) + 1);
    void this.#resolve(waiting);
  }

  async #resolve(waiting: Waiting): Promise<void> {
    const failure = await this.#learn(waiting);
    if (failure) {
      this.#remove(waiting);
      waiting.onFailure(failure);
    } else {
      waiting.isKnown = true;
    }
    this.#letGo();
  }

  /** Lets those go whose topics are known and that no earlier send to one of their topics is before. */
  #letGo(): void {
    const held = new Set<string>();
    for (const waiting of [...this.#waiting]) {
      const isFree = waiting.isKnown && [...waiting.topics].every((topic) => !held.has(topic));
      if (isFree) {
        this.#remove(waiting);
        waiting.onKnown();
      } else {
        for (const topic of waiting.topics) held.add(topic);
      }
    }
  }

  #remove(waiting: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    for (const topic of waiting.topics) {
      const left = (this.#waitingByTopic.get(topic) ?? 1) - 1;
      if (left > 0) this.#waitingByTopic.set(topic, left);
      else this.#waitingByTopic.delete(topic);
    }
  }

  async #learn({ records, topics, deadlineMs }: Waiting): Promise<StreamClientError | undefined> {
    if (this.#knows(records)) return undefined;
    const names = [...topics];
    try {
      let missing = await unlessAborted(this.#awaitTopics(names, deadlineMs), this.signal);
      if (missing.length === 0 && !this.#knows(records)) {
        await this.cluster.refresh(names); // partitions may have been added
        if (!this.#knows(records)) missing = names;
      }
      if (missing.length === 0) return undefined;
      return new StreamClientError('TOPIC_MISMATCH', `no such topic or partition: ${missing.join(', ')}`);
    } catch (error) {
      return asStreamClientError(error, 'BROKER_UNREACHABLE', 'cannot read metadata');
    }
  }

  async #awaitTopics(topics: readonly string[], deadlineMs: number): Promise<string[]> {
    for (;;) {
      try {
        const timeoutMs = Math.min(UNKNOWN_TOPIC_TIMEOUT_MS, deadlineMs - Date.now());
        return await this.cluster.awaitTopics(topics, timeoutMs, this.signal);
      } catch (error) {
        if (this.signal.aborted || Date.now() >= deadlineMs) throw error;
      }
    }
  }

  #knows(records: readonly OutgoingRecord[]): boolean {
    let last: string | undefined;
    for (const { topic, partition } of records) {
      if (topic === last && partition === undefined) continue;
      const count = this.cluster.partitionCount(topic);
      if (!count || (partition !== undefined && partition >= count)) return false;
      last = topic;
    }
    return true;
  }
}
