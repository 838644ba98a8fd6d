import { Backoff, delay } from './backoff.js';
import type { Cluster } from './cluster.js';
import { kafkaCodeOf, type GroupProtocol, type Membership } from './group-protocol.js';
import { KafkaErrorCode as E, asStreamClientError, isCoordinatorGone } from './kafka-errors.js';
import { StreamClientError, type TopicPartition } from './types.js';

export interface MembershipEvents {
  /**
   * Takes over a new assignment: first gives up what is not in it, then takes what is new. Awaited; heartbeats go on.
   * Gives true if something was given up, because then the others wait for another round.
   */
  onAssignment(membership: Membership): Promise<boolean>;
  /** The coordinator has given our partitions away: commits no longer count. Awaited before joining again. */
  onLost(): Promise<void>;
  owned(): readonly TopicPartition[];
  onFailure(failure: StreamClientError): void;
}

export interface MembershipTimings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** How often the leader looks whether topics have grown. */
  readonly topicCheckIntervalMs: number;
}

const STOP_PATIENCE_MS = 500;

type Ending = 'rebalance' | 'lost' | 'stopped';

/** Errors that asking again does not mend: the member's settings or rights are wrong. */
const RETRY_AS_NEW_MEMBER = new Set<number>([E.UNKNOWN_MEMBER_ID, E.FENCED_INSTANCE_ID, E.ILLEGAL_GENERATION]);
const RETRY = new Set<number>([
  E.REBALANCE_IN_PROGRESS,
  E.COORDINATOR_LOAD_IN_PROGRESS,
  E.COORDINATOR_NOT_AVAILABLE,
  E.NOT_COORDINATOR,
  E.NETWORK_EXCEPTION,
  E.REQUEST_TIMED_OUT,
  E.UNSTABLE_OFFSET_COMMIT,
  E.GROUP_MAX_SIZE_REACHED,
]);

/**
 * Keeps one member in its group: join, take over the assignment, heartbeat, and again. Cooperative (KIP-429): partitions
 * that stay are read on through a rebalance.
 */
export class GroupMembership {
  readonly #abort = new AbortController();
  #generation = -1;
  #lastContactMs = 0;
  #running: Promise<void> | undefined;

  constructor(
    readonly cluster: Cluster,
    readonly protocol: GroupProtocol,
    readonly topics: readonly string[],
    readonly timings: MembershipTimings,
    readonly events: MembershipEvents,
  ) {}

  get generation(): number {
    return this.#generation;
  }

  /** When the coordinator last confirmed the membership, in ms since 1970; 0 before the first time. */
  get lastContactMs(): number {
    return this.#lastContactMs;
  }

