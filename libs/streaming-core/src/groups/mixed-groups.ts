import { failedJoin, NO_ASSIGNMENT, syncReply } from './classic/group.js';
import type { HeartbeatInput, JoinInput, LeaveInput, LeaveResponse, SyncInput } from './classic/types.js';
import type { ConsumerGroups } from './consumer-groups.js';
import { forgetDeadlines } from './consumer/deadlines.js';
import { CONSUMER_PROTOCOL_TYPE, decodeSubscription } from './consumer-protocol.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import { GroupRefusal, type Draft } from './consumer/draft.js';
import { newMember, ownersOf, targetOf } from './consumer/group-state.js';
import { advance, existingStatic, refuseIfFull, takePlace } from './consumer/heartbeat.js';
import { hasPartition, partitionsOf } from './consumer/partitions.js';
import type { ConsumerGroupState, ConsumerMember, MemberSubscription, TopicsView } from './consumer/types.js';
import type { ClassicRequest, Now } from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import type { GroupEntry, GroupTable } from './group-table.js';
import { assignmentOf, idsOf } from './migration.js';

/**
 * Members of the classic protocol in a consumer group (KIP-848): the group's epoch is their generation, a heartbeat tells them to
 * rejoin, and what they get by SyncGroup is what the coordinator assigned.
 */
export class MixedGroups {
  constructor(
    private readonly table: GroupTable,
    private readonly consumer: ConsumerGroups,
    private readonly topics: TopicsView,
  ) {}

  request(entry: GroupEntry, group: ConsumerGroup, input: ClassicRequest, now: Now): void {
    switch (input.type) {
      case 'join':
        this.#join(entry, group, input, now);
        break;
      case 'sync':
        this.#sync(group, input, now);
        break;
      case 'heartbeat':
        this.#heartbeat(group, input, now);
        break;
      case 'leave':
        this.#leave(entry, group, input, now);
        break;
    }
  }

