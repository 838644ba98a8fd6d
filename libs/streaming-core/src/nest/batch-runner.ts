import { delay } from '../client/backoff.js';
import type { PartitionBatch, StreamProducer, StreamRecord, TopicPartitionOffset } from '../client/types.js';
import type { BatchMember, BatchTransactions } from './batch-transactions.js';
import type { RunnerContext, TopicHandler } from './consumer-definition.js';
import { tryDecode, type Route } from './event-runner.js';
import type { FailedRecords } from './failed-records.js';
import { HandlingInterrupted } from './partition-lanes.js';
import { fromOrigin, fromRung, type Attempted } from './retry-ladder.js';
import type { BatchContext, EventBatch } from './stream-consumer.decorators.js';
import { StreamPublisher } from './stream-publisher.js';
import { tracedProducer } from './tracing.js';

export type BatchRoute = Route<Extract<TopicHandler, { kind: 'batch' }>>;

export interface BatchRunnerParts extends Pick<RunnerContext, 'producer' | 'metrics' | 'tracing'> {
  readonly groupId: string;
  readonly failed: FailedRecords;
  readonly transactions: BatchTransactions;
  readonly nowMs: () => number;
  readonly commit: (position: TopicPartitionOffset) => Promise<void>;
}

/**
 * Runs `@OnBatch` handlers. A batch whose handler rejects is delivered again and holds the same records: what was put aside
 * or handed to the ladder meanwhile is remembered, and not done twice.
 */
export class BatchRunner {
  readonly #parts: BatchRunnerParts;
  readonly #settled = new WeakMap<StreamRecord, 'ladder' | 'dead-letter'>();
  readonly #progress = new WeakMap<PartitionBatch, number>();

  constructor(parts: BatchRunnerParts) {
    this.#parts = parts;
  }

  /** Rejects what the handler rejects. */
  async take(batch: PartitionBatch, route: BatchRoute, signal: AbortSignal): Promise<void> {
    const member = route.handler.transactional ? this.#parts.transactions.memberUntil(signal) : null;
    try {
      const isOrigin = route.rung === 0;
      const all = batch.records.map((read) => ({
        read,
        attempted: isOrigin ? fromOrigin(read) : fromRung(read, route.origin, route.rung),
      }));
      if (member !== null) await this.#passCommitted(batch, all);
      for (let from = this.#progress.get(batch) ?? 0; from < all.length; from = this.#progress.get(batch)!) {
        const rest = all.slice(from);
        const due = isOrigin ? rest : await this.#untilDue(rest, signal);
        await this.#handle(batch, due, route, { signal, member });
        this.#progress.set(batch, from + due.length);
      }
    } finally {
      member?.release();
    }
  }

