import type {
  HeartbeatInput,
  JoinInput,
  JoinResponse,
  LeaveInput,
  LeaveResponse,
  SyncInput,
  SyncResponse,
} from '../groups/classic/types.js';
import type {
  AppendEffect,
  CommitInput,
  CommitResponse,
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorResponse,
  GroupRequest,
  Now,
  RecordToAppend,
  TransactionalProducer,
} from '../groups/coordinator-types.js';
import type { ConsumerHeartbeatInput, ConsumerHeartbeatResponse, TopicsView } from '../groups/consumer/types.js';
import { GroupCoordinator, type Outcome } from '../groups/group-coordinator.js';
import type { GroupError } from '../groups/group-errors.js';
import type { TopicPartition } from '../groups/offset-store.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { Logger } from './logger.js';

/** The topic `__consumer_offsets` as the coordinator needs it. */
export interface OffsetsLog {
  /** Writes records in order; resolves to `NONE` once they are durable, else to why they are not. */
  append(
    partition: number,
    records: readonly RecordToAppend[],
    producer: TransactionalProducer | null,
  ): Promise<GroupError>;
}

type Without<T> = Omit<T, 'type' | 'requestId'>;

/** Runs the group coordinator in the world: requests as promises, deadlines as a timer, appends through the log. */
export class GroupService {
  readonly coordinator: GroupCoordinator;
  readonly #waiting = new Map<number, (response: CoordinatorResponse) => void>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: OffsetsLog;
  readonly #logger: Logger;
  #lastRequestId = 0;
  #timer: Timer | null = null;
  #timerAtMs = Infinity;
  #isStopped = false;

  constructor(
    readonly config: CoordinatorConfig,
    ports: {
      readonly clock: Clock;
      readonly random: Random;
      readonly topics: TopicsView;
      readonly log: OffsetsLog;
      readonly logger: Logger;
    },
  ) {
    this.coordinator = new GroupCoordinator(config, ports.topics);
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#log = ports.log;
    this.#logger = ports.logger;
  }

  join(groupId: string, input: Omit<Without<JoinInput>, 'newMemberId'>): Promise<JoinResponse> {
    const newMemberId = `${input.groupInstanceId ?? input.clientId}-${this.#uuid()}`;
    return this.#request(groupId, { ...input, type: 'join', requestId: this.#nextId(), newMemberId });
  }

  sync(groupId: string, input: Without<SyncInput>): Promise<SyncResponse> {
    return this.#request(groupId, { ...input, type: 'sync', requestId: this.#nextId() });
  }

  heartbeat(groupId: string, input: Without<HeartbeatInput>): Promise<{ readonly error: GroupError }> {
    return this.#request(groupId, { ...input, type: 'heartbeat', requestId: this.#nextId() });
  }

  leave(groupId: string, input: Without<LeaveInput>): Promise<LeaveResponse> {
    return this.#request(groupId, { ...input, type: 'leave', requestId: this.#nextId() });
  }

  consumerHeartbeat(
    groupId: string,
    input: Omit<Without<ConsumerHeartbeatInput>, 'newMemberId'>,
  ): Promise<ConsumerHeartbeatResponse> {
    const newMemberId = this.#random.bytes(16).toString('base64url');
    return this.#request(groupId, { ...input, type: 'consumerHeartbeat', requestId: this.#nextId(), newMemberId });
  }

  commit(groupId: string, input: Without<CommitInput>): Promise<CommitResponse> {
    return this.#request(groupId, { ...input, type: 'commit', requestId: this.#nextId() });
  }

  /** Resolves once the group is gone from the log too. */
  delete(groupId: string): Promise<GroupError> {
    return this.#carryOut(this.coordinator.deleteGroup(groupId, this.now()));
  }

  /** An error for the whole, or one for each partition; resolves once the offsets are gone from the log too. */
  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<GroupError | GroupError[]> {
    return this.#carryOut<GroupError | GroupError[]>(this.coordinator.deleteOffsets(groupId, partitions));
  }

  /** Resolves once the offsets of a topic that was deleted are gone from the log too, or could not be removed. */
  async forgetTopic(topic: string): Promise<void> {
    await Promise.all(this.#perform(this.coordinator.forgetTopic(topic)));
  }

  expireOffsets(): void {
    void this.#perform(this.coordinator.expireOffsets(this.now()));
  }

  /** To be called once groups were loaded, for the sessions of their members, and for what an earlier run left unfinished. */
  wake(): void {
    void this.#perform(this.coordinator.forgetMissingTopics());
    this.#arm(this.coordinator.nextDeadlineMs());
  }

  /** Answers all that waits with NOT_COORDINATOR. */
  stop(): void {
    this.#timer?.cancel();
    this.#isStopped = true;
    void this.#perform(this.coordinator.unloadAll(this.now()));
  }

  now(): Now {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.nowMs() };
  }

  /** The result once what belongs to it is durable, or why that failed. */
  async #carryOut<T>({ result, effects }: Outcome<T>): Promise<T | GroupError> {
    const ends = await Promise.all(this.#perform(effects));
    return ends.find((error) => error !== 'NONE') ?? result;
  }

  #request<R>(groupId: string, input: GroupRequest): Promise<R> {
    return new Promise((resolve) => {
      // The coordinator answers each request with the response of its own type.
      this.#waiting.set(input.requestId, resolve as (response: CoordinatorResponse) => void);
      void this.#perform(this.coordinator.request(groupId, input, this.now()));
      this.#arm(this.coordinator.nextDeadlineMs(groupId));
    });
  }

  #perform(effects: readonly CoordinatorEffect[]): Promise<GroupError>[] {
    const appends: Promise<GroupError>[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case 'reply':
          this.#waiting.get(effect.requestId)?.(effect.response);
          this.#waiting.delete(effect.requestId);
          break;
        case 'append':
          appends.push(this.#append(effect));
          break;
        case 'memberRemoved': {
          const { type: _, ...details } = effect;
          this.#logger.info(details, 'group member removed');
          break;
        }
      }
    }
    return appends;
  }

  async #append(effect: AppendEffect): Promise<GroupError> {
    const { appendId, groupId, partition, records, producer } = effect;
    const error = await this.#log.append(partition, records, producer);
    if (error !== 'NONE') this.#logger.error({ partition, error }, 'cannot write to __consumer_offsets');
    void this.#perform(this.coordinator.appended(appendId, error, this.now()));
    this.#arm(this.coordinator.nextDeadlineMs(groupId));
    return error;
  }

  #arm(deadlineMs: number): void {
    if (this.#isStopped || deadlineMs === Infinity || deadlineMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = deadlineMs;
    this.#timer = this.#clock.schedule(Math.max(0, deadlineMs - this.#clock.monotonicMs()), () => {
      this.#timerAtMs = Infinity;
      void this.#perform(this.coordinator.tick(this.now()));
      this.#arm(this.coordinator.nextDeadlineMs());
    });
  }

  #nextId(): number {
    this.#lastRequestId += 1;
    return this.#lastRequestId;
  }

  #uuid(): string {
    const hex = this.#random.bytes(16).toString('hex');
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
}
