import {
  answerJoin,
  answerSync,
  failedJoin,
  joinResponse,
  moveTo,
  NO_ASSIGNMENT,
  selectProtocol,
  subscribedTopics,
  type Step,
} from './group.js';
import type { GroupError } from '../group-errors.js';
import type { Member } from './types.js';

/** Starts a rebalance if none is going on, and completes it at once if nobody is missing. */
export function prepareRebalance(step: Step): void {
  const { group, config, nowMs } = step;
  if (group.phase === 'PreparingRebalance' || group.phase === 'Dead') return;
  if (group.phase === 'CompletingRebalance') failSyncs(step, 'REBALANCE_IN_PROGRESS');
  const rebalanceTimeoutMs = longestRebalanceTimeout(step);
  if (group.phase === 'Empty' && config.initialRebalanceDelayMs > 0) {
    const firstMs = Math.min(config.initialRebalanceDelayMs, rebalanceTimeoutMs);
    group.initialDelay = { remainingMs: rebalanceTimeoutMs - firstMs, joinedSince: false };
    group.joinDeadlineMs = nowMs + firstMs;
  } else {
    group.joinDeadlineMs = nowMs + rebalanceTimeoutMs;
  }
  group.syncDeadlineMs = null;
  group.missingSyncs.clear();
  moveTo(group, 'PreparingRebalance');
  completeJoinIfAllJoined(step);
}

/** A member joins or changed: the rebalance under way is completed if that was the last one missing; else one starts. */
export function rebalanceOrComplete(step: Step): void {
  if (step.group.phase === 'PreparingRebalance') completeJoinIfAllJoined(step);
  else prepareRebalance(step);
}

/** Forgets the assignments of a generation that will not become stable, and tells who waits for one. */
export function failSyncs(step: Step, error: GroupError): void {
  step.group.isPersisting = false;
  for (const member of step.group.members.values()) {
    member.assignment = NO_ASSIGNMENT;
    answerSync(step, member, error);
  }
}

/** Nobody is missing: every member asked to join, and no id that was given out is still unused. */
export function completeJoinIfAllJoined(step: Step): void {
  const { group } = step;
  if (group.phase !== 'PreparingRebalance' || group.initialDelay !== null) return;
  if (group.pendingMembers.size > 0) return;
  for (const member of group.members.values()) if (member.pendingJoin === null) return;
  completeJoin(step);
}

/** The time for joining is over: during the initial delay it may be drawn out while members still arrive. */
export function onJoinDeadline(step: Step): void {
  const { group, config, nowMs } = step;
  const delay = group.initialDelay;
  if (delay !== null && delay.joinedSince && delay.remainingMs > 0) {
    const nextMs = Math.min(config.initialRebalanceDelayMs, delay.remainingMs);
    group.initialDelay = { remainingMs: delay.remainingMs - nextMs, joinedSince: false };
    group.joinDeadlineMs = nowMs + nextMs;
    return;
  }
  completeJoin(step);
}

/** Ends the join phase: who did not come is out, the generation counts up, everyone learns of it. */
function completeJoin(step: Step): void {
  const { group, nowMs } = step;
  group.initialDelay = null;
  for (const member of [...group.members.values()]) {
    if (member.pendingJoin === null && member.groupInstanceId === null) {
      forgetMember(step, member, 'did not rejoin in time');
    }
  }
  if (group.members.size > 0 && !electLeaderAmongJoined(step)) {
    // Only static members that stay away: they keep their place until their sessions end.
    group.joinDeadlineMs = nowMs + longestRebalanceTimeout(step);
    return;
  }
  group.joinDeadlineMs = null;
  group.generationId += 1;
  if (group.members.size === 0) {
    group.protocolName = null;
    group.leaderId = null;
    group.subscribedTopics = new Set();
    moveTo(group, 'Empty');
    step.effects.push({ type: 'persist', generationId: group.generationId, replacement: null });
    return;
  }
  group.protocolName = selectProtocol(group);
  group.subscribedTopics = subscribedTopics(group);
  moveTo(group, 'CompletingRebalance');
  for (const member of group.members.values()) {
    group.missingSyncs.add(member.memberId);
    answerJoin(step, member, joinResponse(group, member));
  }
  group.syncDeadlineMs = nowMs + longestRebalanceTimeout(step);
}

/** The leader must be someone who is there to compute the assignment. */
function electLeaderAmongJoined(step: Step): boolean {
  const { group } = step;
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader && leader.pendingJoin !== null) return true;
  for (const member of group.members.values()) {
    if (member.pendingJoin !== null) {
      group.leaderId = member.memberId;
      return true;
    }
  }
  return false;
}

/** The time for asking for assignments is over: who did not ask is out, and the rest starts anew. */
export function onSyncDeadline(step: Step): void {
  const { group } = step;
  group.syncDeadlineMs = null;
  let isAnyoneOut = false;
  for (const memberId of [...group.missingSyncs]) {
    const member = group.members.get(memberId);
    if (member) {
      forgetMember(step, member, 'did not sync in time');
      isAnyoneOut = true;
    }
  }
  group.missingSyncs.clear();
  if (isAnyoneOut) prepareRebalance(step);
}

/** Takes a member out and lets the group react to it. */
export function removeMember(step: Step, member: Member, reason: string): void {
  forgetMember(step, member, reason);
  rebalanceOrComplete(step);
}

function forgetMember(step: Step, member: Member, reason: string): void {
  const { group } = step;
  answerJoin(step, member, failedJoin('UNKNOWN_MEMBER_ID', member.memberId));
  answerSync(step, member, 'UNKNOWN_MEMBER_ID');
  group.members.delete(member.memberId);
  group.missingSyncs.delete(member.memberId);
  const { groupInstanceId } = member;
  if (groupInstanceId !== null && group.staticMembers.get(groupInstanceId) === member.memberId) {
    group.staticMembers.delete(groupInstanceId);
  }
  if (group.leaderId === member.memberId) group.leaderId = group.members.keys().next().value ?? null;
  step.effects.push({ type: 'memberRemoved', memberId: member.memberId, reason });
}

function longestRebalanceTimeout(step: Step): number {
  let longestMs = 0;
  for (const member of step.group.members.values()) longestMs = Math.max(longestMs, member.rebalanceTimeoutMs);
  return longestMs;
}
