import { Backoff, delay } from './backoff.js';
import type { Cluster } from './cluster.js';
import { fetchRecords, type FetchLimits, type FetchedPartition } from './fetch-request.js';
import { KafkaErrorCode as E, KafkaResponseError, asStreamClientError } from './kafka-errors.js';
import { lookUpOffset } from './partition-offsets.js';
import { readRecordBatches, type DecodedRecords } from './record-batch-reader.js';
import { StreamClientError, type StreamRecord, type TopicPartition } from './types.js';
import { keyOf } from './partition-key.js';

/** A partition that is being read. The fetcher moves `position`; the owner takes from `buffered`. */
export interface FetchTarget extends TopicPartition {
  /** The next offset to fetch. */
  position: bigint;
  highWatermark: bigint;
  readonly buffered: StreamRecord[];
  /** False while the owner wants no more. */
  wanted: boolean;
  /** In a fetch now. */
  fetching: boolean;
  /** Not fetched before this time; infinite while its position is being looked up. */
  backoffUntilMs: number;
  /** No longer read: answers that are still on the way are dropped. */
  removed: boolean;
}

export interface FetcherEvents {
  /** Records were added to `target.buffered`, or its high watermark moved. */
  onFetched(target: FetchTarget): void;
  onFailure(failure: StreamClientError): void;
}

export interface FetcherOptions extends FetchLimits {
  /** Names the connections. */
  readonly name: string;
  /** Where to go on when the position lies beyond the end of the log. */
  readonly resetTo: 'earliest' | 'latest';
}

export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  waitMs: 500,
  responseBytesMax: 8 * 1024 * 1024,
  partitionBytesMax: 512 * 1024,
};

/** A partition that becomes free during a long poll does not wait for its end: a second, short poll takes it. */
const LANES_PER_BROKER = 2;
const SECOND_LANE_WAIT_MS = 50;

/**
 * Fetches from the leaders of a set of partitions: per broker one long poll over all wanted partitions, and a short one
 * for those that become wanted meanwhile. Heals by itself: new leaders, restarts, positions that left the log.
 */
export class PartitionFetcher {
  readonly #targets = new Set<FetchTarget>();
  readonly #busyLanes = new Map<string, boolean>();
  readonly #backoff = new Backoff(50, 1000);
  readonly #abort = new AbortController();
  #scheduled = false;
  #resuming: NodeJS.Timeout | undefined;
  #running = 0;
  #whenIdle: (() => void) | undefined;

  constructor(
    readonly cluster: Cluster,
    readonly options: FetcherOptions,
    readonly events: FetcherEvents,
  ) {}

  add({ topic, partition }: TopicPartition, position: bigint): FetchTarget {
    const target: FetchTarget = {
      topic,
      partition,
      position,
      highWatermark: -1n,
      buffered: [],
      wanted: true,
      fetching: false,
      backoffUntilMs: 0,
      removed: false,
    };
    this.#targets.add(target);
    this.wake();
    return target;
  }

  remove(target: FetchTarget): void {
    target.removed = true;
    this.#targets.delete(target);
  }

