import { Backoff, delay } from './backoff.js';
import type { Cluster } from './cluster.js';
import { DEFAULT_FETCH_LIMITS, PartitionFetcher, type FetchTarget } from './partition-fetcher.js';
import type { FetchLimits } from './fetch-request.js';
import type { PartitionBatch, StreamClientError, StreamRecord, TopicPartition, TopicPartitionOffset } from './types.js';
import { keyOf } from './partition-key.js';

export interface PumpOptions {
  readonly name: string;
  readonly resetTo: 'earliest' | 'latest';
  readonly maxBatchRecords: number;
  readonly isolation?: FetchLimits['isolation'];
}

export interface PumpEvents {
  onBatch(batch: PartitionBatch, signal: AbortSignal): Promise<void>;
  /** The handler is done with everything before `offset`. */
  onHandled(handled: TopicPartitionOffset): void;
  onHandlerFailed(batch: PartitionBatch, error: unknown, attempt: number): void;
  onFailure(failure: StreamClientError): void;
}

/** Fetching of a partition pauses while this many batches wait for its handler. */
const BUFFERED_BATCHES = 2;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 10_000;

interface Pumped {
  readonly target: FetchTarget;
  /** Everything before it is handled. */
  handled: bigint;
  readonly stop: AbortController;
  handling: Promise<void> | undefined;
}

/**
 * Hands the records of partitions to a handler: in order and one batch at a time within a partition, partitions beside
 * each other. A batch whose handler rejects is handed over again after a growing delay. Records that wait are bounded:
 * two batches and one fetch answer per partition.
 */
export class PartitionPump {
  readonly #fetcher: PartitionFetcher;
  readonly #pumped = new Map<string, Pumped>();

  constructor(
    cluster: Cluster,
    readonly options: PumpOptions,
    readonly events: PumpEvents,
  ) {
    this.#fetcher = new PartitionFetcher(
      cluster,
      {
        ...DEFAULT_FETCH_LIMITS,
        name: options.name,
        resetTo: options.resetTo,
        ...(options.isolation && { isolation: options.isolation }),
      },
      {
        onFetched: (target) => {
          const pumped = this.#pumped.get(keyOf(target));
          if (pumped?.target === target) this.#pump(pumped);
        },
        onFailure: (failure) => events.onFailure(failure),
      },
    );
  }

  add(partition: TopicPartition, position: bigint): void {
    if (this.#pumped.has(keyOf(partition))) throw new Error(`${keyOf(partition)} is already being read`);
    const target = this.#fetcher.add(partition, position);
    this.#pumped.set(keyOf(partition), { target, handled: position, stop: new AbortController(), handling: undefined });
  }

  /**
   * Stops reading and waits until the handlers that run have settled, or the time is over. A batch that waits for its
   * redelivery is given up. Gives the partitions whose handler was still running.
   */
  async remove(partitions: readonly TopicPartition[], timeoutMs: number): Promise<TopicPartition[]> {
    const leaving: Pumped[] = [];
    for (const partition of partitions) {
      const pumped = this.#pumped.get(keyOf(partition));
      if (!pumped) continue;
      this.#fetcher.remove(pumped.target);
      pumped.stop.abort();
      leaving.push(pumped);
    }
    const timeout = new AbortController();
    const settled = Promise.all(leaving.map(({ handling }) => handling ?? Promise.resolve()));
    await Promise.race([settled, delay(timeoutMs, timeout.signal)]);
    timeout.abort();
    for (const { target } of leaving) this.#pumped.delete(keyOf(target));
    return leaving.filter(({ handling }) => handling !== undefined).map(({ target }) => target);
  }

  handledUpTo(partition: TopicPartition): bigint | undefined {
    return this.#pumped.get(keyOf(partition))?.handled;
  }

  /** Records between what was handled and the last known end. */
  lag(): (TopicPartition & { readonly records: bigint; readonly next: bigint })[] {
    return [...this.#pumped.values()].map(({ target: { topic, partition, highWatermark }, handled }) => {
      const records = highWatermark > handled ? highWatermark - handled : 0n;
      return { topic, partition, records, next: handled };
    });
  }

  async close(): Promise<void> {
    await this.#fetcher.close();
  }

  #pump(pumped: Pumped): void {
    const { target } = pumped;
    target.wanted = target.buffered.length < BUFFERED_BATCHES * this.options.maxBatchRecords;
    if (pumped.handling || pumped.stop.signal.aborted) return;
    if (target.buffered.length === 0) {
      // Markers and aborted records were skipped: they count as handled.
      if (target.position > pumped.handled) this.#noteHandled(pumped, target.position);
      return;
    }
    pumped.handling = this.#handle(pumped).finally(() => {
      pumped.handling = undefined;
      this.#pump(pumped);
      if (target.wanted) this.#fetcher.wake();
    });
  }

  async #handle(pumped: Pumped): Promise<void> {
    const { target, stop } = pumped;
    const records = take(target.buffered, this.options.maxBatchRecords);
    const batch = {
      topic: target.topic,
      partition: target.partition,
      records,
      highWatermark: target.highWatermark,
    };
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_MAX_MS);
    const stopped = (): boolean => stop.signal.aborted;
    for (let attempt = 1; !stopped(); attempt++) {
      try {
        await this.events.onBatch(batch, stop.signal);
        const last = records[records.length - 1]!;
        this.#noteHandled(pumped, last.offset + 1n);
        return;
      } catch (error) {
        if (stopped()) return;
        this.events.onHandlerFailed(batch, error, attempt);
        await delay(backoff.nextMs(), stop.signal);
      }
    }
  }

  #noteHandled(pumped: Pumped, offset: bigint): void {
    // A handler that outlived its partition: someone else reads on from what is committed, this member again perhaps.
    if (this.#pumped.get(keyOf(pumped.target)) !== pumped) return;
    pumped.handled = offset;
    const { topic, partition } = pumped.target;
    this.events.onHandled({ topic, partition, offset });
  }
}

function take(buffered: StreamRecord[], count: number): StreamRecord[] {
  return buffered.splice(0, count);
}
