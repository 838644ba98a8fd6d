import { createGroup, metadataFor, subscribedTopics } from './group.js';
import type { StoredGroup } from '../group-records.js';
import type { ClassicGroup } from './types.js';

/** The group as it goes into the log. */
export function snapshotOf(group: ClassicGroup, phaseSinceMs: number): StoredGroup {
  return {
    protocolType: group.protocolType ?? '',
    generationId: group.generationId,
    protocolName: group.protocolName,
    leaderId: group.leaderId,
    phaseSinceMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataFor(member, group.protocolName),
      assignment: member.assignment,
    })),
  };
}

/** A group as the log has it. Its members get a whole session timeout to find the coordinator again. */
export function restoreGroup(groupId: string, stored: StoredGroup, nowMs: number): ClassicGroup {
  const group = createGroup(groupId);
  group.generationId = stored.generationId;
  group.protocolType = stored.protocolType === '' ? null : stored.protocolType;
  if (stored.members.length === 0) {
    group.subscribedTopics = new Set();
    return group;
  }
  group.phase = 'Stable';
  group.protocolName = stored.protocolName;
  group.leaderId = stored.leaderId;
  for (const member of stored.members) {
    const { subscription, ...rest } = member;
    const protocols = stored.protocolName === null ? [] : [{ name: stored.protocolName, metadata: subscription }];
    group.members.set(member.memberId, {
      ...rest,
      protocols,
      isNew: false,
      deadlineMs: nowMs + member.sessionTimeoutMs,
      pendingJoin: null,
      pendingSync: null,
    });
    if (member.groupInstanceId !== null) group.staticMembers.set(member.groupInstanceId, member.memberId);
  }
  group.subscribedTopics = subscribedTopics(group);
  return group;
}
