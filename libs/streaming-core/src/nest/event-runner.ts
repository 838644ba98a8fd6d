import { Backoff, delay } from '../client/backoff.js';
import type { PartitionBatch, StreamRecord, TopicPartitionOffset } from '../client/types.js';
import type { RetryRules, RunnerContext, TopicHandler } from './consumer-definition.js';
import { describeError } from './describe-error.js';
import type { FailedRecords } from './failed-records.js';
import { HandlingInterrupted, PartitionLanes, type LaneLimits, type LaneOutcome } from './partition-lanes.js';
import { RejectEvent } from './reject-event.js';
import { RetryLater } from './retry-later.js';
import { fromOrigin, fromRung, type Attempted } from './retry-ladder.js';

/** What is read from one topic: an origin (rung 0) or a rung of its ladder. */
export interface Route<Handler extends TopicHandler = TopicHandler> {
  readonly origin: string;
  readonly rung: number;
  readonly handler: Handler;
}

export type EventRoute = Route<Extract<TopicHandler, { kind: 'event' }>>;

export interface EventRunnerParts extends Pick<RunnerContext, 'metrics' | 'tracing' | 'warn'> {
  readonly groupId: string;
  readonly retry: RetryRules;
  readonly limits: LaneLimits;
  readonly ordering: 'key' | 'partition' | 'none';
  readonly failed: FailedRecords;
  readonly nowMs: () => number;
  /** Everything before the offset is handled. */
  readonly onProgress: (position: TopicPartitionOffset) => void;
}

/** The lanes are about to be closed, which ends the wait. */
const UNTIL_CLOSED: LaneOutcome = { againInMs: 3_600_000 };

interface Task {
  attempted: Attempted;
  /** Calls in this place that count against the policy's attempts. */
  tries: number;
  calls: number;
  readonly backoff: Backoff;
  readonly route: EventRoute;
  readonly signal: AbortSignal;
}

interface OpenPartition {
  readonly lanes: PartitionLanes<Task>;
  readonly signal: AbortSignal;
  nextOffset: bigint;
}

/** Runs `@OnEvent` handlers: keys beside each other, with retries, ladder and dead letters. */
export class EventRunner {
  readonly #parts: EventRunnerParts;
  readonly #open = new Map<string, OpenPartition>();

  constructor(parts: EventRunnerParts) {
    this.#parts = parts;
  }

  /** Everything before it is handled; undefined while none of the partition's records was taken. */
  handledUpTo(topic: string, partition: number): bigint | undefined {
    return this.#open.get(`${topic} ${partition}`)?.lanes.committable;
  }

  /** Resolves when all records of the batch have begun or are queued within the window; they finish later. */
  async take(batch: PartitionBatch, route: EventRoute, signal: AbortSignal): Promise<void> {
    const partition = await this.#partition(batch, signal);
    for (const record of batch.records) {
      const attempted = route.rung === 0 ? fromOrigin(record) : fromRung(record, route.origin, route.rung);
      await this.#untilDue(attempted.dueMs, signal);
      const { firstDelayMs, maxDelayMs } = this.#parts.retry;
      const backoff = new Backoff(firstDelayMs, maxDelayMs);
      partition.nextOffset = record.offset + 1n;
      const task = { attempted, tries: 0, calls: attempted.attempts, backoff, route, signal };
      await partition.lanes.push(this.#laneOf(record), record.offset, task);
    }
  }

  /** Ends work on partitions: waits for the handlers that run, and gives how far each partition is handled. */
  async close(partitions: readonly { readonly topic: string; readonly partition: number }[]) {
    const positions: TopicPartitionOffset[] = [];
    await Promise.all(
      partitions.map(async ({ topic, partition }) => {
        const open = this.#open.get(`${topic} ${partition}`);
        if (!open) return;
        await open.lanes.close();
        this.#open.delete(`${topic} ${partition}`);
        const offset = open.lanes.committable;
        if (offset !== undefined) positions.push({ topic, partition, offset });
      }),
    );
    return positions;
  }

  async #partition({ topic, partition, records }: PartitionBatch, signal: AbortSignal): Promise<OpenPartition> {
    const name = `${topic} ${partition}`;
    const known = this.#open.get(name);
    // Another signal: the partition went and came back. A lower offset: the log was cut or begun anew.
    if (known) {
      if (known.signal === signal && records[0]!.offset >= known.nextOffset) return known;
      await known.lanes.close();
    }
    const lanes = new PartitionLanes<Task>(this.#parts.limits, {
      run: (task) => this.#run(task),
      onProgress: (offset) => {
        if (this.#open.get(name)?.lanes === lanes) this.#parts.onProgress({ topic, partition, offset });
      },
    });
    const opened = { lanes, signal, nextOffset: records[0]!.offset };
    this.#open.set(name, opened);
    return opened;
  }

