/** A coordinator with hands: for tests. Time moves only when told; appends succeed unless told otherwise. */
import type { ClassicGroup, JoinInput, JoinResponse, SyncResponse } from '../src/groups/classic/types.js';
import type { TopicsView } from '../src/groups/consumer/types.js';
import type {
  AppendEffect,
  CommitInput,
  CoordinatorConfig,
  CoordinatorEffect,
  CoordinatorResponse,
  GroupRequest,
  RecordToAppend,
} from '../src/groups/coordinator-types.js';
import { GroupCoordinator } from '../src/groups/group-coordinator.js';
import type { GroupError } from '../src/groups/group-errors.js';

export const TEST_CONFIG: CoordinatorConfig = {
  initialRebalanceDelayMs: 0,
  minSessionTimeoutMs: 100,
  maxSessionTimeoutMs: 60_000,
  maxMembers: 4,
  maxMemberBytes: 1_000,
  offsetsPartitions: 1,
  maxGroups: 3,
  maxOffsetMetadataBytes: 10,
  offsetsRetentionMs: 1_000_000,
  consumerSessionTimeoutMs: () => 1_000,
  consumerHeartbeatIntervalMs: () => 100,
  consumerMaxMembers: 4,
  consumerAssignors: ['uniform', 'range'],
  consumerUpgrade: true,
  consumerDowngrade: true,
};

export const GROUP = 'riders';

type Ask<T> = T extends GroupRequest ? Omit<T, 'requestId'> : never;

/** Topics that tests change at will. */
export class FakeTopics implements TopicsView {
  version = 0;
  readonly #sizes = new Map<string, number>();

  set(name: string, partitions: number): void {
    this.#sizes.set(name, partitions);
    this.version += 1;
  }

  delete(name: string): void {
    this.#sizes.delete(name);
    this.version += 1;
  }

  get(name: string): { id: string; partitions: number } | undefined {
    const partitions = this.#sizes.get(name);
    return partitions === undefined ? undefined : { id: idOf(name), partitions };
  }

  nameOf(id: string): string | undefined {
    return [...this.#sizes.keys()].find((name) => idOf(name) === id);
  }

  names(): Iterable<string> {
    return this.#sizes.keys();
  }
}

/** The id of a fake topic: 16 bytes, as base64url. */
export function idOf(name: string): string {
  return Buffer.from(name.padEnd(16).slice(0, 16)).toString('base64url');
}

export class GroupHarness {
  readonly topics = new FakeTopics();
  coordinator: GroupCoordinator;
  nowMs = 0;
  /** What is in `__consumer_offsets`. */
  readonly log: RecordToAppend[] = [];
  /** Appends wait here while this is not null. */
  heldAppends: AppendEffect[] | null = null;
  readonly removed: string[] = [];
  readonly #answers = new Map<number, CoordinatorResponse>();
  readonly #config: CoordinatorConfig;
  #requests = 0;

