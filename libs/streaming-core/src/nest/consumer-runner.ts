import type {
  GroupConsumer,
  PartitionBatch,
  StreamAdmin,
  TopicPartition,
  TopicPartitionOffset,
} from '../client/types.js';
import { BatchRunner, type BatchRoute } from './batch-runner.js';
import { BatchTransactions } from './batch-transactions.js';
import { retryRules, type ConsumerDefinition, type RetryRules, type RunnerContext } from './consumer-definition.js';
import { DeadLetters } from './dead-letters.js';
import { EventRunner, type EventRoute, type Route } from './event-runner.js';
import { FailedRecords } from './failed-records.js';
import { Gate } from './gate.js';
import { createLadder } from './ladder-setup.js';
import { fromRung, retryTopic } from './retry-ladder.js';
import { stateRestorer } from './state-restore.js';

export interface ConsumerStatus {
  readonly name: string;
  readonly groupId: string;
  readonly connected: boolean;
  readonly paused: boolean;
  readonly assigned: number;
  /** Records that are not handled yet, those on the retry ladder included. */
  readonly lag: number;
  /** Since the group's coordinator last answered. */
  readonly lastPollAgeMs: number;
}

const SESSION_TIMEOUT_MS = 10_000;
const IN_FLIGHT_MAX = 1_000;

/** Runs one decorated consumer: decodes, calls the handlers, retries, puts aside. Knows nothing of Nest. */
export class ConsumerRunner {
  readonly #definition: ConsumerDefinition;
  readonly #context: RunnerContext;
  readonly #consumer: GroupConsumer;
  readonly #admin: StreamAdmin;
  readonly #retry: RetryRules;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #failed: FailedRecords;
  readonly #events: EventRunner;
  readonly #batches: BatchRunner;
  readonly #transactions: BatchTransactions;
  readonly #gate = new Gate();
  readonly #stopping = new AbortController();
  /** Offsets are committed here, not by the client: events finish later than their batch was taken, transactions commit them. */
  readonly #commits: boolean;

  constructor(definition: ConsumerDefinition, context: RunnerContext) {
    const { options, handlers } = definition;
    const { groupId, startAt, commit, isolation, maxBatchRecords, sessionTimeoutMs } = options;
    this.#definition = definition;
    this.#context = context;
    this.#admin = context.client.admin();
    this.#retry = retryRules(options);
    this.#routes = routesOf(definition, this.#retry);
    const { producer, metrics, tracing, warn } = context;
    const nowMs = Date.now;
    const deadLetters = new DeadLetters(groupId, producer, this.#admin);
    const failed = new FailedRecords({ groupId, retry: this.#retry, producer, deadLetters, metrics, nowMs, warn });
    this.#failed = failed;
    const isManual = commit === 'manual';
    const needsOwn = [...handlers.values()].some(({ kind, transactional }) => kind === 'event' || transactional);
    this.#commits = needsOwn && !isManual;
    this.#consumer = context.client.consumer({
      groupId,
      topics: [...this.#routes.keys()],
      commit: isManual || needsOwn ? 'manual' : 'after-batch',
      ...(startAt && { startAt }),
      ...(isolation && { isolation }),
      ...(maxBatchRecords !== undefined && { maxBatchRecords }),
      ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    });
    const { concurrency = 1, inFlightMax = IN_FLIGHT_MAX } = options;
    this.#events = new EventRunner({
      ...{ groupId, retry: this.#retry, failed, metrics, tracing, nowMs, warn },
      limits: { concurrency, windowMax: inFlightMax },
      ordering: options.ordering ?? (concurrency > 1 ? 'key' : 'partition'),
      onProgress: (position) => {
        if (this.#commits) this.#consumer.commitSoon(position);
      },
    });
    const commitNow = (position: TopicPartitionOffset) => this.#consumer.commit([position]);
    this.#transactions = new BatchTransactions(context.client, this.#consumer);
    const transactions = this.#transactions;
    this.#batches = new BatchRunner({
      ...{ groupId, producer, failed, transactions, metrics, tracing, nowMs },
      commit: commitNow,
    });
  }

  get groupId(): string {
    return this.#definition.options.groupId;
  }

