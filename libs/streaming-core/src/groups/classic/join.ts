import {
  checkMember,
  failedJoin,
  hasSameProtocols,
  joinResponse,
  NO_ASSIGNMENT,
  refreshSession,
  reply,
  supportsProtocols,
  type Step,
} from './group.js';
import { rebalanceOrComplete } from './rebalance.js';
import { replaceStaticMember } from './static-members.js';
import type { GroupError } from '../group-errors.js';
import type { GroupProtocol, JoinInput, Member } from './types.js';

/** A member whose first join has not been answered stays this long, whatever its session timeout: its client may be gone. */
const NEW_MEMBER_TIMEOUT_MS = 300_000;

export function onJoin(step: Step, input: JoinInput): void {
  const error = refuseJoin(step, input);
  if (error !== 'NONE') {
    reply(step, input.requestId, failedJoin(error, input.memberId));
    return;
  }
  if (input.memberId === '') joinWithoutId(step, input);
  else joinWithId(step, input);
}

function refuseJoin(step: Step, input: JoinInput): GroupError {
  const { group, config } = step;
  if (group.phase === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (input.sessionTimeoutMs < config.minSessionTimeoutMs || input.sessionTimeoutMs > config.maxSessionTimeoutMs) {
    return 'INVALID_SESSION_TIMEOUT';
  }
  if (metadataBytes(input.protocols) > config.maxMemberBytes) return 'POLICY_VIOLATION';
  if (!supportsProtocols(group, input.memberId, input.protocolType, input.protocols)) {
    return 'INCONSISTENT_GROUP_PROTOCOL';
  }
  const isKnown =
    group.members.has(input.memberId) ||
    group.pendingMembers.has(input.memberId) ||
    (input.groupInstanceId !== null && group.staticMembers.has(input.groupInstanceId));
  if (!isKnown && group.members.size + group.pendingMembers.size >= config.maxMembers) return 'GROUP_MAX_SIZE_REACHED';
  return 'NONE';
}

function metadataBytes(protocols: readonly GroupProtocol[]): number {
  return protocols.reduce((sum, { name, metadata }) => sum + name.length + metadata.length, 0);
}

function joinWithoutId(step: Step, input: JoinInput): void {
  const { group } = step;
  const { groupInstanceId, newMemberId } = input;
  if (groupInstanceId !== null) {
    const previous = group.staticMembers.get(groupInstanceId);
    if (previous === undefined) addMember(step, input, newMemberId);
    else replaceStaticMember(step, input, group.members.get(previous)!);
    return;
  }
  if (!input.requireKnownMemberId) {
    addMember(step, input, newMemberId);
    return;
  }
  group.pendingMembers.set(newMemberId, step.nowMs + input.sessionTimeoutMs);
  reply(step, input.requestId, failedJoin('MEMBER_ID_REQUIRED', newMemberId));
}

function joinWithId(step: Step, input: JoinInput): void {
  const { group } = step;
  const { memberId, groupInstanceId, requestId } = input;
  if (groupInstanceId === null && group.pendingMembers.delete(memberId)) {
    addMember(step, input, memberId);
    return;
  }
  const error = checkMember(group, memberId, groupInstanceId);
  if (error !== 'NONE') {
    reply(step, requestId, failedJoin(error, memberId));
    return;
  }
  const member = group.members.get(memberId)!;
  const isSameAsBefore = hasSameProtocols(member, input.protocols);
  const isLeader = group.leaderId === memberId;
  const wantsNothingNew =
    (group.phase === 'CompletingRebalance' && isSameAsBefore) ||
    (group.phase === 'Stable' && isSameAsBefore && !isLeader);
  if (wantsNothingNew) {
    refreshSession(step, member);
    reply(step, requestId, joinResponse(group, member));
    return;
  }
  rejoin(step, input, member);
}

function addMember(step: Step, input: JoinInput, memberId: string): void {
  const { group } = step;
  const member: Member = {
    memberId,
    groupInstanceId: input.groupInstanceId,
    clientId: input.clientId,
    clientHost: input.clientHost,
    sessionTimeoutMs: input.sessionTimeoutMs,
    rebalanceTimeoutMs: input.rebalanceTimeoutMs,
    protocols: input.protocols,
    assignment: NO_ASSIGNMENT,
    isNew: true,
    deadlineMs: step.nowMs + NEW_MEMBER_TIMEOUT_MS,
    pendingJoin: input.requestId,
    pendingSync: null,
  };
  if (group.members.size === 0) group.protocolType = input.protocolType;
  group.members.set(memberId, member);
  group.leaderId ??= memberId;
  if (input.groupInstanceId !== null) group.staticMembers.set(input.groupInstanceId, memberId);
  if (group.initialDelay) group.initialDelay.joinedSince = true;
  rebalanceOrComplete(step);
}

function rejoin(step: Step, input: JoinInput, member: Member): void {
  if (member.pendingJoin !== null) {
    // The client gave up waiting and asks again: only the newest request gets the answer.
    reply(step, member.pendingJoin, failedJoin('REBALANCE_IN_PROGRESS', member.memberId));
  }
  member.protocols = input.protocols;
  member.sessionTimeoutMs = input.sessionTimeoutMs;
  member.rebalanceTimeoutMs = input.rebalanceTimeoutMs;
  member.pendingJoin = input.requestId;
  rebalanceOrComplete(step);
}
