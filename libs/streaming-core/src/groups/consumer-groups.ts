import { createGroup } from './classic/group.js';
import { classicTombstones, groupRecord, type ClassicGroups } from './classic-groups.js';
import type { ClassicGroup } from './classic/types.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
import { forgetDeadlines, overdue, watchRevocation } from './consumer/deadlines.js';
import { Draft, GroupRefusal } from './consumer/draft.js';
import { checkHeartbeat, heartbeat, leave, type HeartbeatAnswer } from './consumer/heartbeat.js';
import { encodeConsumerRecord } from './consumer/records.js';
import {
  JOIN_EPOCH,
  type ConsumerGroupRecord,
  type ConsumerHeartbeatInput,
  type ConsumerHeartbeatResponse,
  type ConsumerMember,
  type TopicsView,
} from './consumer/types.js';
import type { Now, RecordToAppend } from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import type { GroupEntry, GroupTable } from './group-table.js';
import { downgrade, mayDowngrade, mayUpgrade, upgradeRecords } from './migration.js';

/** Groups of the consumer protocol (KIP-848): carries heartbeats and deadlines to a group, and its changes to the log. */
export class ConsumerGroups {
  constructor(
    private readonly table: GroupTable,
    private readonly topics: TopicsView,
    private readonly classic: ClassicGroups,
  ) {}

  heartbeat(groupId: string, input: ConsumerHeartbeatInput, now: Now): void {
    try {
      checkHeartbeat(groupId, input, this.table.config);
      if (bytesOf(input) > this.table.config.maxMemberBytes) {
        throw new GroupRefusal('POLICY_VIOLATION', 'The subscription is larger than a member may have.');
      }
      const error = this.table.availability(groupId);
      if (error !== 'NONE') throw new GroupRefusal(error, '');
      this.#heartbeat(this.#entryFor(groupId, input.memberEpoch === JOIN_EPOCH, now), input, now);
    } catch (error) {
      if (!(error instanceof GroupRefusal)) throw error;
      this.#reply(input, refusal(error.code, error.message));
    }
  }

  /** Lets deadlines pass: who was not heard of in time is out. */
  tick(entry: GroupEntry, group: ConsumerGroup, now: Now): void {
    for (const [memberId, reason] of overdue(group, now.monotonicMs)) {
      // The removal of one may have made the group a classic one.
      if (entry.group !== group) return;
      const member = group.state.members.get(memberId);
      forgetDeadlines(group, memberId);
      if (!member) continue;
      const draft = this.draft(group, now);
      draft.remove(memberId);
      this.commitOrDowngrade(entry, group, draft, now, () => undefined);
      this.table.emit({ type: 'memberRemoved', groupId: entry.groupId, memberId, reason });
    }
  }

  /** A group as the log has it: its members get a whole session to find the coordinator again. */
  restore(group: ConsumerGroup, now: Now): void {
    for (const member of group.state.members.values()) {
      this.keepAlive(group, member, now);
      watchRevocation(group, member, now);
    }
  }

  keepAlive(group: ConsumerGroup, { memberId, subscription }: ConsumerMember, now: Now): void {
    const timeoutMs =
      subscription.classic?.sessionTimeoutMs ?? this.table.config.consumerSessionTimeoutMs(group.groupId);
    group.sessionDeadlines.set(memberId, now.monotonicMs + timeoutMs);
  }

  draft(group: ConsumerGroup, now: Now, input: ConsumerHeartbeatInput | null = null): Draft {
    return new Draft(group.state, {
      asker: input && {
        memberId: input.memberId === '' ? input.newMemberId : input.memberId,
        maySee: input.maySee,
        isResolved: (regex) => group.regexVersions.get(regex) === this.topics.version,
      },
      config: this.table.config,
      topics: this.topics,
      haveTopicsChanged: group.topicsVersion !== this.topics.version,
      wallMs: now.wallMs,
    });
  }

