import {
  answerJoin,
  answerSync,
  checkMember,
  failedJoin,
  moveTo,
  NO_ASSIGNMENT,
  refreshSession,
  replySync,
  type Step,
} from './group.js';
import { onJoin } from './join.js';
import { onReplacementPersisted } from './static-members.js';
import {
  completeJoinIfAllJoined,
  failSyncs,
  onJoinDeadline,
  onSyncDeadline,
  prepareRebalance,
  removeMember,
} from './rebalance.js';
import type { GroupError } from '../group-errors.js';
import type {
  ClassicGroup,
  GroupConfig,
  GroupEffect,
  GroupInput,
  HeartbeatInput,
  LeaveInput,
  SyncInput,
} from './types.js';

/** A client's sentence is kept to this length, as Kafka's own clients do. */
const REASON_CHARS_MAX = 255;

/**
 * Kafka's classic consumer group protocol for one group, as a function: changes `group` and returns what the world must
 * do. `nowMs` is monotonic. The caller sends a `tick` once {@link nextDeadlineMs} has come.
 */
export function stepGroup(group: ClassicGroup, input: GroupInput, config: GroupConfig, nowMs: number): GroupEffect[] {
  const step: Step = { group, config, nowMs, effects: [] };
  switch (input.type) {
    case 'join':
      onJoin(step, input);
      break;
    case 'sync':
      onSync(step, input);
      break;
    case 'heartbeat':
      onHeartbeat(step, input);
      break;
    case 'leave':
      onLeave(step, input);
      break;
    case 'persisted':
      if (input.replacement) onReplacementPersisted(step, input.replacement, input.error);
      else onPersisted(step, input.generationId, input.error);
      break;
    case 'rebalance':
      prepareRebalance(step);
      break;
    case 'tick':
      onTick(step);
      break;
    case 'unload':
      onUnload(step, input.error);
      break;
  }
  return step.effects;
}

/** The next time at which something happens by itself; Infinity if nothing will. */
export function nextDeadlineMs(group: ClassicGroup): number {
  let nextMs = Math.min(group.joinDeadlineMs ?? Infinity, group.syncDeadlineMs ?? Infinity);
  for (const member of group.members.values()) if (!isKeptAlive(member)) nextMs = Math.min(nextMs, member.deadlineMs);
  for (const lapsesAtMs of group.pendingMembers.values()) nextMs = Math.min(nextMs, lapsesAtMs);
  return nextMs;
}

/** A member that waits for the group cannot send heartbeats: its session stands still. */
function isKeptAlive(member: { isNew: boolean; pendingJoin: number | null; pendingSync: number | null }): boolean {
  return !member.isNew && (member.pendingJoin !== null || member.pendingSync !== null);
}

function onSync(step: Step, input: SyncInput): void {
  const { group } = step;
  const error = refuseSync(step, input);
  if (error !== 'NONE') {
    replySync(step, input.requestId, error);
    return;
  }
  const member = group.members.get(input.memberId)!;
  group.missingSyncs.delete(member.memberId);
  if (group.missingSyncs.size === 0) group.syncDeadlineMs = null;
  refreshSession(step, member);
  if (group.phase === 'Stable') {
    replySync(step, input.requestId, 'NONE', member.assignment);
    return;
  }
  if (member.pendingSync !== null) replySync(step, member.pendingSync, 'REBALANCE_IN_PROGRESS');
  member.pendingSync = input.requestId;
  if (group.leaderId !== member.memberId || group.isPersisting) return;
  const assignments = new Map(input.assignments.map((entry) => [entry.memberId, entry.assignment]));
  // Whom the leader leaves out owns nothing: its partitions of the last generation may be someone else's now.
  for (const each of group.members.values()) each.assignment = assignments.get(each.memberId) ?? NO_ASSIGNMENT;
  group.isPersisting = true;
  step.effects.push({ type: 'persist', generationId: group.generationId, replacement: null });
}

