import { ClassicGroups, classicTombstones } from './classic-groups.js';
import { becomeClassic, ConsumerGroups, consumerTombstones } from './consumer-groups.js';
import { nextDeadlineMs } from './consumer/deadlines.js';
import type { TopicsView } from './consumer/types.js';
import type {
  ClassicRequest,
  CommitInput,
  CoordinatorConfig,
  CoordinatorEffect,
  GroupRequest,
  Now,
} from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import { GroupLoader } from './group-loader.js';
import { isWithoutMembers, refuseFetch, refuseOffsetDelete, type AnyGroup } from './group-rules.js';
import { GroupTable, type GroupEntry } from './group-table.js';
import { isUnused, OffsetCommits } from './offset-commits.js';
import { MixedGroups } from './mixed-groups.js';
import type { OffsetStore, TopicPartition } from './offset-store.js';

/** An operation whose outcome is known at once, with what must be written for it. */
export interface Outcome<T> {
  readonly result: T;
  readonly effects: CoordinatorEffect[];
}

/** All groups of one broker, as a deterministic machine: inputs in, effects out, no clock and no I/O. */
export class GroupCoordinator {
  readonly #table: GroupTable;
  readonly #loader: GroupLoader;
  readonly #classic: ClassicGroups;
  readonly #consumer: ConsumerGroups;
  readonly #mixed: MixedGroups;
  readonly #offsets: OffsetCommits;
  readonly #topics: TopicsView;

  constructor(config: CoordinatorConfig, topics: TopicsView) {
    this.#table = new GroupTable(config);
    this.#loader = new GroupLoader(this.#table);
    this.#classic = new ClassicGroups(this.#table);
    this.#consumer = new ConsumerGroups(this.#table, topics, this.#classic);
    this.#mixed = new MixedGroups(this.#table, this.#consumer, topics);
    this.#offsets = new OffsetCommits(this.#table);
    this.#topics = topics;
  }

  /** Why this broker cannot answer for a group now, or `NONE`. */
  availability(groupId: string): GroupError {
    return this.#table.availability(groupId);
  }

  startLoading(partition: number): void {
    this.#table.setLoadState(partition, 'loading');
  }

  /**
   * One record of `__consumer_offsets`, while its partition is loading, in log order.
   * @param producerId of the transaction that the record is part of: it counts once {@link completeTransaction} was called
   * @throws {WireError} for garbage
   */
  load(key: Buffer, value: Buffer | null, now: Now, producerId: bigint | null = null): void {
    this.#loader.load(key, value, now, producerId);
  }

  /** What a partition of `__consumer_offsets` holds cannot be read: its groups are not served, so that none begins anew. */
  failLoading(partition: number): void {
    this.#table.setLoadState(partition, 'failed');
  }