  constructor(config: Partial<CoordinatorConfig> = {}) {
    this.#config = { ...TEST_CONFIG, ...config };
    this.coordinator = new GroupCoordinator(this.#config, this.topics);
    this.coordinator.finishLoading(0, this.#now());
  }

  classicGroup(): ClassicGroup | undefined {
    const group = this.coordinator.group(GROUP);
    if (group?.type === 'consumer') throw new Error('the group speaks the consumer protocol');
    return group;
  }

  /** A new coordinator that knows only what the log has. */
  restart(): void {
    this.coordinator = new GroupCoordinator(this.#config, this.topics);
    this.coordinator.startLoading(0);
    for (const { key, value } of this.log) this.coordinator.load(key, value, this.#now());
    this.coordinator.finishLoading(0, this.#now());
  }

  /** Sends a request; returns its number, for {@link answer}. */
  ask(request: Ask<GroupRequest>, groupId = GROUP): number {
    this.#requests += 1;
    this.#perform(this.coordinator.request(groupId, { ...request, requestId: this.#requests }, this.#now()));
    return this.#requests;
  }

  answer(request: number): CoordinatorResponse | undefined {
    return this.#answers.get(request);
  }

  join(memberId: string, options: Partial<JoinInput> = {}): number {
    return this.ask({
      type: 'join',
      memberId,
      newMemberId: `${options.clientId ?? 'm'}${this.#requests + 1}`,
      groupInstanceId: null,
      clientId: 'm',
      clientHost: '/127.0.0.1',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
      sessionTimeoutMs: 1_000,
      rebalanceTimeoutMs: 5_000,
      requireKnownMemberId: false,
      supportsSkipAssignment: false,
      reason: null,
      ...options,
    });
  }

  joinAnswer(request: number): JoinResponse {
    const answer = this.answer(request);
    if (answer?.type !== 'join') throw new Error(`join ${request} is not answered`);
    return answer;
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: Record<string, string> = {},
    groupInstanceId: string | null = null,
  ): number {
    return this.ask({
      type: 'sync',
      memberId,
      groupInstanceId,
      generationId,
      protocolType: null,
      protocolName: null,
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
    });
  }

  syncAnswer(request: number): SyncResponse {
    const answer = this.answer(request);
    if (answer?.type !== 'sync') throw new Error(`sync ${request} is not answered`);
    return answer;
  }

  heartbeat(memberId: string, generationId: number): GroupError {
    const answer = this.answer(this.ask({ type: 'heartbeat', memberId, groupInstanceId: null, generationId }));
    if (answer?.type !== 'heartbeat') throw new Error('a heartbeat is answered at once');
    return answer.error;
  }

  leave(...memberIds: string[]): GroupError[] {
    const members = memberIds.map((memberId) => ({ memberId, groupInstanceId: null, reason: null }));
    const answer = this.answer(this.ask({ type: 'leave', members }));
    if (answer?.type !== 'leave') throw new Error('a leave is answered at once');
    return answer.members.map((member) => member.error);
  }

  commit(
    memberId: string,
    generationId: number,
    offset: bigint,
    metadata = '',
    groupId = GROUP,
    options: Partial<CommitInput> = {},
  ): number {
    return this.ask(
      {
        type: 'commit',
        memberId,
        groupInstanceId: null,
        generationId,
        knowsMemberEpochs: true,
        retentionTimeMs: null,
        producer: null,
        offsets: [{ topic: 'rides', partition: 0, offset, leaderEpoch: 0, metadata }],
        ...options,
      },
      groupId,
    );
  }

  commitErrors(request: number): readonly GroupError[] | undefined {
    const answer = this.answer(request);
    return answer?.type === 'commit' ? answer.errors : undefined;
  }

  committed(groupId = GROUP): bigint | undefined {
    return this.coordinator.committed(groupId)?.get('rides', 0)?.offset;
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let next = this.coordinator.nextDeadlineMs(); next <= untilMs; next = this.coordinator.nextDeadlineMs()) {
      this.nowMs = Math.max(this.nowMs, next);
      this.#perform(this.coordinator.tick(this.#now()));
    }
    this.nowMs = untilMs;
  }

  /** Ends the appends that were held. */
  releaseAppends(error: GroupError = 'NONE'): void {
    const held = this.heldAppends ?? [];
    this.heldAppends = null;
    for (const append of held) this.#endAppend(append, error);
  }

  /** Two members in a stable group, the first its leader. */
  stableGroupOfTwo(): { leader: string; follower: string; generationId: number } {
    const leader = this.joinAnswer(this.join('', { clientId: 'a' })).memberId;
    const second = this.join('', { clientId: 'b' });
    this.join(leader);
    const follower = this.joinAnswer(second).memberId;
    const { generationId } = this.joinAnswer(second);
    this.sync(follower, generationId);
    this.sync(leader, generationId, { [leader]: 'left', [follower]: 'right' });
    return { leader, follower, generationId };
  }

  run(effects: readonly CoordinatorEffect[]): void {
    this.#perform(effects);
  }

  now(): { monotonicMs: number; wallMs: number } {
    return this.#now();
  }

  #now(): { monotonicMs: number; wallMs: number } {
    return { monotonicMs: this.nowMs, wallMs: 1_700_000_000_000 + this.nowMs };
  }

  #perform(effects: readonly CoordinatorEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'reply') {
        if (this.#answers.has(effect.requestId)) throw new Error(`request ${effect.requestId} is answered twice`);
        this.#answers.set(effect.requestId, effect.response);
      } else if (effect.type === 'memberRemoved') this.removed.push(effect.reason);
      else if (this.heldAppends) this.heldAppends.push(effect);
      else this.#endAppend(effect, 'NONE');
    }
  }

  #endAppend(append: AppendEffect, error: GroupError): void {
    if (error === 'NONE') this.log.push(...append.records);
    this.#perform(this.coordinator.appended(append.appendId, error, this.#now()));
  }
}