  #join(entry: GroupEntry, group: ConsumerGroup, input: JoinInput, now: Now): void {
    const { requestId } = input;
    const memberId = input.memberId === '' ? input.newMemberId : input.memberId;
    const fail = (error: GroupError): void => {
      this.table.emit({ type: 'reply', requestId, response: failedJoin(error, memberId) });
    };
    const draft = this.consumer.draft(group, now);
    try {
      this.#checkJoin(draft, input, memberId);
      const member = enter(draft, input, memberId);
      const { subscription, owned } = this.#subscriptionOf(member, input);
      advance(draft, member, subscription, partitionsOf(owned));
    } catch (error) {
      if (!(error instanceof GroupRefusal)) throw error;
      fail(error.code);
      return;
    }
    const member = draft.member(memberId)!;
    const then = (error: GroupError): void => {
      if (error !== 'NONE') {
        fail(error);
        return;
      }
      const response = {
        ...failedJoin('NONE', memberId),
        generationId: entry.group.type === 'classic' ? entry.group.generationId : member.current.epoch,
        protocolType: CONSUMER_PROTOCOL_TYPE,
        protocolName: input.protocols[0]!.name,
      };
      this.table.emit({ type: 'reply', requestId, response });
    };
    // Kafka looks at this when a static member takes its own place, and when members go; not when one changes its protocol.
    const isStaticBack = input.groupInstanceId !== null && group.state.staticMembers.has(input.groupInstanceId);
    if (isStaticBack) this.consumer.commitOrDowngrade(entry, group, draft, now, then);
    else this.consumer.commit(entry, group, draft, then);
    group.joinDeadlines.delete(memberId);
    this.consumer.keepAlive(group, member, now);
    group.syncDeadlines.set(memberId, now.monotonicMs + input.rebalanceTimeoutMs);
  }

  /** @throws {GroupRefusal} */
  #checkJoin(draft: Draft, input: JoinInput, memberId: string): void {
    const { minSessionTimeoutMs, maxSessionTimeoutMs, maxMemberBytes } = this.table.config;
    const { sessionTimeoutMs, protocols } = input;
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) {
      throw new GroupRefusal('INVALID_SESSION_TIMEOUT', '');
    }
    if (protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0) > maxMemberBytes) {
      throw new GroupRefusal('POLICY_VIOLATION', '');
    }
    refuseIfFull(draft, memberId);
    const common = commonProtocols(draft.state, memberId);
    const isSupported = protocols.some(({ name }) => common === null || common.has(name));
    if (input.protocolType !== CONSUMER_PROTOCOL_TYPE || !isSupported) {
      throw new GroupRefusal('INCONSISTENT_GROUP_PROTOCOL', '');
    }
    if (input.memberId === '' && input.groupInstanceId === null && input.requireKnownMemberId) {
      throw new GroupRefusal('MEMBER_ID_REQUIRED', '');
    }
    if (!protocols.every(({ metadata }) => decodeSubscription(metadata) !== null)) {
      throw new GroupRefusal('INCONSISTENT_GROUP_PROTOCOL', '');
    }
  }

  #subscriptionOf({ subscription: before }: ConsumerMember, input: JoinInput) {
    const { rackId, topics, ownedPartitions } = decodeSubscription(input.protocols[0]!.metadata)!;
    const { sessionTimeoutMs, rebalanceTimeoutMs, clientId, clientHost, protocols } = input;
    const subscription: MemberSubscription = {
      ...before,
      instanceId: input.groupInstanceId ?? before.instanceId,
      rackId: rackId ?? before.rackId,
      clientId,
      clientHost,
      topicNames: [...new Set(topics)].sort(),
      topicRegex: null,
      rebalanceTimeoutMs,
      classic: { sessionTimeoutMs, protocols },
    };
    return { subscription, owned: idsOf(ownedPartitions, this.topics) };
  }

  #sync(group: ConsumerGroup, input: SyncInput, now: Now): void {
    const { requestId, protocolType, protocolName } = input;
    const reply = (error: GroupError, assignment = NO_ASSIGNMENT): void => {
      this.table.emit(syncReply(requestId, { protocolType, protocolName }, error, assignment));
    };
    const member = classicMember(group.state, input);
    if (typeof member === 'string') {
      reply(member);
      return;
    }
    const ownProtocol = member.subscription.classic!.protocols[0];
    if (
      (protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) ||
      (protocolName !== null && protocolName !== ownProtocol?.name)
    ) {
      reply('INCONSISTENT_GROUP_PROTOCOL');
      return;
    }
    if (group.state.epoch > member.current.epoch && member.current.phase !== 'unrevoked') {
      this.#expectRejoin(group, member, now);
      reply('REBALANCE_IN_PROGRESS');
      return;
    }
    group.syncDeadlines.delete(member.memberId);
    this.consumer.keepAlive(group, member, now);
    const assignment = assignmentOf(member.current.assigned, ownProtocol?.metadata, this.topics);
    group.whenDurable((error) => {
      reply(error, error === 'NONE' ? assignment : NO_ASSIGNMENT);
    });
  }

  #heartbeat(group: ConsumerGroup, input: HeartbeatInput, now: Now): void {
    const member = classicMember(group.state, input);
    let error: GroupError = 'NONE';
    if (typeof member === 'string') error = member;
    else {
      this.consumer.keepAlive(group, member, now);
      if (mustRejoin(group.state, member)) {
        this.#expectRejoin(group, member, now);
        error = 'REBALANCE_IN_PROGRESS';
      }
    }
    this.table.emit({ type: 'reply', requestId: input.requestId, response: { type: 'heartbeat', error } });
  }

  #leave(entry: GroupEntry, group: ConsumerGroup, input: LeaveInput, now: Now): void {
    const draft = this.consumer.draft(group, now);
    const members = input.members.map(({ memberId, groupInstanceId }) => {
      const error = leaveOne(draft, memberId, groupInstanceId);
      return { memberId, groupInstanceId, error };
    });
    const gone = [...group.state.members.keys()].filter((memberId) => !draft.member(memberId));
    if (gone.length > 0) draft.refresh(true);
    const reply = (error: GroupError): void => {
      const response: LeaveResponse = { type: 'leave', error, members: error === 'NONE' ? members : [] };
      this.table.emit({ type: 'reply', requestId: input.requestId, response });
    };
    this.consumer.commitOrDowngrade(entry, group, draft, now, reply);
    for (const memberId of gone) {
      forgetDeadlines(group, memberId);
      this.table.emit({ type: 'memberRemoved', groupId: entry.groupId, memberId, reason: 'left' });
    }
  }

  #expectRejoin(group: ConsumerGroup, { memberId, subscription }: ConsumerMember, now: Now): void {
    if (group.joinDeadlines.has(memberId)) return;
    group.joinDeadlines.set(memberId, now.monotonicMs + subscription.rebalanceTimeoutMs);
  }
}