  /** What an earlier attempt at the batch committed, though it did not hear of it, is not handled again. */
  async #passCommitted(batch: PartitionBatch, all: readonly Taken[]): Promise<void> {
    const next = await this.#parts.transactions.settle(batch);
    if (next === undefined) return;
    const from = this.#progress.get(batch) ?? 0;
    const committed = all.slice(from).filter(({ read }) => read.offset < next);
    this.#noteHandled(committed);
    this.#progress.set(batch, from + committed.length);
  }

  /** Waits for the first one's time; gives it and those after it whose time has come, too. */
  async #untilDue(waiting: readonly Taken[], signal: AbortSignal): Promise<readonly Taken[]> {
    const { nowMs } = this.#parts;
    const waitMs = waiting[0]!.attempted.dueMs - nowMs();
    if (waitMs > 0) await delay(waitMs, signal);
    if (signal.aborted) throw new HandlingInterrupted('the partition is taken away');
    const now = nowMs();
    const notDue = waiting.findIndex(({ attempted }, index) => index > 0 && attempted.dueMs > now);
    return notDue < 0 ? waiting : waiting.slice(0, notDue);
  }

  async #handle(
    batch: PartitionBatch,
    taken: readonly Taken[],
    route: BatchRoute,
    { signal, member }: { readonly signal: AbortSignal; readonly member: BatchMember | null },
  ): Promise<void> {
    const { tracing, metrics, groupId, transactions } = this.#parts;
    const events: { readonly event: unknown; readonly record: StreamRecord }[] = [];
    const taking = new Map<StreamRecord, Taken>();
    for (const one of taken) {
      if (this.#settled.has(one.read)) continue;
      const event = await this.#admit(one, route);
      if (event === undefined) {
        this.#settled.set(one.read, 'dead-letter');
        continue;
      }
      events.push({ event: event.event, record: one.attempted.record });
      taking.set(one.attempted.record, one);
    }
    const { origin } = route;
    const records = taken.map(({ attempted }) => attempted.record);
    const handed: EventBatch = { ...batch, topic: origin, records, events };
    const labels = { groupId, topic: origin };
    const startedMs = performance.now();
    const call = async (producer: StreamProducer): Promise<void> => {
      await route.handler.handle(handed, this.#context(batch, taking, signal, producer));
    };
    try {
      await tracing.run(new Map(), () => {
        if (member === null) return call(this.#parts.producer);
        const offset = taken.at(-1)!.read.offset + 1n;
        const { topic, partition } = batch;
        return transactions.run({ topic, partition, offset }, member, (inside) =>
          call(tracedProducer(inside, tracing)),
        );
      });
    } catch (error) {
      metrics.failed?.(labels, performance.now() - startedMs);
      throw error;
    }
    metrics.handled?.(labels, events.length, performance.now() - startedMs);
    this.#noteHandled([...taking.values()]);
  }

  /** What was put aside or handed to the ladder has left its place already. */
  #noteHandled(taken: readonly Taken[]): void {
    for (const { read, attempted } of taken) {
      if (!this.#settled.has(read)) this.#parts.failed.handled(attempted);
    }
  }

  /** The event, or undefined if the record was put aside or has to wait behind others of its key. */
  async #admit({ attempted }: Taken, { handler }: BatchRoute): Promise<{ readonly event: unknown } | undefined> {
    const { failed } = this.#parts;
    if (failed.isHeldBack(attempted)) {
      await failed.moveBehind(attempted);
      return undefined;
    }
    const decoded = await tryDecode(() => handler.decode(attempted.record));
    if (decoded.ok) return { event: decoded.event };
    await failed.bury(attempted, decoded.reason, 'refused');
    return undefined;
  }

  #context(
    batch: PartitionBatch,
    taking: ReadonlyMap<StreamRecord, Taken>,
    signal: AbortSignal,
    producer: StreamProducer,
  ): BatchContext {
    const { failed, tracing, commit } = this.#parts;
    const takenAs = (record: StreamRecord): Taken => {
      const taken = taking.get(record);
      if (!taken) throw new Error(`${record.topic}@${record.offset} is not an event of this batch`);
      return taken;
    };
    const settle = async (record: StreamRecord, work: (attempted: Attempted) => Promise<'ladder' | 'dead-letter'>) => {
      const { read, attempted } = takenAs(record);
      const settled = this.#settled.get(read) ?? (await work({ ...attempted, attempts: attempted.attempts + 1 }));
      this.#settled.set(read, settled);
      return settled;
    };
    const retry = async (record: StreamRecord, error: unknown) =>
      settle(record, async (attempted) => {
        if (!failed.isHeldBack(attempted)) return failed.escalate(attempted, error);
        await failed.moveBehind(takenAs(record).attempted);
        return 'ladder';
      });
    const deadLetter = async (record: StreamRecord, reason: string): Promise<void> => {
      await settle(record, async (attempted) => {
        await failed.bury(attempted, reason, 'failed');
        return 'dead-letter';
      });
    };
    return {
      signal,
      publisher: new StreamPublisher(producer),
      commit: (nextOffset) => commit({ topic: batch.topic, partition: batch.partition, offset: nextOffset }),
      retry,
      deadLetter,
      mustWait: (record) => failed.isHeldBack(takenAs(record).attempted),
      attemptOf: (record) => takenAs(record).attempted.attempts + 1,
      inTraceOf: (record, work) => tracing.run(record.headers, work),
    };
  }
}

/** A record as it was read, from its topic or a rung, and as it was first. */
interface Taken {
  readonly read: StreamRecord;
  readonly attempted: Attempted;
}