  /**
   * Writes what was decided; `then` runs when it, and all that it rests on, is durable or lost.
   * @param before records of another kind that belong to the same change, to be written first
   */
  commit(
    entry: GroupEntry,
    group: ConsumerGroup,
    draft: Draft,
    then: (error: GroupError, now: Now | null) => void,
    before: readonly RecordToAppend[] = [],
  ): void {
    this.#noteTopics(group, draft);
    if (draft.records.length === 0 && before.length === 0) {
      group.whenDurable((error) => {
        then(error, null);
      });
      return;
    }
    let endedAt: Now | null = null;
    const { records, end } = group.begin(draft.state, draft.records, (error) => {
      then(error, endedAt);
    });
    const encoded = records.map((record) => encodeConsumerRecord(entry.groupId, record));
    entry.appendsInFlight += 1;
    this.table.append(entry.groupId, [...before, ...encoded], (error, now) => {
      entry.appendsInFlight -= 1;
      endedAt = now;
      // What was decided on topics that the group has not looked at in the end must be looked at again.
      if (error !== 'NONE') {
        group.topicsVersion = -1;
        group.regexVersions.clear();
      }
      end(error);
    });
  }

  /** As {@link commit}; if only members of the classic protocol are left, the group becomes a classic one. */
  commitOrDowngrade(
    entry: GroupEntry,
    group: ConsumerGroup,
    draft: Draft,
    now: Now,
    then: (error: GroupError) => void,
  ): void {
    const { config } = this.table;
    if (draft.records.length === 0 || !mayDowngrade(draft.state, config, config.maxMembers)) {
      this.commit(entry, group, draft, then);
      return;
    }
    const classic = downgrade(group, draft.state, this.topics, now.monotonicMs);
    entry.group = classic;
    entry.phaseSinceMs = now.wallMs;
    entry.appendsInFlight += 1;
    const records = [...consumerTombstones(group), groupRecord(entry, classic)];
    this.table.append(entry.groupId, records, (error, endedAt) => {
      entry.appendsInFlight -= 1;
      if (error !== 'NONE' && entry.group === classic) {
        this.classic.step(entry, classic, { type: 'unload', error }, endedAt);
        entry.group = group;
      }
      then(error);
    });
    // Its members learn by their heartbeats that they must agree among themselves again.
    if (draft.state.members.size < group.state.members.size)
      this.classic.step(entry, classic, { type: 'rebalance' }, now);
  }