function refuseSync({ group, config }: Step, input: SyncInput): GroupError {
  if (group.phase === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = checkMember(group, input.memberId, input.groupInstanceId);
  if (error !== 'NONE') return error;
  if (input.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  if (input.protocolType !== null && input.protocolType !== group.protocolType) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (input.protocolName !== null && input.protocolName !== group.protocolName) return 'INCONSISTENT_GROUP_PROTOCOL';
  if (group.phase === 'PreparingRebalance') return 'REBALANCE_IN_PROGRESS';
  if (group.phase === 'Empty') return 'UNKNOWN_MEMBER_ID';
  if (input.assignments.some(({ assignment }) => assignment.length > config.maxMemberBytes)) return 'POLICY_VIOLATION';
  return 'NONE';
}

/** The assignment is on stable storage (or could not be put there): now the members may learn of it. */
function onPersisted(step: Step, generationId: number, error: GroupError): void {
  const { group } = step;
  if (!group.isPersisting || group.generationId !== generationId) return;
  group.isPersisting = false;
  if (group.phase !== 'CompletingRebalance') return;
  if (error !== 'NONE') {
    failSyncs(step, error);
    prepareRebalance(step);
    return;
  }
  moveTo(group, 'Stable');
  for (const member of group.members.values()) answerSync(step, member, 'NONE');
}

function onHeartbeat(step: Step, input: HeartbeatInput): void {
  step.effects.push({
    type: 'reply',
    requestId: input.requestId,
    response: { type: 'heartbeat', error: heartbeat(step, input) },
  });
}

function heartbeat(step: Step, input: HeartbeatInput): GroupError {
  const { group } = step;
  if (group.phase === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  const error = checkMember(group, input.memberId, input.groupInstanceId);
  if (error !== 'NONE') return error;
  if (input.generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  refreshSession(step, group.members.get(input.memberId)!);
  return group.phase === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
}

function onLeave(step: Step, input: LeaveInput): void {
  const isDead = step.group.phase === 'Dead';
  const members = isDead
    ? []
    : input.members.map((leaving) => {
        const { memberId, groupInstanceId } = leaving;
        return { memberId, groupInstanceId, error: leave(step, leaving) };
      });
  step.effects.push({
    type: 'reply',
    requestId: input.requestId,
    response: { type: 'leave', error: isDead ? 'COORDINATOR_NOT_AVAILABLE' : 'NONE', members },
  });
}

function leave(step: Step, leaving: LeaveInput['members'][number]): GroupError {
  const { group } = step;
  const { groupInstanceId, reason } = leaving;
  if (groupInstanceId === null && group.pendingMembers.delete(leaving.memberId)) {
    completeJoinIfAllJoined(step);
    return 'NONE';
  }
  // An administrator may remove a static member by its instance id alone.
  const byInstance = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
  const memberId = leaving.memberId === '' && byInstance !== undefined ? byInstance : leaving.memberId;
  const error = checkMember(group, memberId, groupInstanceId);
  if (error === 'NONE') {
    const why = reason === null ? 'left' : `left: ${reason.slice(0, REASON_CHARS_MAX)}`;
    removeMember(step, group.members.get(memberId)!, why);
  }
  return error;
}

function onTick(step: Step): void {
  const { group, nowMs } = step;
  for (const [memberId, lapsesAtMs] of group.pendingMembers) {
    if (lapsesAtMs <= nowMs) group.pendingMembers.delete(memberId);
  }
  for (const member of [...group.members.values()]) {
    const isStillIn = group.members.get(member.memberId) === member;
    if (isStillIn && !isKeptAlive(member) && member.deadlineMs <= nowMs)
      removeMember(step, member, 'session timed out');
  }
  completeJoinIfAllJoined(step);
  if (group.joinDeadlineMs !== null && group.joinDeadlineMs <= nowMs) onJoinDeadline(step);
  if (group.syncDeadlineMs !== null && group.syncDeadlineMs <= nowMs) onSyncDeadline(step);
}

function onUnload(step: Step, error: GroupError): void {
  const { group } = step;
  for (const member of group.members.values()) {
    answerJoin(step, member, failedJoin(error, member.memberId));
    answerSync(step, member, error);
  }
  if (group.phase !== 'Dead') moveTo(group, 'Dead');
  group.members.clear();
  group.staticMembers.clear();
  group.pendingMembers.clear();
  group.missingSyncs.clear();
  group.joinDeadlineMs = null;
  group.syncDeadlineMs = null;
  group.initialDelay = null;
}