  /** To call after `wanted` became true. */
  wake(): void {
    if (this.#scheduled || this.#abort.signal.aborted) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#abort.signal.aborted) this.#dispatch();
    });
  }

  /** Resolves when no fetch is running; closes the connections. */
  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#resuming);
    for (const target of this.#targets) target.removed = true;
    this.#targets.clear();
    await Promise.all(this.#lanes().map((lane) => this.cluster.connections.release(lane)));
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  #lanes(): `fetch:${string}`[] {
    return Array.from({ length: LANES_PER_BROKER }, (_, lane) => `fetch:${this.options.name}:${lane}` as const);
  }

  /** Looks again later. Whoever is still backing off then asks again. */
  #resumeIn(ms: number): void {
    this.#resuming ??= setTimeout(
      () => {
        this.#resuming = undefined;
        this.wake();
      },
      Math.max(0, ms),
    );
  }

  #dispatch(): void {
    const byLeader = new Map<number, FetchTarget[]>();
    let leaderless = false;
    const nowMs = Date.now();
    for (const target of this.#targets) {
      if (!target.wanted || target.fetching) continue;
      if (target.backoffUntilMs > nowMs) {
        if (target.backoffUntilMs !== Number.POSITIVE_INFINITY) this.#resumeIn(target.backoffUntilMs - nowMs);
        continue;
      }
      const leader = this.cluster.leaderOf(target.topic, target.partition);
      if (leader === undefined) {
        leaderless = true;
        continue;
      }
      const targets = byLeader.get(leader);
      if (targets) targets.push(target);
      else byLeader.set(leader, [target]);
    }
    for (const [leader, targets] of byLeader) {
      const lane = this.#lanes().findIndex((name) => !this.#busyLanes.get(`${leader} ${name}`));
      if (lane >= 0) this.#start(leader, lane, targets);
    }
    if (leaderless) this.#refreshSoon();
  }

  #start(leader: number, lane: number, targets: readonly FetchTarget[]): void {
    const name = this.#lanes()[lane]!;
    this.#busyLanes.set(`${leader} ${name}`, true);
    for (const target of targets) target.fetching = true;
    this.#running++;
    void this.#fetch(leader, name, lane, targets).finally(() => {
      this.#busyLanes.delete(`${leader} ${name}`);
      for (const target of targets) target.fetching = false;
      this.#running--;
      if (this.#running === 0) this.#whenIdle?.();
      this.wake();
    });
  }

  async #fetch(leader: number, name: `fetch:${string}`, lane: number, targets: readonly FetchTarget[]): Promise<void> {
    const limits = lane === 0 ? this.options : { ...this.options, waitMs: SECOND_LANE_WAIT_MS };
    try {
      const connection = await this.cluster.connectionTo(leader, name);
      const asked = targets.map(({ topic, partition, position }) => ({ topic, partition, offset: position }));
      const answers = await fetchRecords(connection, asked, limits);
      this.#backoff.reset();
      const byKey = new Map(targets.map((target) => [keyOf(target), target]));
      for (const answer of answers) {
        const target = byKey.get(keyOf(answer));
        if (target && !target.removed) this.#take(target, answer);
      }
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.events.onFailure(asStreamClientError(error, 'FETCH_FAILED', 'fetch failed'));
      const untilMs = Date.now() + this.#backoff.nextMs();
      for (const target of targets) target.backoffUntilMs = untilMs;
      await this.#refresh();
      this.#resumeIn(untilMs - Date.now());
    }
  }

  #take(target: FetchTarget, answer: FetchedPartition): void {
    if (answer.errorCode === E.OFFSET_OUT_OF_RANGE) {
      target.backoffUntilMs = Number.POSITIVE_INFINITY;
      void this.#reset(target);
      return;
    }
    const what = `fetch of ${keyOf(target)} at ${target.position}`;
    if (answer.errorCode !== E.NONE) {
      this.#failed(target, new KafkaResponseError(answer.errorCode, what));
      return;
    }
    const { topic, partition, position } = target;
    let read: DecodedRecords;
    try {
      read = readRecordBatches(topic, partition, answer.recordBytes, position, answer.aborted);
    } catch (error) {
      // One partition that cannot be read must not stop the others in the same answer.
      this.#failed(target, new Error(`${what}: ${String(error)}`, { cause: error }));
      return;
    }
    target.highWatermark = answer.highWatermark;
    target.backoffUntilMs = 0;
    target.position = read.nextOffset;
    for (const record of read.records) target.buffered.push(record);
    this.events.onFetched(target);
  }

  #failed(target: FetchTarget, cause: Error): void {
    this.events.onFailure(asStreamClientError(cause, 'FETCH_FAILED', 'fetch failed'));
    const delayMs = this.#backoff.nextMs();
    target.backoffUntilMs = Date.now() + delayMs;
    void this.#refresh().then(() => this.#resumeIn(delayMs));
  }

  /**
   * The position has left the log. Before the first kept record: goes on with that one, so that no more is skipped than was
   * deleted. Beyond the end (the broker lost records, or the topic is a new one): goes on where the options say.
   */
  async #reset(target: FetchTarget): Promise<void> {
    const backoff = new Backoff(50, 1000);
    while (!target.removed && !this.#abort.signal.aborted) {
      try {
        const first = await lookUpOffset(this.cluster, target, 'earliest');
        const isDeleted = target.position < first;
        const to = isDeleted ? first : await lookUpOffset(this.cluster, target, this.options.resetTo);
        const why = isDeleted ? 'was deleted before it was read' : 'lies beyond the end of the log';
        const message = `${keyOf(target)}: offset ${target.position} ${why}; reading goes on at ${to}`;
        this.events.onFailure(new StreamClientError('FETCH_FAILED', message));
        target.position = to;
        target.backoffUntilMs = 0;
        this.wake();
        return;
      } catch (error) {
        this.events.onFailure(asStreamClientError(error, 'FETCH_FAILED', 'cannot look up an offset'));
        await delay(backoff.nextMs(), this.#abort.signal);
      }
    }
  }

  #refreshSoon(): void {
    void this.#refresh().then(() => this.#resumeIn(this.#backoff.nextMs()));
  }

  async #refresh(): Promise<void> {
    try {
      await this.cluster.refresh();
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.events.onFailure(asStreamClientError(error, 'BROKER_UNREACHABLE', 'cannot read metadata'));
      }
    }
  }
}
