import { Backoff, delay, settledWithin } from './backoff.js';
import type { Cluster } from './cluster.js';
import { GroupMembership } from './group-membership.js';
import { GroupProtocol, type Membership } from './group-protocol.js';
import { asStreamClientError } from './kafka-errors.js';
import { OffsetCommitter } from './offset-committer.js';
import { lookUpOffset } from './partition-offsets.js';
import { PartitionPump } from './partition-pump.js';
import {
  StreamClientError,
  type ConsumerHandlers,
  type GroupConsumer,
  type GroupConsumerOptions,
  type GroupMember,
  type StreamClientWarning,
  type TopicPartition,
  type TopicPartitionOffset,
} from './types.js';
import { keyOf } from './partition-key.js';

const SESSION_TIMEOUT_MS = 10_000;
const REBALANCE_TIMEOUT_MS = 60_000;
/** How long a handler may go on after its partition is taken away; then the partition is given up without it. */
const DRAIN_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 60_000;
const COMMIT_TIMEOUT_MS = 30_000;
/** Closing is bounded as a whole, so that a service that is told to stop does stop: together some 8 s. */
const CLOSE_DRAIN_TIMEOUT_MS = 4_000;
const LAST_COMMIT_TIMEOUT_MS = 1_500;
const LAST_COMMIT_BOUND_MS = 2_000;
const LEAVE_TIMEOUT_MS = 1_000;
/** What is left of the drain's time, and no less than this. */
const HOOK_TIMEOUT_MIN_MS = 1_000;
const TOPIC_CHECK_INTERVAL_MS = 5_000;

let instances = 0;

/** See {@link GroupConsumer}. Membership decides what is read, the pump reads it, the committer remembers how far. */
export class CooperativeGroupConsumer implements GroupConsumer {
  readonly #cluster: Cluster;
  readonly #options: Required<GroupConsumerOptions>;
  readonly #onWarning: (warning: StreamClientWarning) => void;
  readonly #protocol: GroupProtocol;
  readonly #membership: GroupMembership;
  readonly #committer: OffsetCommitter;
  readonly #owned = new Map<string, TopicPartition>();
  readonly #abort = new AbortController();
  #pump: PartitionPump | undefined;
  #handlers: ConsumerHandlers | undefined;
  #closing: Promise<void> | undefined;

