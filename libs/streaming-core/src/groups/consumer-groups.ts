import { createGroup } from './classic/group.js';
import { classicTombstones } from './classic-groups.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
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
import { isWithoutMembers } from './group-rules.js';
import type { GroupEntry, GroupTable } from './group-table.js';

/** Groups of the consumer protocol (KIP-848): carries heartbeats and deadlines to a group, and its changes to the log. */
export class ConsumerGroups {
  constructor(
    private readonly table: GroupTable,
    private readonly topics: TopicsView,
  ) {}

  heartbeat(groupId: string, input: ConsumerHeartbeatInput, now: Now): void {
    try {
      checkHeartbeat(groupId, input, this.table.config);
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
      const member = group.state.members.get(memberId);
      forgetDeadlines(group, memberId);
      if (!member) continue;
      const draft = this.draft(group, now);
      draft.remove(memberId);
      this.commit(entry, group, draft, () => undefined);
      this.table.emit({ type: 'memberRemoved', groupId: entry.groupId, memberId, reason });
    }
  }

  nextDeadlineMs(group: ConsumerGroup): number {
    let nextMs = Infinity;
    for (const deadlineMs of group.sessionDeadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
    for (const { deadlineMs } of group.revocationDeadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
    for (const deadlineMs of group.joinDeadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
    for (const deadlineMs of group.syncDeadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
    return nextMs;
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

  draft(group: ConsumerGroup, now: Now): Draft {
    return new Draft(group.state, {
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
    if (draft.hasRefreshed) group.topicsVersion = this.topics.version;
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
      if (error !== 'NONE') group.topicsVersion = -1;
      end(error);
    });
  }

  #heartbeat(entry: GroupEntry, input: ConsumerHeartbeatInput, now: Now): void {
    const classic = entry.group.type === 'classic' ? entry.group : null;
    const group = entry.group.type === 'consumer' ? entry.group : new ConsumerGroup(entry.groupId);
    const draft = this.draft(group, now);
    const answer = input.memberEpoch < 0 ? leave(draft, input) : heartbeat(draft, input);
    const tombstones = classic?.protocolType ? classicTombstones(entry.groupId) : [];
    entry.group = group;
    const respond = (error: GroupError): void => {
      if (error !== 'NONE' && classic && entry.group === group && group.state.epoch === 0) entry.group = classic;
      this.#reply(
        input,
        error === 'NONE' ? this.#accepted(entry.groupId, answer) : refusal(error, 'The change could not be written.'),
      );
    };
    this.commit(entry, group, draft, respond, tombstones);
    this.#watch(group, input, answer, now);
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
    if (entry) {
      if (isWithoutMembers(entry.group)) return entry;
      throw new GroupRefusal('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`);
    }
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

function* overdue(group: ConsumerGroup, nowMs: number): IterableIterator<readonly [memberId: string, reason: string]> {
  for (const [memberId, deadlineMs] of [...group.sessionDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'session timed out'];
  }
  for (const [memberId, { epoch, deadlineMs }] of [...group.revocationDeadlines]) {
    if (deadlineMs > nowMs) continue;
    const current = group.state.members.get(memberId)?.current;
    if (current?.phase === 'unrevoked' && current.epoch === epoch)
      yield [memberId, 'did not give up partitions in time'];
    else group.revocationDeadlines.delete(memberId);
  }
  for (const [memberId, deadlineMs] of [...group.joinDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'did not rejoin in time'];
  }
  for (const [memberId, deadlineMs] of [...group.syncDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'did not sync in time'];
  }
}

export function forgetDeadlines(group: ConsumerGroup, memberId: string): void {
  group.sessionDeadlines.delete(memberId);
  group.revocationDeadlines.delete(memberId);
  group.joinDeadlines.delete(memberId);
  group.syncDeadlines.delete(memberId);
}

/** Gives a member its rebalance timeout for giving up partitions, once for each epoch. Members of the classic protocol have others. */
function watchRevocation(group: ConsumerGroup, { memberId, current, subscription }: ConsumerMember, now: Now): void {
  if (current.phase !== 'unrevoked' || subscription.classic !== null) {
    group.revocationDeadlines.delete(memberId);
    return;
  }
  const deadlineMs = now.monotonicMs + subscription.rebalanceTimeoutMs;
  if (group.revocationDeadlines.get(memberId)?.epoch === current.epoch) return;
  group.revocationDeadlines.set(memberId, { epoch: current.epoch, deadlineMs });
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