  finishLoading(partition: number, now: Now): void {
    for (const { group } of this.#loader.finish(partition, now)) this.#consumer.restore(group, now);
    this.#table.setLoadState(partition, 'loaded');
    for (const entry of this.#table.entries()) {
      const isLeftover = entry.group.type === 'classic' && entry.group.protocolType === null && isUnused(entry);
      if (isLeftover && this.#table.partitionOf(entry.groupId) === partition) this.#table.remove(entry);
    }
  }

  /** A request of a client. The answer comes as a `reply` effect, now or later. */
  request(groupId: string, input: GroupRequest, now: Now): CoordinatorEffect[] {
    if (this.#table.isFull && !this.#table.get(groupId)) this.#removeUnused();
    if (input.type === 'commit') this.#commit(groupId, input, now);
    else if (input.type === 'consumerHeartbeat') this.#consumer.heartbeat(groupId, input, now);
    else this.#toClassic(groupId, input, now);
    return this.#table.takeEffects();
  }

  /** The end of an `append` effect. */
  appended(appendId: number, error: GroupError, now: Now): CoordinatorEffect[] {
    this.#table.appended(appendId, error, now);
    return this.#table.takeEffects();
  }

  /**
   * The end of a producer's transaction that committed offsets to groups of this partition of `__consumer_offsets`. To be called
   * once its marker is in that partition's log, and for each marker that is met while loading.
   */
  completeTransaction(partition: number, producerId: bigint, isCommit: boolean): void {
    this.#table.completeTransaction(partition, producerId, isCommit);
  }

  /** Lets deadlines pass. */
  tick(now: Now): CoordinatorEffect[] {
    for (const entry of this.#table.entries()) {
      const { group } = entry;
      if (this.#deadlineOf(group) > now.monotonicMs) continue;
      if (group.type === 'consumer') this.#consumer.tick(entry, group, now);
      else this.#classic.step(entry, group, { type: 'tick' }, now);
    }
    return this.#table.takeEffects();
  }

  /** When `tick` is due: for one group, or for the first of all. */
  nextDeadlineMs(groupId?: string): number {
    if (groupId !== undefined) {
      const entry = this.#table.get(groupId);
      return entry ? this.#deadlineOf(entry.group) : Infinity;
    }
    let nextMs = Infinity;
    for (const { group } of this.#table.entries()) nextMs = Math.min(nextMs, this.#deadlineOf(group));
    return nextMs;
  }

  /** Forgets offsets that lapsed, and groups without members that have none left. */
  expireOffsets(now: Now): CoordinatorEffect[] {
    for (const entry of this.#offsets.expire(now)) this.#remove(entry);
    return this.#table.takeEffects();
  }

  /** Offsets of a topic that was deleted: a new topic of that name must not begin in the middle. */
  forgetTopic(topic: string): CoordinatorEffect[] {
    this.#offsets.forgetTopics((each) => each === topic);
    return this.#table.takeEffects();
  }

  /** The same for topics that were deleted in an earlier run, which may have ended before the tombstones were durable. */
  forgetMissingTopics(): CoordinatorEffect[] {
    this.#offsets.forgetTopics((topic) => !this.#topics.get(topic));
    return this.#table.takeEffects();
  }

  /** The tombstones are on their way to the log when this returns. */
  deleteGroup(groupId: string, now: Now): Outcome<GroupError> {
    const error = this.availability(groupId);
    if (error !== 'NONE') return { result: error, effects: [] };
    const entry = this.#table.get(groupId);
    if (!entry) return { result: 'GROUP_ID_NOT_FOUND', effects: [] };
    if (!isWithoutMembers(entry.group)) return { result: 'NON_EMPTY_GROUP', effects: [] };
    this.#offsets.forgetAll(entry);
    if (entry.group.type === 'classic') {
      this.#classic.step(entry, entry.group, { type: 'unload', error: 'GROUP_ID_NOT_FOUND' }, now);
    }
    this.#remove(entry);
    return { result: 'NONE', effects: this.#table.takeEffects() };
  }

  /** An error for the whole request, or one for each partition. */
  deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Outcome<GroupError | GroupError[]> {
    const error = groupId === '' ? 'INVALID_GROUP_ID' : this.availability(groupId);
    if (error !== 'NONE') return { result: error, effects: [] };
    const entry = this.#table.get(groupId);
    if (!entry) return { result: 'GROUP_ID_NOT_FOUND', effects: [] };
    const refused = refuseOffsetDelete(entry.group);
    if (refused !== 'NONE') return { result: refused, effects: [] };
    const result = this.#offsets.delete(entry, partitions);
    return { result, effects: this.#table.takeEffects() };
  }

  /** Answers everyone who waits; for shutdown. */
  unloadAll(now: Now): CoordinatorEffect[] {
    for (const entry of this.#table.entries()) {
      const { group } = entry;
      if (group.type === 'classic') this.#classic.step(entry, group, { type: 'unload', error: 'NOT_COORDINATOR' }, now);
    }
    this.#table.clear();
    return this.#table.takeEffects();
  }

  group(groupId: string): AnyGroup | undefined {
    return this.#table.get(groupId)?.group;
  }

  groups(): AnyGroup[] {
    return Array.from(this.#table.entries(), (entry) => entry.group);
  }

  committed(groupId: string): OffsetStore | undefined {
    return this.#table.get(groupId)?.offsets;
  }

  /** Why a client may not read a group's offsets, or `NONE`. Null and below 0: it does not say who it is. */
  refuseFetch(groupId: string, memberId: string | null, memberEpoch: number): GroupError {
    const error = this.availability(groupId);
    if (error !== 'NONE') return error;
    const entry = this.#table.get(groupId);
    if (entry) return refuseFetch(entry.group, memberId, memberEpoch);
    return memberId !== null && memberEpoch >= 0 ? 'GROUP_ID_NOT_FOUND' : 'NONE';
  }

  #deadlineOf(group: AnyGroup): number {
    return group.type === 'consumer' ? nextDeadlineMs(group) : this.#classic.nextDeadlineMs(group);
  }

  #commit(groupId: string, input: CommitInput, now: Now): void {
    this.#offsets.commit(groupId, input, this.availability(groupId), now);
  }

  #toClassic(groupId: string, input: ClassicRequest, now: Now): void {
    const error = groupId === '' ? 'INVALID_GROUP_ID' : this.availability(groupId);
    if (error !== 'NONE') {
      this.#classic.fail(input, error);
      return;
    }
    const entry = this.#table.get(groupId);
    if (entry?.group.type !== 'consumer') this.#classic.request(groupId, input, now);
    else if (input.type !== 'join' || !isWithoutMembers(entry.group))
      this.#mixed.request(entry, entry.group, input, now);
    else {
      becomeClassic(this.#table, entry, entry.group);
      this.#classic.request(groupId, input, now);
    }
  }

  #removeUnused(): void {
    for (const entry of this.#table.entries()) if (isUnused(entry)) this.#remove(entry);
  }

  /** Only what was ever written needs a tombstone. */
  #remove(entry: GroupEntry): void {
    const { group, groupId } = entry;
    if (group.type === 'consumer') this.#table.append(groupId, consumerTombstones(group));
    else if (group.protocolType !== null) this.#table.append(groupId, classicTombstones(groupId));
    this.#table.remove(entry);
  }
}
