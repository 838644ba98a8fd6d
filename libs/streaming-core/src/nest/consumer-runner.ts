import type {
  GroupConsumer,
  PartitionBatch,
  StreamAdmin,
  StreamClient,
  StreamProducer,
  StreamRecord,
  TopicPartition,
  TopicPartitionOffset,
} from '../client/types.js';
import { DeadLetters } from './dead-letters.js';
import { handleInOrder, type HandledEvent } from './event-handling.js';
import type {
  BatchContext,
  DecodeResult,
  EventBatch,
  EventContext,
  RetryPolicy,
  StreamConsumerOptions,
} from './stream-consumer.decorators.js';
import type { StreamingMetrics } from './streaming-options.js';

export type TopicHandler =
  | { readonly kind: 'event'; readonly handle: (event: unknown, context: EventContext) => unknown }
  | { readonly kind: 'batch'; readonly handle: (batch: EventBatch, context: BatchContext) => unknown };

/** A class with its handlers bound: what the decorators said. */
export interface ConsumerDefinition {
  readonly name: string;
  readonly options: StreamConsumerOptions;
  readonly handlers: ReadonlyMap<string, TopicHandler>;
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => unknown;
  readonly onRevoked?: (partitions: readonly TopicPartition[]) => unknown;
}

export interface RunnerContext {
  readonly client: StreamClient;
  readonly producer: StreamProducer;
  readonly metrics: StreamingMetrics;
  warn(message: string, error: unknown): void;
}

export interface ConsumerStatus {
  readonly name: string;
  readonly groupId: string;
  readonly connected: boolean;
  readonly assigned: number;
  readonly lag: number;
  /** Since the group's coordinator last answered. */
  readonly lastPollAgeMs: number;
}

const SESSION_TIMEOUT_MS = 10_000;

/** Runs one decorated consumer: decodes, calls the handlers, retries, puts aside. Knows nothing of Nest. */
export class ConsumerRunner {
  readonly #definition: ConsumerDefinition;
  readonly #context: RunnerContext;
  readonly #consumer: GroupConsumer;
  readonly #admin: StreamAdmin;
  readonly #deadLetters: DeadLetters;
  readonly #retry: Required<RetryPolicy>;
  /** A batch that is delivered again holds the same records: what was refused is put aside once. */
  readonly #refused = new WeakSet<StreamRecord>();

  constructor(definition: ConsumerDefinition, context: RunnerContext) {
    const { groupId, startAt, commit, maxBatchRecords, sessionTimeoutMs, retry } = definition.options;
    this.#definition = definition;
    this.#context = context;
    this.#admin = context.client.admin();
    this.#deadLetters = new DeadLetters(groupId, context.producer, this.#admin);
    this.#retry = { attempts: 5, firstDelayMs: 100, maxDelayMs: 5_000, exhausted: 'dead-letter', ...retry };
    this.#consumer = context.client.consumer({
      groupId,
      topics: [...definition.handlers.keys()],
      ...(startAt && { startAt }),
      ...(commit && { commit }),
      ...(maxBatchRecords !== undefined && { maxBatchRecords }),
      ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    });
  }

  /** Resolves when the first assignment is being consumed. */
  async start(): Promise<void> {
    const { onAssigned, onRevoked } = this.#definition;
    await this.#consumer.start({
      onBatch: (batch, signal) => this.#onBatch(batch, signal),
      onPartitionsAssigned: async (partitions) =>
        (await onAssigned?.(partitions)) as readonly TopicPartitionOffset[] | undefined,
      onPartitionsRevoked: async (partitions) => {
        await onRevoked?.(partitions);
      },
    });
  }

  /** Drains, commits, leaves the group. */
  async stop(): Promise<void> {
    await this.#consumer.close();
    await this.#admin.close();
  }

  status(nowMs: number): ConsumerStatus {
    const { name, options } = this.#definition;
    const lastPollAgeMs = nowMs - this.#consumer.lastPollMs;
    return {
      name,
      groupId: options.groupId,
      connected: lastPollAgeMs < (options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS),
      assigned: this.#consumer.assignment().length,
      lag: Number(this.#consumer.lag().reduce((sum, { records }) => sum + records, 0n)),
      lastPollAgeMs,
    };
  }

  async #onBatch(batch: PartitionBatch, signal: AbortSignal): Promise<void> {
    const handler = this.#definition.handlers.get(batch.topic);
    if (!handler) throw new Error(`no handler for topic ${batch.topic}`);
    const startedMs = performance.now();
    const events = await this.#decode(batch.records);
    if (handler.kind === 'event') {
      await this.#handleEvents(batch, events, (event, context) => handler.handle(event, context), signal);
    } else {
      await handler.handle({ ...batch, events }, { signal, commit: (offset) => this.#commit(batch, offset) });
    }
    const { topic, partition } = batch;
    const labels = { groupId: this.#definition.options.groupId, topic, partition };
    this.#context.metrics.batchHandled?.(labels, batch.records.length, performance.now() - startedMs);
  }

  async #handleEvents(
    batch: PartitionBatch,
    events: readonly HandledEvent[],
    handle: (event: unknown, context: EventContext) => unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const { commit, keyConcurrency = 1 } = this.#definition.options;
    const { handled, error } = await handleInOrder(
      events,
      keyConcurrency,
      {
        handle: async (event, context) => await handle(event, context),
        retry: this.#retry,
        giveUp: (record, failure) => this.#putAside(record, reasonOf(failure), 'failed'),
        onRetry: (record, failure, attempt) => this.#noteRetry(record, failure, attempt),
      },
      signal,
    );
    if (error === undefined) return;
    // What is done stays done for whoever reads the partition next.
    const last = events[handled - 1];
    if (last && commit !== 'manual') await this.#commit(batch, last.record.offset + 1n);
    throw error;
  }

  /** Decodes all; what is refused is put aside before the batch goes on, so that it is never lost. */
  async #decode(records: readonly StreamRecord[]): Promise<HandledEvent[]> {
    const { decode } = this.#definition.options;
    const events: HandledEvent[] = [];
    for (const record of records) {
      if (!decode) {
        events.push({ event: record, record });
        continue;
      }
      const result = tryDecode(() => decode(record.topic, record));
      if (result.ok) events.push({ event: result.event, record });
      else if (!this.#refused.has(record)) {
        await this.#putAside(record, result.reason, 'refused');
        this.#refused.add(record);
      }
    }
    return events;
  }

  async #putAside(record: StreamRecord, reason: string, why: 'refused' | 'failed'): Promise<void> {
    const { groupId } = this.#definition.options;
    await this.#deadLetters.add(record, reason);
    this.#context.metrics.deadLettered?.({ groupId, topic: record.topic, reason: why });
    this.#context.warn(`${why}: ${record.topic}-${record.partition}@${record.offset} is put aside`, reason);
  }

  #noteRetry(record: StreamRecord, error: unknown, attempt: number): void {
    const { groupId } = this.#definition.options;
    this.#context.metrics.eventRetried?.({ groupId, topic: record.topic });
    this.#context.warn(`${record.topic}-${record.partition}@${record.offset} failed at attempt ${attempt}`, error);
  }

  #commit({ topic, partition }: TopicPartition, offset: bigint): Promise<void> {
    return this.#consumer.commit([{ topic, partition, offset }]);
  }
}

function tryDecode(decode: () => DecodeResult): DecodeResult {
  try {
    return decode();
  } catch (error) {
    return { ok: false, reason: `decoder threw ${reasonOf(error)}` };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
