import { checkMember, createGroup, failedJoin } from './group.js';
import { partitionOfGroup } from './group-partition.js';
import { decodeGroup, decodeKey, decodeOffset, encodeGroup, encodeKey, encodeOffset } from './group-records.js';
import { restoreGroup, snapshotOf } from './group-snapshot.js';
import { nextDeadlineMs, stepGroup } from './group-step.js';
import type {
  Group,
  GroupConfig,
  GroupEffect,
  GroupError,
  GroupInput,
  GroupResponse,
  HeartbeatInput,
  JoinInput,
  LeaveInput,
  RequestId,
  SyncInput,
} from './group-types.js';
import { OffsetStore, type CommittedOffset, type TopicPartition } from './offset-store.js';

export interface CoordinatorConfig extends GroupConfig {
  /** Partitions of `__consumer_offsets`. */
  readonly offsetsPartitions: number;
  readonly maxGroups: number;
  readonly maxOffsetMetadataBytes: number;
  /** How long the offsets of a group without members are kept. */
  readonly offsetsRetentionMs: number;
}

/** Both clocks, read once per step: deadlines are monotonic, what is stored is wall time. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export interface OffsetToCommit extends TopicPartition {
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

export interface CommitInput {
  readonly type: 'commit';
  readonly requestId: RequestId;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Below 0: the client manages its partitions itself. */
  readonly generationId: number;
  readonly offsets: readonly OffsetToCommit[];
}

export type GroupRequest = JoinInput | SyncInput | HeartbeatInput | LeaveInput | CommitInput;

export type CoordinatorResponse =
  | GroupResponse
  /** One error per offset of the request, in its order. */
  | { readonly type: 'commit'; readonly errors: readonly GroupError[] };

export interface RecordToAppend {
  readonly key: Buffer;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
}

export type CoordinatorEffect =
  | { readonly type: 'reply'; readonly requestId: RequestId; readonly response: CoordinatorResponse }
  /** Write these to a partition of `__consumer_offsets`, in order; call `appended` once they are durable or lost. */
  | {
      readonly type: 'append';
      readonly groupId: string;
      readonly appendId: number;
      readonly partition: number;
      readonly records: readonly RecordToAppend[];
    }
  | { readonly type: 'memberRemoved'; readonly groupId: string; readonly memberId: string; readonly reason: string };

interface Entry {
  readonly group: Group;
  readonly offsets: OffsetStore;
  /** Since when the group is in its phase; milliseconds since 1970. */
  phaseSinceMs: number;
  /** Commits and tombstones that are on their way to the log. */
  appendsInFlight: number;
  /** What those commits are of: who forgets offsets must forget these too. */
  readonly committing: Map<number, readonly TopicPartition[]>;
}

type LoadState = 'unloaded' | 'loading' | 'loaded' | 'failed';

/** All groups of one broker, as a deterministic machine: inputs in, effects out, no clock and no I/O. */
export class GroupCoordinator {
  readonly #config: CoordinatorConfig;
  readonly #groups = new Map<string, Entry>();
  readonly #loadStates: LoadState[];
  readonly #onAppended = new Map<number, (error: GroupError, now: Now) => void>();
  #effects: CoordinatorEffect[] = [];
  #lastAppendId = 0;

  constructor(config: CoordinatorConfig) {
    this.#config = config;
    this.#loadStates = Array.from({ length: config.offsetsPartitions }, () => 'unloaded');
  }

  /** Why this broker cannot answer for a group now, or `NONE`. */
  availability(groupId: string): GroupError {
    const state = this.#loadStates[this.#partitionOf(groupId)]!;
    if (state === 'loaded') return 'NONE';
    if (state === 'failed') return 'COORDINATOR_NOT_AVAILABLE';
    return state === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR';
  }

  startLoading(partition: number): void {
    this.#loadStates[partition] = 'loading';
  }