  #noteTopics(group: ConsumerGroup, { hasRefreshed, resolvedRegex, state }: Draft): void {
    if (!hasRefreshed) return;
    group.topicsVersion = this.topics.version;
    if (resolvedRegex !== null) group.regexVersions.set(resolvedRegex, this.topics.version);
    for (const regex of group.regexVersions.keys()) if (!state.regexes.has(regex)) group.regexVersions.delete(regex);
  }

  #heartbeat(entry: GroupEntry, input: ConsumerHeartbeatInput, now: Now): void {
    const classic = entry.group.type === 'classic' ? entry.group : null;
    const group = entry.group.type === 'consumer' ? entry.group : new ConsumerGroup(entry.groupId);
    const draft = this.draft(group, now, input);
    if (classic) this.#upgrade(draft, classic);
    const answer = input.memberEpoch < 0 ? leave(draft, input) : heartbeat(draft, input);
    const respond = (error: GroupError): void => {
      const accepted = error === 'NONE';
      this.#reply(
        input,
        accepted ? this.#accepted(entry.groupId, answer) : refusal(error, 'The change could not be written.'),
      );
    };
    if (!classic) {
      this.commitOrDowngrade(entry, group, draft, now, respond);
      this.#watch(group, input, answer, now);
      return;
    }
    entry.group = group;
    const then = (error: GroupError, endedAt: Now | null): void => {
      // Whoever waits for the classic rebalance joins again.
      const unload = { type: 'unload', error: 'REBALANCE_IN_PROGRESS' } as const;
      if (error === 'NONE') this.classic.step(entry, classic, unload, endedAt ?? now);
      else if (entry.group === group) entry.group = classic;
      respond(error);
    };
    this.commit(entry, group, draft, then, classic.protocolType === null ? [] : classicTombstones(entry.groupId));
    this.restore(group, now);
  }

  /** The members of a classic group become members of the classic protocol in a consumer group. @throws {GroupRefusal} */
  #upgrade(draft: Draft, classic: ClassicGroup): void {
    if (classic.members.size === 0) return;
    const records = mayUpgrade(classic, this.table.config) ? upgradeRecords(classic, this.topics) : null;
    if (records === null) {
      throw new GroupRefusal('GROUP_ID_NOT_FOUND', `Group ${classic.groupId} is not a consumer group.`);
    }
    draft.add(...records);
  }

  #watch(group: ConsumerGroup, input: ConsumerHeartbeatInput, answer: HeartbeatAnswer, now: Now): void {
    const member = group.state.members.get(answer.memberId);
    if (!member) {
      forgetDeadlines(group, answer.memberId);
      return;
    }
    // A static member that left for a while has what remains of its session to come back.
    if (input.memberEpoch >= 0) this.keepAlive(group, member, now);
    watchRevocation(group, member, now);
  }

  /** @throws {GroupRefusal} */
  #entryFor(groupId: string, mayCreate: boolean, now: Now): GroupEntry {
    const entry = this.table.get(groupId);
    if (entry?.group.type === 'consumer') return entry;
    if (!mayCreate) {
      const message = entry ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`;
      throw new GroupRefusal('GROUP_ID_NOT_FOUND', message);
    }
    if (entry) return entry;
    if (this.table.isFull) throw new GroupRefusal('POLICY_VIOLATION', 'This broker has as many groups as it may have.');
    return this.table.getOrCreate(groupId, now);
  }

  #accepted(groupId: string, { memberId, memberEpoch, assignment }: HeartbeatAnswer): ConsumerHeartbeatResponse {
    return {
      type: 'consumerHeartbeat',
      error: 'NONE',
      message: null,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: memberEpoch < 0 ? 0 : this.table.config.consumerHeartbeatIntervalMs(groupId),
      assignment,
    };
  }

  #reply({ requestId }: ConsumerHeartbeatInput, response: ConsumerHeartbeatResponse): void {
    this.table.emit({ type: 'reply', requestId, response });
  }
}

/** Takes an empty consumer group out of the log; what it committed stays. */
export function consumerTombstones(group: ConsumerGroup): RecordToAppend[] {
  const { state, groupId } = group;
  const members = [...state.members.keys()];
  const records: ConsumerGroupRecord[] = [
    ...members.map((id) => ({ kind: 'current', id, value: null }) as const),
    ...members.map((id) => ({ kind: 'target', id, value: null }) as const),
    { kind: 'targetEpoch', value: null },
    ...members.map((id) => ({ kind: 'member', id, value: null }) as const),
    ...Array.from(state.regexes.keys(), (id) => ({ kind: 'regex', id, value: null }) as const),
    { kind: 'epoch', value: null },
  ];
  return records.map((record) => encodeConsumerRecord(groupId, record));
}

/** An empty consumer group makes room for a classic one. */
export function becomeClassic(table: GroupTable, entry: GroupEntry, group: ConsumerGroup): void {
  table.append(entry.groupId, consumerTombstones(group));
  entry.group = createGroup(entry.groupId);
}

/** What of a heartbeat is kept with the member, roughly. */
function bytesOf({ memberId, instanceId, rackId, topicNames, topicRegex }: ConsumerHeartbeatInput): number {
  const texts = [memberId, instanceId ?? '', rackId ?? '', topicRegex ?? '', ...(topicNames ?? [])];
  return texts.reduce((sum, text) => sum + text.length, 0);
}

function refusal(error: GroupError, message: string): ConsumerHeartbeatResponse {
  return {
    type: 'consumerHeartbeat',
    error,
    message: message === '' ? null : message,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  };
}
