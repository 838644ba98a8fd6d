import { type Draft, GroupRefusal } from './draft.js';
import { hasSameTopics, isSameSubscription, newMember } from './group-state.js';
import {
  arePartitionsEqual,
  isSubset,
  listOf,
  partitionsOf,
  type Partitions,
  type TopicPartitions,
} from './partitions.js';
import { compileRegex } from './regex.js';
import {
  JOIN_EPOCH,
  LEAVE_EPOCH,
  LEAVE_STATIC_EPOCH,
  type ConsumerGroupConfig,
  type ConsumerHeartbeatInput,
  type ConsumerMember,
  type MemberSubscription,
} from './types.js';

/** What is answered once the draft's records are durable. */
export interface HeartbeatAnswer {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly assignment: readonly TopicPartitions[] | null;
}

/** What is wrong with a heartbeat whatever the group is. @throws {GroupRefusal} */
export function checkHeartbeat(groupId: string, input: ConsumerHeartbeatInput, config: ConsumerGroupConfig): void {
  refuseIf(groupId.trim() === '', "GroupId can't be empty.");
  refuseIf(input.instanceId === '', "InstanceId can't be empty.");
  refuseIf(input.rackId === '', "RackId can't be empty.");
  const { memberEpoch } = input;
  if (memberEpoch > 0 || memberEpoch === LEAVE_EPOCH) {
    refuseIf(input.memberId === '', "MemberId can't be empty.");
  } else if (memberEpoch === JOIN_EPOCH) {
    refuseIf(input.rebalanceTimeoutMs === -1, 'RebalanceTimeoutMs must be provided in first request.');
    refuseIf(input.owned?.length !== 0, 'TopicPartitions must be empty when (re-)joining.');
    const hasTopics = (input.topicNames?.length ?? 0) > 0 || (input.topicRegex ?? '') !== '';
    refuseIf(
      !hasTopics,
      'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null and non-empty when (re-)joining.',
    );
  } else if (memberEpoch === LEAVE_STATIC_EPOCH) {
    refuseIf(input.memberId === '', "MemberId can't be empty.");
    refuseIf(input.instanceId === null, "InstanceId can't be null.");
  } else refuseIf(true, 'MemberEpoch is invalid.');
  if (input.serverAssignor !== null && !config.consumerAssignors.includes(input.serverAssignor)) {
    const supported = config.consumerAssignors.join(', ');
    const message = `ServerAssignor ${input.serverAssignor} is not supported. Supported assignors: ${supported}.`;
    throw new GroupRefusal('UNSUPPORTED_ASSIGNOR', message);
  }
  if (input.topicRegex !== null && input.topicRegex !== '' && compileRegex(input.topicRegex) === null) {
    const message = `SubscribedTopicRegex \`${input.topicRegex.slice(0, 200)}\` is not a valid regular expression.`;
    throw new GroupRefusal('INVALID_REGULAR_EXPRESSION', message);
  }
}

/** A member joins or says how it is. @throws {GroupRefusal} */
export function heartbeat(draft: Draft, input: ConsumerHeartbeatInput): HeartbeatAnswer {
  const memberId = input.memberId === '' ? input.newMemberId : input.memberId;
  refuseIfFull(draft, memberId);
  const owned = input.owned && partitionsOf(input.owned);
  const member = enter(draft, memberId, input, owned);
  const subscription = updatedSubscription(member.subscription, input);
  const assignment = advance(draft, member, subscription, owned);
  // Whoever has missed an answer may not have heard of what was given with it; Kafka's own clients then ask for all of it.
  const isTold = input.memberEpoch === member.current.epoch;
  const isFull =
    !isTold ||
    input.memberEpoch === JOIN_EPOCH ||
    (input.rebalanceTimeoutMs !== -1 && (input.topicNames !== null || input.topicRegex !== null) && owned !== null);
  const { current } = draft.member(memberId)!;
  return { memberId, memberEpoch: current.epoch, assignment: isFull ? listOf(current.assigned) : assignment };
}

/** Brings a member's wishes in, then the group up to date, then the member forward. Gives its partitions if they changed. */
export function advance(
  draft: Draft,
  member: ConsumerMember,
  subscription: MemberSubscription,
  owned: Partitions | null,
): TopicPartitions[] | null {
  const { memberId } = member;
  const isKnown = draft.member(memberId) !== undefined;
  if (!isKnown || !isSameSubscription(subscription, member.subscription)) {
    draft.add({ kind: 'member', id: memberId, value: subscription });
  }
  draft.refresh(!hasSameTopics(subscription, member.subscription));
  draft.assign();
  draft.reconcile(memberId, owned);
  const { assigned } = draft.member(memberId)!.current;
  return arePartitionsEqual(assigned, member.current.assigned) ? null : listOf(assigned);
}

