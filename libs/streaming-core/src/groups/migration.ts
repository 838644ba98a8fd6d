/** A group with members changes its protocol while they work (KIP-848): what it was becomes what it is. */
import { createGroup, metadataFor, selectProtocol, subscribedTopics } from './classic/group.js';
import type { ClassicGroup, Member } from './classic/types.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import { targetOf } from './consumer/group-state.js';
import { listOf, partitionsOf, type Partitions } from './consumer/partitions.js';
import type {
  ConsumerGroupConfig,
  ConsumerGroupRecord,
  ConsumerGroupState,
  MemberSubscription,
  TopicsView,
} from './consumer/types.js';
import {
  CONSUMER_PROTOCOL_TYPE,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  versionOf,
} from './consumer-protocol.js';

export function mayUpgrade(group: ClassicGroup, config: ConsumerGroupConfig): boolean {
  return (
    config.consumerUpgrade &&
    group.protocolType === CONSUMER_PROTOCOL_TYPE &&
    group.members.size > 0 &&
    group.members.size < config.consumerMaxMembers
  );
}

/** What makes a consumer group of a classic one. Null if a member speaks another dialect than Kafka's consumers. */
export function upgradeRecords(group: ClassicGroup, topics: TopicsView): ConsumerGroupRecord[] | null {
  const epoch = Math.max(1, group.generationId);
  const records: ConsumerGroupRecord[] = [{ kind: 'epoch', value: { epoch, metadataHash: 0n } }];
  for (const member of group.members.values()) {
    const subscription = subscriptionOf(member, metadataOf(group, member));
    const assigned = partitionsOf(idsOf(decodeAssignment(member.assignment) ?? [], topics));
    if (subscription === null) return null;
    const id = member.memberId;
    const current = { epoch, previousEpoch: epoch, phase: 'stable' as const, assigned, pendingRevocation: new Map() };
    records.push(
      { kind: 'member', id, value: subscription },
      { kind: 'target', id, value: assigned },
      { kind: 'current', id, value: current },
    );
  }
  records.push({ kind: 'targetEpoch', value: { epoch } });
  return records;
}

/** Whether only members of the classic protocol are left, who had better be a classic group again. */
export function mayDowngrade(
  state: ConsumerGroupState,
  config: ConsumerGroupConfig,
  classicMembersMax: number,
): boolean {
  if (!config.consumerDowngrade || state.members.size === 0 || state.members.size > classicMembersMax) return false;
  return [...state.members.values()].every(({ subscription }) => subscription.classic !== null);
}

/** The classic group of the members that `state` has, stable, each with its target. */
export function downgrade(
  { groupId }: ConsumerGroup,
  state: ConsumerGroupState,
  topics: TopicsView,
  nowMs: number,
): ClassicGroup {
  const group = createGroup(groupId);
  group.phase = 'Stable';
  group.generationId = state.epoch;
  group.protocolType = CONSUMER_PROTOCOL_TYPE;
  for (const { memberId, subscription } of state.members.values()) {
    const { instanceId, clientId, clientHost, rebalanceTimeoutMs } = subscription;
    const { sessionTimeoutMs, protocols } = subscription.classic!;
    group.members.set(memberId, {
      memberId,
      groupInstanceId: instanceId,
      clientId,
      clientHost,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocols,
      assignment: assignmentOf(targetOf(state, memberId), protocols[0]?.metadata, topics),
      isNew: false,
      deadlineMs: nowMs + sessionTimeoutMs,
      pendingJoin: null,
      pendingSync: null,
    });
    if (instanceId !== null) group.staticMembers.set(instanceId, memberId);
    group.leaderId ??= memberId;
  }
  group.protocolName = selectProtocol(group);
  group.subscribedTopics = subscribedTopics(group);
  return group;
}

/** In the way of the classic protocol, in the version that the member's subscription has. */
export function assignmentOf(partitions: Partitions, metadata: Buffer | undefined, topics: TopicsView): Buffer {
  const named = listOf(partitions).flatMap(({ topicId, partitions: numbers }) => {
    const topic = topics.nameOf(topicId);
    return topic === undefined ? [] : [{ topic, partitions: numbers }];
  });
  return encodeAssignment(named, metadata ? versionOf(metadata) : 0);
}

/** Topics that no longer exist are left out. */
export function idsOf(
  partitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  topics: TopicsView,
) {
  return partitions.flatMap(({ topic, partitions: numbers }) => {
    const topicId = topics.get(topic)?.id;
    return topicId === undefined ? [] : [{ topicId, partitions: numbers }];
  });
}

function metadataOf(group: ClassicGroup, member: Member): Buffer {
  return group.protocolName === null
    ? (member.protocols[0]?.metadata ?? Buffer.alloc(0))
    : metadataFor(member, group.protocolName);
}

function subscriptionOf(member: Member, metadata: Buffer): MemberSubscription | null {
  const subscription = decodeSubscription(metadata);
  if (subscription === null) return null;
  const { groupInstanceId: instanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member;
  return {
    instanceId,
    rackId: subscription.rackId,
    clientId,
    clientHost,
    topicNames: [...new Set(subscription.topics)].sort(),
    topicRegex: null,
    rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs, protocols },
  };
}