  /** One record of `__consumer_offsets`, while its partition is loading, in log order. Throws WireError on garbage. */
  load(key: Buffer, value: Buffer | null, now: Now): void {
    const decoded = decodeKey(key);
    if (decoded === null) return;
    const { groupId } = decoded;
    if (decoded.type === 'offset') {
      const committed = value === null ? null : decodeOffset(value);
      const { offsets } = this.#entry(groupId, now);
      if (committed) offsets.set(decoded.topic, decoded.partition, committed);
      else offsets.delete(decoded.topic, decoded.partition);
      return;
    }
    const stored = value === null ? null : decodeGroup(value);
    const offsets = this.#groups.get(groupId)?.offsets ?? new OffsetStore();
    const group = stored ? restoreGroup(groupId, stored, now.monotonicMs) : createGroup(groupId);
    const phaseSinceMs = stored && stored.phaseSinceMs >= 0 ? stored.phaseSinceMs : now.wallMs;
    this.#groups.set(groupId, { group, offsets, phaseSinceMs, appendsInFlight: 0, committing: new Map() });
  }

  /** What a partition of `__consumer_offsets` holds cannot be read: its groups are not served, so that none begins anew. */
  failLoading(partition: number): void {
    this.#loadStates[partition] = 'failed';
  }

  finishLoading(partition: number): void {
    this.#loadStates[partition] = 'loaded';
    for (const [groupId, entry] of this.#groups) if (isUnused(entry)) this.#groups.delete(groupId);
  }

  /** A request of a client. The answer comes as a `reply` effect, now or later. */
  request(groupId: string, input: GroupRequest, now: Now): CoordinatorEffect[] {
    const error = groupId === '' ? 'INVALID_GROUP_ID' : this.availability(groupId);
    if (input.type === 'commit') this.#commit(groupId, input, error, now);
    else if (error !== 'NONE') this.#fail(input, error);
    else if (input.type === 'join') this.#join(groupId, input, now);
    else this.#toGroup(groupId, input, now);
    return this.#takeEffects();
  }

  /** The end of an `append` effect. */
  appended(appendId: number, error: GroupError, now: Now): CoordinatorEffect[] {
    const callback = this.#onAppended.get(appendId);
    this.#onAppended.delete(appendId);
    callback?.(error, now);
    return this.#takeEffects();
  }

  /** Lets deadlines pass. */
  tick(now: Now): CoordinatorEffect[] {
    for (const [groupId, entry] of this.#groups) {
      if (nextDeadlineMs(entry.group) <= now.monotonicMs) this.#step(entry, { type: 'tick' }, now);
      if (isUnused(entry)) this.#groups.delete(groupId);
    }
    return this.#takeEffects();
  }

  /** When `tick` is due: for one group, or for the first of all. */
  nextDeadlineMs(groupId?: string): number {
    if (groupId !== undefined) {
      const entry = this.#groups.get(groupId);
      return entry ? nextDeadlineMs(entry.group) : Infinity;
    }
    let nextMs = Infinity;
    for (const { group } of this.#groups.values()) nextMs = Math.min(nextMs, nextDeadlineMs(group));
    return nextMs;
  }

  /** Forgets offsets of groups that have had no members for the retention time, and groups that have nothing left. */
  expireOffsets(now: Now): CoordinatorEffect[] {
    const before = now.wallMs - this.#config.offsetsRetentionMs;
    for (const [groupId, entry] of this.#groups) {
      if (entry.group.phase !== 'Empty' || entry.phaseSinceMs >= before || entry.appendsInFlight > 0) continue;
      this.#forgetOffsets(groupId, entry.offsets.committedBefore(before));
    }
    return this.#takeEffects();
  }

  /** Offsets of a topic that was deleted: a new topic of that name must not begin in the middle. */
  forgetTopic(topic: string): CoordinatorEffect[] {
    for (const [groupId, entry] of this.#groups) {
      this.#forgetOffsets(
        groupId,
        everyOffset(entry).filter((each) => each.topic === topic),
      );
    }
    return this.#takeEffects();
  }

  /** The error is final; the tombstones are on their way to the log when this returns. */
  deleteGroup(groupId: string, now: Now): { readonly error: GroupError; readonly effects: CoordinatorEffect[] } {
    const error = groupId === '' ? 'INVALID_GROUP_ID' : this.availability(groupId);
    if (error !== 'NONE') return { error, effects: [] };
    const entry = this.#groups.get(groupId);
    if (!entry) return { error: 'GROUP_ID_NOT_FOUND', effects: [] };
    if (entry.group.phase !== 'Empty') return { error: 'NON_EMPTY_GROUP', effects: [] };
    this.#forgetOffsets(groupId, everyOffset(entry));
    this.#append(groupId, [{ key: encodeKey({ type: 'group', groupId }), value: null }]);
    this.#step(entry, { type: 'unload', error: 'GROUP_ID_NOT_FOUND' }, now);
    this.#groups.delete(groupId);
    return { error: 'NONE', effects: this.#takeEffects() };
  }

  /** Answers everyone who waits; for shutdown. */
  unloadAll(now: Now): CoordinatorEffect[] {
    for (const entry of this.#groups.values()) this.#step(entry, { type: 'unload', error: 'NOT_COORDINATOR' }, now);
    this.#groups.clear();
    this.#loadStates.fill('unloaded');
    return this.#takeEffects();
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId)?.group;
  }

  groups(): Group[] {
    return [...this.#groups.values()].map((entry) => entry.group);
  }

  committed(groupId: string): OffsetStore | undefined {
    return this.#groups.get(groupId)?.offsets;
  }

  #partitionOf(groupId: string): number {
    return partitionOfGroup(groupId, this.#config.offsetsPartitions);
  }

  #entry(groupId: string, now: Now): Entry {
    let entry = this.#groups.get(groupId);
    if (!entry) {
      entry = {
        group: createGroup(groupId),
        offsets: new OffsetStore(),
        phaseSinceMs: now.wallMs,
        appendsInFlight: 0,
        committing: new Map(),
      };
      this.#groups.set(groupId, entry);
    }
    return entry;
  }

  #join(groupId: string, input: JoinInput, now: Now): void {
    if (!this.#groups.has(groupId)) {
      if (input.memberId !== '') {
        this.#fail(input, 'UNKNOWN_MEMBER_ID');
        return;
      }
      if (this.#groups.size >= this.#config.maxGroups) {
        this.#fail(input, 'POLICY_VIOLATION');
        return;
      }
    }
    this.#toGroup(groupId, input, now);
  }

  #toGroup(groupId: string, input: Exclude<GroupRequest, CommitInput>, now: Now): void {
    // A request to a group that does not exist meets an empty one, and gets the same answers.
    const entry = input.type === 'join' ? this.#entry(groupId, now) : this.#groups.get(groupId);
    if (!entry) {
      this.#fail(input, 'UNKNOWN_MEMBER_ID');
      return;
    }
    this.#step(entry, input, now);
    if (isUnused(entry)) this.#groups.delete(groupId);
  }