  /** Resolves when the first assignment is being consumed. @throws StreamClientError if the topics are not as they must be */
  async start(): Promise<void> {
    const { topics = [], handlers, options } = this.#definition;
    if (topics.length > 0) await this.#admin.ensureTopics(topics);
    await createLadder(this.#admin, options.groupId, [...handlers.keys()], this.#retry.ladderDelaysMs.length);
    await this.#consumer.start({
      onBatch: (batch, signal) => this.#onBatch(batch, signal),
      onPartitionsAssigned: (partitions) => this.#onAssigned(partitions),
      onPartitionsRevoked: (partitions) => this.#onGivenUp(partitions, 'revoked'),
      onPartitionsLost: (partitions) => this.#onGivenUp(partitions, 'lost'),
    });
  }

  /** Lets running handlers finish, commits, leaves the group. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#consumer.close();
    await this.#admin.close();
  }

  /** Handlers get nothing new until {@link resume}; the group membership goes on. */
  pause(): void {
    this.#gate.close();
  }

  resume(): void {
    this.#gate.open();
  }

  status(nowMs: number): ConsumerStatus {
    const { name, options } = this.#definition;
    const lastPollAgeMs = nowMs - this.#consumer.lastPollMs;
    return {
      name,
      groupId: options.groupId,
      connected: lastPollAgeMs < (options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS),
      paused: this.#gate.isClosed,
      assigned: this.#consumer.assignment().filter(({ topic }) => this.#routes.get(topic)?.rung === 0).length,
      lag: [...this.lag().values()].reduce((sum, records) => sum + records, 0),
      lastPollAgeMs,
    };
  }

  /** Records that are not handled yet, per topic: origins and rungs. */
  lag(): ReadonlyMap<string, number> {
    const lag = new Map<string, number>();
    for (const { topic, partition, records, next } of this.#consumer.lag()) {
      // The client counts what it has handed over; of that some is not finished, or some of the next is already.
      const handled = this.#events.handledUpTo(topic, partition) ?? next;
      lag.set(topic, (lag.get(topic) ?? 0) + Number(records + next - handled));
    }
    return lag;
  }

  async #onBatch(batch: PartitionBatch, signal: AbortSignal): Promise<void> {
    const route = this.#routes.get(batch.topic);
    if (!route) throw new Error(`no handler for topic ${batch.topic}`);
    await this.#gate.pass(signal);
    const { topic, partition, records } = batch;
    const { groupId } = this.#definition.options;
    this.#context.metrics.consumed?.({ groupId, topic: route.origin, partition }, records.length);
    if (route.handler.kind === 'event') {
      await this.#events.take(batch, route as EventRoute, signal);
      return;
    }
    await this.#batches.take(batch, route as BatchRoute, signal);
    const offset = records.at(-1)!.offset + 1n;
    if (this.#commits && !route.handler.transactional) this.#consumer.commitSoon({ topic, partition, offset });
  }

  async #onAssigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[] | undefined> {
    const { onAssigned } = this.#definition;
    const { client, warn } = this.#context;
    const { signal } = this.#stopping;
    const origins = partitions.filter(({ topic }) => this.#routes.get(topic)?.rung === 0);
    const positions = await onAssigned?.(origins, { signal, restore: stateRestorer(client, signal, warn) });
    const rungs = partitions.filter(({ topic }) => (this.#routes.get(topic)?.rung ?? 0) > 0);
    if (rungs.length === 0) return positions ?? undefined;
    return [...(positions ?? []), ...(await this.#takeLadder(origins, rungs))];
  }

  /**
   * Where the rungs are read on: from their first record if nothing was committed, whatever `startAt` says, because what lies
   * there was taken from its origin. Notes who waits, from what is not handled yet.
   */
  async #takeLadder(
    origins: readonly TopicPartition[],
    rungs: readonly TopicPartition[],
  ): Promise<readonly TopicPartitionOffset[]> {
    for (const { topic, partition } of origins) this.#failed.forget(topic, partition);
    const committed = await this.#consumer.committed(rungs);
    const known = new Map(committed.map(({ topic, partition, offset }) => [`${topic} ${partition}`, offset]));
    const reader = this.#context.client.reader();
    const positions: TopicPartitionOffset[] = [];
    try {
      for (const at of rungs) {
        const offset = known.get(`${at.topic} ${at.partition}`) ?? (await reader.bounds(at)).first;
        positions.push({ ...at, offset });
        if (this.#retry.ladderOrder === 'none') continue;
        const { origin, rung } = this.#routes.get(at.topic)!;
        for await (const records of reader.readToEnd(at, offset)) {
          for (const record of records) this.#failed.found(fromRung(record, origin, rung));
        }
      }
    } finally {
      await reader.close();
    }
    return positions;
  }

  async #onGivenUp(partitions: readonly TopicPartition[], why: 'revoked' | 'lost'): Promise<void> {
    const positions = await this.#events.close(partitions);
    if (why === 'revoked' && this.#commits && positions.length > 0) {
      await this.#consumer.commit(positions).catch((error: unknown) => {
        this.#context.warn('what was handled last could not be committed, it is delivered again', error);
      });
    }
    await this.#transactions.release(partitions);
    const { onRevoked, onLost } = this.#definition;
    const origins = partitions.filter(({ topic }) => this.#routes.get(topic)?.rung === 0);
    if (origins.length > 0) await (why === 'lost' && onLost ? onLost : onRevoked)?.(origins);
  }
}

function routesOf({ options, handlers }: ConsumerDefinition, retry: RetryRules): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  for (const [topic, handler] of handlers) {
    routes.set(topic, { origin: topic, rung: 0, handler });
    for (let rung = 1; rung <= retry.ladderDelaysMs.length; rung++) {
      routes.set(retryTopic(topic, options.groupId, rung), { origin: topic, rung, handler });
    }
  }
  return routes;
}
