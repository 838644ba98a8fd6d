import { strict as assert } from 'node:assert';
import { CONSUMER_PROTOCOL_TYPE, decodeSubscription } from '../consumer-protocol.js';
import type { GroupError, RequestId } from '../group-errors.js';
import type {
  ClassicGroup,
  GroupConfig,
  GroupEffect,
  GroupPhase,
  GroupProtocol,
  JoinResponse,
  Member,
} from './types.js';

/** From each phase, the phases that may follow. Any other move is a bug and stops the broker. */
const LEGAL_TRANSITIONS: Readonly<Record<GroupPhase, readonly GroupPhase[]>> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: [],
};

export const NO_ASSIGNMENT: Buffer = Buffer.alloc(0);

/** One call of `step`: the group, the time, and the effects gathered so far. */
export interface Step {
  readonly group: ClassicGroup;
  readonly config: GroupConfig;
  readonly nowMs: number;
  readonly effects: GroupEffect[];
}

export function createGroup(groupId: string): ClassicGroup {
  return {
    type: 'classic',
    groupId,
    phase: 'Empty',
    generationId: 0,
    protocolType: null,
    protocolName: null,
    leaderId: null,
    members: new Map(),
    staticMembers: new Map(),
    pendingMembers: new Map(),
    missingSyncs: new Set(),
    joinDeadlineMs: null,
    initialDelay: null,
    syncDeadlineMs: null,
    isPersisting: false,
    subscribedTopics: null,
  };
}

export function moveTo(group: ClassicGroup, phase: GroupPhase): void {
  assert(LEGAL_TRANSITIONS[group.phase].includes(phase), `group ${group.groupId}: ${group.phase} -> ${phase}`);
  group.phase = phase;
}

/** The protocol that all members support and most of them prefer; ties go to the leader's order. Null if there is none. */
export function selectProtocol(group: ClassicGroup): string | null {
  const candidates = commonProtocols(group);
  if (candidates.size === 0) return null;
  const votes = new Map<string, number>();
  for (const member of group.members.values()) {
    const vote = member.protocols.find((protocol) => candidates.has(protocol.name));
    if (vote) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
  }
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  const order = leader ? leader.protocols.map((protocol) => protocol.name) : [...candidates];
  const ranked = order.filter((name) => candidates.has(name));
  return ranked.reduce((best, name) => ((votes.get(name) ?? 0) > (votes.get(best) ?? 0) ? name : best), ranked[0]!);
}

function commonProtocols(group: ClassicGroup, except?: string): Set<string> {
  const others = [...group.members.values()].filter((member) => member.memberId !== except);
  const [first, ...rest] = others.map((member) => new Set(member.protocols.map((protocol) => protocol.name)));
  return new Set([...(first ?? [])].filter((name) => rest.every((names) => names.has(name))));
}

/** Whether a member with these protocols can live with everyone else in the group. */
export function supportsProtocols(
  group: ClassicGroup,
  memberId: string,
  protocolType: string,
  protocols: readonly GroupProtocol[],
): boolean {
  if (protocolType === '' || protocols.length === 0) return false;
  if (group.members.size === 0) return true;
  if (protocolType !== group.protocolType) return false;
  if (group.members.size === 1 && group.members.has(memberId)) return true;
  const others = commonProtocols(group, memberId);
  return protocols.some((protocol) => others.has(protocol.name));
}

export function metadataFor(member: Member, protocolName: string | null): Buffer {
  return member.protocols.find((protocol) => protocol.name === protocolName)?.metadata ?? NO_ASSIGNMENT;
}

/** Why this member may not speak for itself, or `NONE`. */
export function checkMember(group: ClassicGroup, memberId: string, groupInstanceId: string | null): GroupError {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId);
    if (current === undefined) return 'UNKNOWN_MEMBER_ID';
    return current === memberId ? 'NONE' : 'FENCED_INSTANCE_ID';
  }
  return group.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
}

export function failedJoin(error: GroupError, memberId: string): JoinResponse {
  return {
    type: 'join',
    error,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leaderId: '',
    memberId,
    skipAssignment: false,
    members: [],
  };
}

/** The answer to a member of the current generation. */
export function joinResponse(group: ClassicGroup, member: Member): JoinResponse {
  const isLeader = group.leaderId === member.memberId;
  return {
    type: 'join',
    error: 'NONE',
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leaderId: group.leaderId ?? '',
    memberId: member.memberId,
    skipAssignment: false,
    members: isLeader ? memberList(group) : [],
  };
}

export function memberList(group: ClassicGroup): JoinResponse['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: metadataFor(member, group.protocolName),
  }));
}

export function reply(step: Step, requestId: RequestId, response: JoinResponse): void {
  step.effects.push({ type: 'reply', requestId, response });
}

/** Answers a waiting join, if there is one, and starts the session of its member. */
export function answerJoin(step: Step, member: Member, response: JoinResponse): void {
  if (member.pendingJoin === null) return;
  reply(step, member.pendingJoin, response);
  member.pendingJoin = null;
  member.isNew = false;
  refreshSession(step, member);
}

/** Answers a waiting sync, if there is one, and starts the session of its member. */
export function answerSync(step: Step, member: Member, error: GroupError): void {
  if (member.pendingSync === null) return;
  replySync(step, member.pendingSync, error, error === 'NONE' ? member.assignment : NO_ASSIGNMENT);
  member.pendingSync = null;
  refreshSession(step, member);
}

export function replySync(step: Step, requestId: RequestId, error: GroupError, assignment = NO_ASSIGNMENT): void {
  step.effects.push(syncReply(requestId, step.group, error, assignment));
}

/** The answer to SyncGroup; an error names no protocol. */
export function syncReply(
  requestId: RequestId,
  { protocolType, protocolName }: { readonly protocolType: string | null; readonly protocolName: string | null },
  error: GroupError,
  assignment: Buffer,
) {
  const isOk = error === 'NONE';
  return {
    type: 'reply',
    requestId,
    response: {
      type: 'sync',
      error,
      protocolType: isOk ? protocolType : null,
      protocolName: isOk ? protocolName : null,
      assignment,
    },
  } as const;
}

export function refreshSession(step: Step, member: Member): void {
  member.deadlineMs = step.nowMs + member.sessionTimeoutMs;
}

export function hasSameProtocols(member: Member, protocols: readonly GroupProtocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    protocols.every(
      ({ name, metadata }, index) =>
        member.protocols[index]!.name === name && metadataFor(member, name).equals(metadata),
    )
  );
}

/** What the members of a generation read, all together; null if one of them does not say it in the way of Kafka's consumers. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE || group.protocolName === null) return null;
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    const subscription = decodeSubscription(metadataFor(member, group.protocolName));
    if (subscription === null) return null;
    for (const topic of subscription.topics) topics.add(topic);
  }
  return topics;
}