/** @throws {GroupRefusal} */
function enter(draft: Draft, { groupInstanceId, memberId: given }: JoinInput, memberId: string): ConsumerMember {
  if (groupInstanceId === null) return draft.member(memberId) ?? newMember(memberId);
  if (given !== '') return existingStatic(draft, groupInstanceId, memberId);
  const previousId = draft.state.staticMembers.get(groupInstanceId);
  return previousId === undefined ? newMember(memberId) : takePlace(draft, draft.member(previousId)!, memberId);
}

/** The member that speaks for itself, or why it may not. */
function classicMember(
  state: ConsumerGroupState,
  { memberId, groupInstanceId, generationId }: SyncInput | HeartbeatInput,
): ConsumerMember | GroupError {
  if (groupInstanceId !== null) {
    const currentId = state.staticMembers.get(groupInstanceId);
    if (currentId === undefined) return 'UNKNOWN_MEMBER_ID';
    if (currentId !== memberId) return 'FENCED_INSTANCE_ID';
  }
  const member = state.members.get(memberId);
  if (!member || member.subscription.classic === null) return 'UNKNOWN_MEMBER_ID';
  return member.current.epoch === generationId ? member : 'ILLEGAL_GENERATION';
}

/** There is a new epoch, or something to give up, or something that has become free. */
function mustRejoin(state: ConsumerGroupState, { memberId, current }: ConsumerMember): boolean {
  if (current.epoch < state.epoch || current.phase === 'unrevoked') return true;
  if (current.phase !== 'unreleased') return false;
  const owners = ownersOf(state);
  return [...targetOf(state, memberId)].every(([topicId, numbers]) =>
    [...numbers].every(
      (partition) => hasPartition(current.assigned, topicId, partition) || !owners.get(topicId)?.has(partition),
    ),
  );
}

function leaveOne(draft: Draft, givenId: string, groupInstanceId: string | null): GroupError {
  const currentId = groupInstanceId === null ? givenId : draft.state.staticMembers.get(groupInstanceId);
  const member = currentId === undefined ? undefined : draft.member(currentId);
  if (!member) return 'UNKNOWN_MEMBER_ID';
  // An administrator may remove a static member by its instance id alone.
  if (groupInstanceId !== null && givenId !== '' && givenId !== member.memberId) return 'FENCED_INSTANCE_ID';
  if (member.subscription.classic === null) return 'UNKNOWN_MEMBER_ID';
  draft.removeMember(member.memberId);
  return 'NONE';
}

/** Names of the client-side assignors that all other members of the classic protocol have; null if there are none of those. */
function commonProtocols(state: ConsumerGroupState, except: string): Set<string> | null {
  let common: Set<string> | null = null;
  for (const { memberId, subscription } of state.members.values()) {
    if (memberId === except || subscription.classic === null) continue;
    const names = new Set(subscription.classic.protocols.map(({ name }) => name));
    const before: Set<string> = common ?? names;
    common = new Set([...before].filter((name) => names.has(name)));
  }
  return common;
}