  constructor(cluster: Cluster, options: GroupConsumerOptions, onWarning: (warning: StreamClientWarning) => void) {
    this.#cluster = cluster;
    this.#onWarning = onWarning;
    this.#options = {
      startAt: 'earliest',
      commit: 'after-batch',
      maxBatchRecords: 1000,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      isolation: 'read_committed',
      ...options,
    };
    const { groupId, topics, sessionTimeoutMs } = this.#options;
    const name = `${groupId}:${++instances}`;
    const protocolOptions = { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS };
    this.#protocol = new GroupProtocol(cluster, protocolOptions, name);
    const onFailure = (failure: StreamClientError): void => this.#warn('retrying', failure);
    this.#committer = new OffsetCommitter(this.#protocol, {
      generation: () => this.#membership.generation,
      owns: (partition) => this.#owned.has(keyOf(partition)),
      onFailure,
    });
    const timings = {
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.min(1_000, sessionTimeoutMs / 5),
      topicCheckIntervalMs: TOPIC_CHECK_INTERVAL_MS,
    };
    this.#membership = new GroupMembership(cluster, this.#protocol, topics, timings, {
      onAssignment: (membership) => this.#takeOver(membership),
      onLost: () => this.#giveUp([...this.#owned.values()], 'lost'),
      owned: () => [...this.#owned.values()],
      onFailure,
    });
  }

  async start(handlers: ConsumerHandlers): Promise<void> {
    if (this.#closing) throw new StreamClientError('CLOSED', 'the consumer is closed');
    if (this.#handlers) throw new StreamClientError('GROUP_FAILED', 'the consumer is already started');
    this.#handlers = handlers;
    const { groupId, startAt, maxBatchRecords, commit, isolation } = this.#options;
    this.#pump = new PartitionPump(
      this.#cluster,
      { name: `${groupId}:${++instances}`, resetTo: startAt, maxBatchRecords, isolation },
      {
        onBatch: (batch, signal) => handlers.onBatch(batch, signal),
        onHandled: (handled) => {
          if (commit === 'after-batch') this.#committer.note(handled);
        },
        onHandlerFailed: ({ topic, partition, records }, error, attempt) => {
          const where = `${topic}-${partition}@${records[0]?.offset ?? '?'}`;
          this.#warn('handler-failed', error, `batch ${where} failed ${attempt} times, it is delivered again`);
        },
        onFailure: (failure) => this.#warn('retrying', failure),
      },
    );
    await this.#membership.start(START_TIMEOUT_MS);
  }

  commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#committer.commit(offsets, COMMIT_TIMEOUT_MS);
  }

  commitSoon(position: TopicPartitionOffset): void {
    this.#committer.note(position);
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    return this.#protocol.committed(partitions);
  }

  member(): GroupMember {
    const { groupId } = this.#options;
    return { groupId, memberId: this.#protocol.memberId, generation: this.#membership.generation };
  }

  assignment(): readonly TopicPartition[] {
    return [...this.#owned.values()];
  }

  lag(): readonly (TopicPartition & { readonly records: bigint; readonly next: bigint })[] {
    return this.#pump?.lag() ?? [];
  }

  get lastPollMs(): number {
    return Math.max(this.#membership.lastContactMs, 0);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#abort.abort();
    if (this.#handlers) {
      await this.#membership.stop(CLOSE_DRAIN_TIMEOUT_MS);
      await this.#giveUp([...this.#owned.values()], 'revoked');
      await settledWithin(this.#protocol.leave(), LEAVE_TIMEOUT_MS);
    }
    this.#committer.close();
    await this.#pump?.close();
    await this.#protocol.reset();
  }

  async #takeOver({ assigned }: Membership): Promise<boolean> {
    const wanted = new Map(assigned.map((partition) => [keyOf(partition), partition]));
    const given = [...this.#owned.values()].filter((partition) => !wanted.has(keyOf(partition)));
    const added = assigned.filter((partition) => !this.#owned.has(keyOf(partition)));
    if (given.length > 0) await this.#giveUp(given, 'revoked');
    if (added.length > 0) await this.#take(added);
    return given.length > 0;
  }

  async #take(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) this.#owned.set(keyOf(partition), partition);
    const chosen = await this.#untilDone('partitions assigned', () =>
      Promise.resolve(this.#handlers?.onPartitionsAssigned?.(partitions)),
    );
    const positions = await this.#untilDone('positions', () => this.#positions(partitions, chosen ?? []));
    if (!positions) return; // closing
    for (const { topic, partition, offset } of positions) this.#pump?.add({ topic, partition }, offset);
  }

  /** The positions that the application chose, else what is committed, else where the options say. */
  async #positions(
    partitions: readonly TopicPartition[],
    chosen: readonly TopicPartitionOffset[],
  ): Promise<TopicPartitionOffset[]> {
    const known = new Map(chosen.map((position) => [keyOf(position), position.offset]));
    const unchosen = partitions.filter((partition) => !known.has(keyOf(partition)));
    for (const position of await this.#protocol.committed(unchosen)) known.set(keyOf(position), position.offset);
    return Promise.all(
      partitions.map(async ({ topic, partition }) => ({
        topic,
        partition,
        offset:
          known.get(keyOf({ topic, partition })) ??
          (await lookUpOffset(this.#cluster, { topic, partition }, this.#options.startAt)),
      })),
    );
  }

  /** Lets running handlers finish, commits, tells the application, and forgets the partitions. */
  async #giveUp(partitions: readonly TopicPartition[], why: 'revoked' | 'lost'): Promise<void> {
    if (partitions.length === 0) return;
    const timeoutMs = this.#closing ? CLOSE_DRAIN_TIMEOUT_MS : DRAIN_TIMEOUT_MS;
    const deadlineMs = Date.now() + timeoutMs;
    const stuck = (await this.#pump?.remove(partitions, timeoutMs)) ?? [];
    for (const partition of stuck) {
      const message = `handler of ${keyOf(partition)} still runs after ${timeoutMs} ms; the partition is given up`;
      this.#warn('handler-stuck', new StreamClientError('GROUP_FAILED', message));
    }
    // A coordinator that hangs must not hold up a rebalance, nor a service that stops.
    if (why === 'revoked') await settledWithin(this.#committer.flush(LAST_COMMIT_TIMEOUT_MS), LAST_COMMIT_BOUND_MS);
    await this.#tellGivenUp(partitions, why, Math.max(HOOK_TIMEOUT_MIN_MS, deadlineMs - Date.now()));
    this.#committer.forget(partitions);
    for (const partition of partitions) this.#owned.delete(keyOf(partition));
  }

  /** A hook that never settles must not keep this member in the group without working, nor a service from stopping. */
  async #tellGivenUp(partitions: readonly TopicPartition[], why: 'revoked' | 'lost', timeoutMs: number): Promise<void> {
    const handlers = this.#handlers;
    const isLost = why === 'lost' && handlers?.onPartitionsLost !== undefined;
    const hook = isLost ? 'onPartitionsLost' : 'onPartitionsRevoked';
    const told = (async () => {
      try {
        await handlers?.[hook]?.(partitions);
      } catch (error) {
        this.#warn('handler-failed', error, `${hook} failed`);
      }
    })();
    if (await settledWithin(told, timeoutMs)) return;
    const message = `${hook} still runs after ${timeoutMs} ms; the partitions are given up`;
    this.#warn('handler-stuck', new StreamClientError('GROUP_FAILED', message));
  }

  /** Repeats with a growing delay until it resolves; undefined when the consumer closes. */
  async #untilDone<T>(what: string, task: () => Promise<T>): Promise<T | undefined> {
    const backoff = new Backoff(100, 5_000);
    while (!this.#abort.signal.aborted) {
      try {
        return await task();
      } catch (error) {
        this.#warn('retrying', error, `${what} failed, trying again`);
        await delay(backoff.nextMs(), this.#abort.signal);
      }
    }
    return undefined;
  }

  #warn(kind: StreamClientWarning['kind'], error: unknown, what = 'group consumer'): void {
    if (this.#abort.signal.aborted) return;
    const failure = asStreamClientError(error, 'GROUP_FAILED', what);
    this.#onWarning({ kind, groupId: this.#options.groupId, message: failure.message, error: failure });
  }
}