/** A member goes: for good, or (static, epoch -2) until it comes back. @throws {GroupRefusal} */
export function leave(draft: Draft, input: ConsumerHeartbeatInput): HeartbeatAnswer {
  const { instanceId, memberEpoch } = input;
  const member =
    instanceId === null ? existing(draft, input.memberId) : existingStatic(draft, instanceId, input.memberId);
  if (memberEpoch === LEAVE_STATIC_EPOCH) {
    const { phase: _, ...rest } = member.current;
    // What it still had to give up is given up with this.
    const current = { ...rest, phase: 'stable' as const, epoch: LEAVE_STATIC_EPOCH, pendingRevocation: new Map() };
    draft.add({ kind: 'current', id: member.memberId, value: current });
  } else draft.remove(member.memberId);
  return { memberId: member.memberId, memberEpoch, assignment: null };
}

export function refuseIfFull(draft: Draft, memberId: string): void {
  const { state, context } = draft;
  const max = context.config.consumerMaxMembers;
  if (state.members.size < max || state.members.has(memberId)) return;
  const message = `The consumer group has reached its maximum capacity of ${max} members.`;
  throw new GroupRefusal('GROUP_MAX_SIZE_REACHED', message);
}

function enter(
  draft: Draft,
  memberId: string,
  { instanceId, memberEpoch }: ConsumerHeartbeatInput,
  owned: Partitions | null,
): ConsumerMember {
  const isJoin = memberEpoch === JOIN_EPOCH;
  if (instanceId === null) {
    const member = isJoin ? (draft.member(memberId) ?? newMember(memberId)) : existing(draft, memberId);
    checkEpoch(member, memberEpoch, owned);
    return member;
  }
  if (!isJoin) {
    const member = existingStatic(draft, instanceId, memberId);
    checkEpoch(member, memberEpoch, owned);
    return member;
  }
  const previousId = draft.state.staticMembers.get(instanceId);
  if (previousId === undefined) return draft.member(memberId) ?? newMember(memberId);
  const previous = draft.member(previousId)!;
  if (previous.subscription.classic === null && previous.current.epoch !== LEAVE_STATIC_EPOCH) {
    throw new GroupRefusal(
      'UNRELEASED_INSTANCE_ID',
      `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${previousId} member.`,
    );
  }
  return takePlace(draft, previous, memberId);
}

/** A static member comes back under another id: it gets all that its predecessor had. */
export function takePlace(draft: Draft, previous: ConsumerMember, memberId: string): ConsumerMember {
  const target = draft.state.target.get(previous.memberId) ?? new Map();
  const current = { ...previous.current, epoch: 0, previousEpoch: 0 };
  draft.removeMember(previous.memberId);
  draft.add(
    { kind: 'member', id: memberId, value: previous.subscription },
    { kind: 'target', id: memberId, value: target },
    { kind: 'current', id: memberId, value: current },
  );
  return draft.member(memberId)!;
}

function existing(draft: Draft, memberId: string): ConsumerMember {
  const member = draft.member(memberId);
  if (member) return member;
  throw new GroupRefusal('UNKNOWN_MEMBER_ID', `Member ${memberId} is not a member of the group.`);
}

export function existingStatic(draft: Draft, instanceId: string, memberId: string): ConsumerMember {
  const currentId = draft.state.staticMembers.get(instanceId);
  if (currentId === undefined) throw new GroupRefusal('UNKNOWN_MEMBER_ID', `Instance id ${instanceId} is unknown.`);
  if (currentId !== memberId) {
    const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${currentId}.`;
    throw new GroupRefusal('FENCED_INSTANCE_ID', message);
  }
  return draft.member(memberId)!;
}

/** A member one epoch behind that has nothing but what it was given has missed an answer; everything else is another life. */
function checkEpoch({ current }: ConsumerMember, received: number, owned: Partitions | null): void {
  if (received === current.epoch) return;
  const hasMissedAnswer =
    received < current.epoch &&
    received === current.previousEpoch &&
    owned !== null &&
    isSubset(owned, current.assigned);
  if (hasMissedAnswer) return;
  const how = received > current.epoch ? 'greater' : 'smaller';
  throw new GroupRefusal(
    'FENCED_MEMBER_EPOCH',
    `The consumer group member has a ${how} member epoch (${received}) than the one known by the group coordinator (${current.epoch}). The member must abandon all its partitions and rejoin.`,
  );
}

function updatedSubscription(before: MemberSubscription, input: ConsumerHeartbeatInput): MemberSubscription {
  const { instanceId, rackId, rebalanceTimeoutMs, clientId, clientHost, topicNames, topicRegex, serverAssignor } =
    input;
  return {
    instanceId: instanceId ?? before.instanceId,
    rackId: rackId ?? before.rackId,
    clientId,
    clientHost,
    topicNames: topicNames === null ? before.topicNames : [...new Set(topicNames)].sort(),
    topicRegex: topicRegex === null ? before.topicRegex : topicRegex === '' ? null : topicRegex,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? before.rebalanceTimeoutMs : rebalanceTimeoutMs,
    serverAssignor: serverAssignor ?? before.serverAssignor,
    classic: null,
  };
}

function refuseIf(isWrong: boolean, message: string): void {
  if (isWrong) throw new GroupRefusal('INVALID_REQUEST', message);
}
