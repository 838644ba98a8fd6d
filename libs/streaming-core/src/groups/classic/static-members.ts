import {
  failedJoin,
  hasSameProtocols,
  joinResponse,
  memberList,
  refreshSession,
  reply,
  replySync,
  selectProtocol,
  type Step,
} from './group.js';
import { rebalanceOrComplete } from './rebalance.js';
import type { GroupError } from '../group-errors.js';
import type { JoinInput, JoinResponse, Member, StaticReplacement } from './types.js';

/** A static member came back under a new member id (KIP-345): it takes the place of the old one, which is fenced off. */
export function replaceStaticMember(step: Step, input: JoinInput, old: Member): void {
  const { group } = step;
  if (old.pendingJoin !== null) reply(step, old.pendingJoin, failedJoin('FENCED_INSTANCE_ID', old.memberId));
  if (old.pendingSync !== null) replySync(step, old.pendingSync, 'FENCED_INSTANCE_ID');
  old.pendingJoin = null;
  old.pendingSync = null;
  const member: Member = {
    ...old,
    memberId: input.newMemberId,
    clientId: input.clientId,
    clientHost: input.clientHost,
    sessionTimeoutMs: input.sessionTimeoutMs,
    rebalanceTimeoutMs: input.rebalanceTimeoutMs,
    protocols: input.protocols,
  };
  const wasLeader = group.leaderId === old.memberId;
  swap(step, old, member);
  refreshSession(step, member);
  const isSameAsBefore = hasSameProtocols(old, input.protocols);
  if (group.phase !== 'Stable' || !isSameAsBefore || selectProtocol(group) !== group.protocolName) {
    member.pendingJoin = input.requestId;
    rebalanceOrComplete(step);
    return;
  }
  // Nothing has changed for the others. The new id must outlive a restart before its owner learns of it.
  const replacement: StaticReplacement = {
    requestId: input.requestId,
    old,
    memberId: member.memberId,
    response: responseTo(step, member, old, wasLeader && input.supportsSkipAssignment),
  };
  step.effects.push({ type: 'persist', generationId: group.generationId, replacement });
}

/** The new id is on stable storage, or could not be put there: then the old one holds again. */
export function onReplacementPersisted(step: Step, replacement: StaticReplacement, error: GroupError): void {
  const { old, memberId, requestId, response } = replacement;
  const member = step.group.members.get(memberId);
  if (error === 'NONE') {
    if (member) refreshSession(step, member);
    reply(step, requestId, member ? response : failedJoin('UNKNOWN_MEMBER_ID', memberId));
    return;
  }
  if (member && !step.group.members.has(old.memberId)) {
    swap(step, member, old);
    refreshSession(step, old);
  }
  reply(step, requestId, failedJoin(error, ''));
}

/** A leader that cannot be told to keep the assignment (KIP-814) is told that it does not lead, so that it asks for its part. */
function responseTo({ group }: Step, member: Member, old: Member, asLeader: boolean): JoinResponse {
  const isLeader = group.leaderId === member.memberId;
  return {
    ...joinResponse(group, member),
    leaderId: isLeader && !asLeader ? old.memberId : (group.leaderId ?? ''),
    skipAssignment: asLeader,
    members: asLeader ? memberList(group) : [],
  };
}

function swap({ group }: Step, from: Member, to: Member): void {
  group.members.delete(from.memberId);
  group.members.set(to.memberId, to);
  group.staticMembers.set(to.groupInstanceId!, to.memberId);
  if (group.missingSyncs.delete(from.memberId)) group.missingSyncs.add(to.memberId);
  if (group.leaderId === from.memberId) group.leaderId = to.memberId;
}