  /** Resolves after the first assignment; rejects if the group refuses this member or the time is over. */
  start(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#running = this.#run(Date.now() + timeoutMs, resolve, reject);
    });
  }

  /** Stops heartbeats and waits, within bounds, for the assignment that is being taken over. Does not leave the group. */
  async stop(timeoutMs: number): Promise<void> {
    this.#abort.abort();
    // A join may be waiting for other members: its connection is closed instead.
    const stopped = new AbortController();
    const hurry = delay(STOP_PATIENCE_MS, stopped.signal).then(async () => {
      if (!stopped.signal.aborted) await this.protocol.reset();
    });
    await Promise.race([this.#running, delay(timeoutMs, stopped.signal)]);
    stopped.abort();
    await hurry;
  }

  async #run(deadlineMs: number, onFirst: () => void, onRefused: (error: StreamClientError) => void): Promise<void> {
    const backoff = new Backoff(50, 2000);
    const start = { pending: true };
    while (!this.#stopping()) {
      try {
        await this.cluster.refresh(this.topics);
        const membership = await this.protocol.join(this.events.owned(), this.#generation);
        backoff.reset();
        const ending = await this.#live(membership, () => {
          if (start.pending) onFirst();
          start.pending = false;
        });
        if (ending === 'lost') await this.#lose();
      } catch (error) {
        const failure = asStreamClientError(error, 'GROUP_FAILED', 'group membership failed');
        if (this.#stopping()) break;
        this.events.onFailure(failure);
        const code = kafkaCodeOf(error);
        const refused = code !== undefined && !RETRY.has(code) && !RETRY_AS_NEW_MEMBER.has(code);
        if (start.pending && (refused || Date.now() >= deadlineMs || failure.code === 'CLOSED')) {
          onRefused(failure);
          return;
        }
        if (code !== undefined && RETRY_AS_NEW_MEMBER.has(code)) await this.#lose();
        else if (this.#isOverdue()) await this.#lose();
        await delay(backoff.nextMs(), this.#abort.signal);
      }
    }
    if (start.pending) onRefused(new StreamClientError('CLOSED', 'the consumer was closed before it had joined'));
  }

  /** One generation: takes over the assignment while heartbeats go on, until something ends it. */
  async #live(membership: Membership, onAssigned: () => void): Promise<Ending> {
    this.#generation = membership.generation;
    this.#lastContactMs = Date.now();
    const generationOver = new AbortController();
    const ending = this.#heartbeats(membership, generationOver.signal);
    try {
      const gaveUp = await this.events.onAssignment(membership);
      onAssigned();
      if (gaveUp && !this.#abort.signal.aborted) return 'rebalance';
      return await ending;
    } finally {
      generationOver.abort();
      await ending;
    }
  }

  async #heartbeats(membership: Membership, over: AbortSignal): Promise<Ending> {
    const signal = AbortSignal.any([over, this.#abort.signal]);
    let topicsCheckedMs = Date.now();
    const assignedCounts = this.#counts();
    for (;;) {
      await delay(this.timings.heartbeatIntervalMs, signal);
      if (signal.aborted) return 'stopped';
      const code = await this.#heartbeat(membership.generation);
      if (code === E.NONE) this.#lastContactMs = Date.now();
      else if (code === E.REBALANCE_IN_PROGRESS) return 'rebalance';
      else if (code !== undefined && RETRY_AS_NEW_MEMBER.has(code)) return 'lost';
      else if (this.#isOverdue()) return 'lost';
      if (membership.isLeader && Date.now() - topicsCheckedMs >= this.timings.topicCheckIntervalMs) {
        topicsCheckedMs = Date.now();
        await this.cluster.refresh(this.topics).catch(() => undefined);
        if (this.#counts() !== assignedCounts) return 'rebalance';
      }
    }
  }

  /** The error code, or undefined if there was no answer. */
  async #heartbeat(generation: number): Promise<number | undefined> {
    const timeout = new AbortController();
    try {
      const late = delay(this.timings.sessionTimeoutMs / 2, timeout.signal).then(() => undefined);
      const code = await Promise.race([this.protocol.heartbeat(generation), late]);
      if (code === undefined) await this.protocol.reset();
      else if (code !== E.NONE && isCoordinatorGone(code)) return undefined;
      return code;
    } catch (error) {
      if (!this.#abort.signal.aborted) {
        this.events.onFailure(asStreamClientError(error, 'GROUP_FAILED', 'heartbeat failed'));
      }
      const code = kafkaCodeOf(error);
      return code !== undefined && RETRY_AS_NEW_MEMBER.has(code) ? code : undefined;
    } finally {
      timeout.abort();
    }
  }

  /** Without a word from the coordinator for a session's time it has given our partitions to others. */
  #isOverdue(): boolean {
    return this.#lastContactMs > 0 && Date.now() - this.#lastContactMs >= this.timings.sessionTimeoutMs;
  }

  async #lose(): Promise<void> {
    this.protocol.forgetMember();
    this.#generation = -1;
    await this.events.onLost();
  }

  #stopping(): boolean {
    return this.#abort.signal.aborted;
  }

  #counts(): string {
    return this.topics.map((topic) => this.cluster.partitionCount(topic) ?? 0).join(',');
  }
}