  #laneOf({ key, offset }: StreamRecord): string {
    switch (this.#parts.ordering) {
      case 'partition':
        return '';
      case 'key':
        return key === null ? 'none' : `key ${key}`;
      case 'none':
        return String(offset);
    }
  }

  async #untilDue(dueMs: number, signal: AbortSignal): Promise<void> {
    const waitMs = dueMs - this.#parts.nowMs();
    if (waitMs > 0) await delay(waitMs, signal);
    if (signal.aborted) throw new HandlingInterrupted('the partition is taken away');
  }

  async #run(task: Task): Promise<LaneOutcome> {
    if (isOver(task)) return UNTIL_CLOSED;
    try {
      return await this.#attempt(task);
    } catch (error) {
      // The ladder or the dead letters could not be written: the record stays where it is, and is not forgotten.
      if (!isOver(task)) this.#parts.warn(`${where(task)} cannot be put aside yet`, error);
      return { againInMs: task.backoff.nextMs() };
    }
  }

  async #attempt(task: Task): Promise<LaneOutcome> {
    const { failed } = this.#parts;
    const { attempted, route } = task;
    if (failed.isHeldBack(attempted)) {
      await failed.moveBehind(attempted);
      return 'finished';
    }
    const decoded = await tryDecode(() => route.handler.decode(attempted.record));
    if (!decoded.ok) {
      await failed.bury(attempted, decoded.reason, 'refused');
      return 'finished';
    }
    const error = await this.#call(task, decoded.event);
    if (error === undefined) {
      failed.handled(attempted);
      return 'finished';
    }
    return this.#afterFailure(task, error);
  }

  /** The handler's error, or undefined. */
  async #call(task: Task, event: unknown): Promise<Error | undefined> {
    const { metrics, tracing, groupId } = this.#parts;
    const { record } = task.attempted;
    const labels = { groupId, topic: record.topic };
    const context = { record, attempt: task.calls + 1, signal: task.signal };
    const startedMs = performance.now();
    try {
      await tracing.run(record.headers, async () => await task.route.handler.handle(event, context));
      metrics.handled?.(labels, 1, performance.now() - startedMs);
      return undefined;
    } catch (error) {
      metrics.failed?.(labels, performance.now() - startedMs);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #afterFailure(task: Task, error: Error): Promise<LaneOutcome> {
    const { failed, retry, metrics, groupId, warn } = this.#parts;
    task.calls++;
    // A handler that gave up because its partition goes: whoever reads it next gets the event.
    if (task.signal.aborted) return UNTIL_CLOSED;
    const isLater = error instanceof RetryLater;
    if (!isLater) {
      task.tries++;
      task.attempted = { ...task.attempted, attempts: task.attempted.attempts + 1 };
    }
    if (error instanceof RejectEvent) {
      await failed.bury(task.attempted, describeError(error), 'failed');
      return 'finished';
    }
    // On a rung one try is what the rung is for.
    const isLast = task.tries >= (task.attempted.rung > 0 ? 1 : retry.attempts);
    if (!isLater && isLast && failed.canEscalate) {
      await failed.escalate(task.attempted, error);
      return 'finished';
    }
    metrics.retried?.({ groupId, topic: task.attempted.record.topic, where: 'place' });
    warn(`${where(task)} failed at attempt ${task.calls}`, error);
    return { againInMs: isLater ? error.delayMs : task.backoff.nextMs() };
  }
}

export async function tryDecode(decode: () => ReturnType<TopicHandler['decode']>) {
  try {
    return await decode();
  } catch (error) {
    return { ok: false, reason: `decoder threw ${describeError(error)}` } as const;
  }
}

const isOver = ({ signal }: Task): boolean => signal.aborted;

function where({ attempted: { record, rung } }: Task): string {
  return `${record.topic}-${record.partition}@${record.offset}${rung > 0 ? ` (rung ${rung})` : ''}`;
}