  #step(entry: Entry, input: GroupInput, now: Now): void {
    const before = entry.group.phase;
    const effects = stepGroup(entry.group, input, this.#config, now.monotonicMs);
    if (entry.group.phase !== before) entry.phaseSinceMs = now.wallMs;
    for (const effect of effects) this.#perform(entry, effect);
  }

  #perform(entry: Entry, effect: GroupEffect): void {
    const { group } = entry;
    if (effect.type === 'reply') this.#effects.push(effect);
    else if (effect.type === 'memberRemoved') this.#effects.push({ ...effect, groupId: group.groupId });
    else {
      const value = encodeGroup(snapshotOf(group, entry.phaseSinceMs));
      this.#append(
        group.groupId,
        [{ key: encodeKey({ type: 'group', groupId: group.groupId }), value }],
        (error, now) => this.#step(entry, { type: 'persisted', generationId: effect.generationId, error }, now),
      );
    }
  }

  #commit(groupId: string, input: CommitInput, unavailable: GroupError, now: Now): void {
    const error = unavailable === 'NONE' ? this.#refuseCommit(groupId, input, now) : unavailable;
    const errors = input.offsets.map(({ metadata }) =>
      error === 'NONE' && Buffer.byteLength(metadata ?? '') > this.#config.maxOffsetMetadataBytes
        ? 'OFFSET_METADATA_TOO_LARGE'
        : error,
    );
    const accepted = input.offsets.filter((_, index) => errors[index] === 'NONE');
    if (accepted.length === 0) {
      this.#replyCommit(input.requestId, errors);
      return;
    }
    const entry = this.#entry(groupId, now);
    const commits = accepted.map(({ topic, partition, offset, leaderEpoch, metadata }) => {
      const committed: CommittedOffset = { offset, leaderEpoch, metadata: metadata ?? '', committedAtMs: now.wallMs };
      return { topic, partition, committed };
    });
    const records = commits.map(({ topic, partition, committed }) => ({
      key: encodeKey({ type: 'offset', groupId, topic, partition }),
      value: encodeOffset(committed),
    }));
    entry.appendsInFlight += 1;
    entry.committing.set(input.requestId, commits);
    this.#append(groupId, records, (appendError) => {
      entry.appendsInFlight -= 1;
      entry.committing.delete(input.requestId);
      if (appendError === 'NONE') {
        for (const { topic, partition, committed } of commits) entry.offsets.set(topic, partition, committed);
      }
      this.#replyCommit(
        input.requestId,
        errors.map((each) => (each === 'NONE' ? appendError : each)),
      );
    });
  }

  #refuseCommit(groupId: string, input: CommitInput, now: Now): GroupError {
    const entry = this.#groups.get(groupId);
    if (!entry) {
      if (input.generationId >= 0) return 'ILLEGAL_GENERATION';
      return this.#groups.size >= this.#config.maxGroups ? 'POLICY_VIOLATION' : 'NONE';
    }
    const { group } = entry;
    if (group.phase === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
    if (input.generationId < 0 && group.phase === 'Empty') return 'NONE';
    const error = checkMember(group, input.memberId, input.groupInstanceId);
    if (error !== 'NONE') return error;
    if (input.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
    if (group.phase === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS';
    // A commit is a sign of life, as a heartbeat is.
    const member = group.members.get(input.memberId)!;
    member.deadlineMs = now.monotonicMs + member.sessionTimeoutMs;
    return 'NONE';
  }

  #replyCommit(requestId: RequestId, errors: readonly GroupError[]): void {
    this.#effects.push({ type: 'reply', requestId, response: { type: 'commit', errors } });
  }

  #fail(input: Exclude<GroupRequest, CommitInput>, error: GroupError): void {
    this.#effects.push({ type: 'reply', requestId: input.requestId, response: failedResponse(input, error) });
  }

  #forgetOffsets(groupId: string, forgotten: readonly TopicPartition[]): void {
    if (forgotten.length === 0) return;
    const entry = this.#groups.get(groupId)!;
    const records: RecordToAppend[] = forgotten.map(({ topic, partition }) => ({
      key: encodeKey({ type: 'offset', groupId, topic, partition }),
      value: null,
    }));
    if (entry.group.phase === 'Empty' && forgotten.length === everyOffset(entry).length) {
      records.push({ key: encodeKey({ type: 'group', groupId }), value: null });
    }
    entry.appendsInFlight += 1;
    this.#append(groupId, records, (error) => {
      entry.appendsInFlight -= 1;
      if (error !== 'NONE') return;
      for (const { topic, partition } of forgotten) entry.offsets.delete(topic, partition);
      if (isUnused(entry) && this.#groups.get(groupId) === entry) this.#groups.delete(groupId);
    });
  }

  #append(groupId: string, records: readonly RecordToAppend[], then?: (error: GroupError, now: Now) => void): void {
    const appendId = ++this.#lastAppendId;
    if (then) this.#onAppended.set(appendId, then);
    this.#effects.push({ type: 'append', groupId, appendId, partition: this.#partitionOf(groupId), records });
  }

  #takeEffects(): CoordinatorEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** Each partition once that has a committed offset, or soon will. */
function everyOffset({ offsets, committing }: Entry): TopicPartition[] {
  const every = new Map<string, TopicPartition>();
  for (const each of [...offsets.entries(), ...[...committing.values()].flat()]) {
    every.set(`${each.topic}-${each.partition}`, each);
  }
  return [...every.values()];
}

/** Nothing would be lost with it. */
function isUnused({ group, offsets, appendsInFlight }: Entry): boolean {
  return group.phase === 'Empty' && group.pendingMembers.size === 0 && offsets.isEmpty && appendsInFlight === 0;
}

function failedResponse(input: Exclude<GroupRequest, CommitInput>, error: GroupError): GroupResponse {
  switch (input.type) {
    case 'join':
      return failedJoin(error, input.memberId);
    case 'sync':
      return { type: 'sync', error, protocolType: null, protocolName: null, assignment: Buffer.alloc(0) };
    case 'heartbeat':
      return { type: 'heartbeat', error };
    case 'leave':
      // Of a group that does not exist each member is unknown; other errors concern the request as a whole.
      return error === 'UNKNOWN_MEMBER_ID'
        ? { type: 'leave', error: 'NONE', members: input.members.map((member) => ({ ...member, error })) }
        : { type: 'leave', error, members: [] };
  }
}
