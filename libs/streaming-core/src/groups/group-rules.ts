/** What differs between kinds of groups, and who may touch a group's offsets. */
import { checkMember } from './classic/group.js';
import type { ClassicGroup } from './classic/types.js';
import { CONSUMER_PROTOCOL_TYPE } from './consumer-protocol.js';
import type { CommitInput, Now } from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import type { GroupEntry } from './group-table.js';
import type { CommittedOffset } from './offset-store.js';

export type AnyGroup = ClassicGroup;

export function isWithoutMembers(group: AnyGroup): boolean {
  return group.phase === 'Empty' && group.pendingMembers.size === 0;
}

/** Whether the group reads the topic, as far as that is known: its offsets are in use then. */
export function isSubscribedTo(group: AnyGroup, topic: string): boolean {
  return group.subscribedTopics?.has(topic) ?? group.protocolType === CONSUMER_PROTOCOL_TYPE;
}

/**
 * From when on the retention of an offset counts, in milliseconds since 1970 (KIP-211): from when the group lost its last member;
 * for consumers who manage their partitions themselves, and for topics that a stable group no longer reads, from the commit.
 * Null: it does not lapse now.
 */
export function offsetsExpireFromMs({ group, phaseSinceMs }: GroupEntry, committed: CommittedOffset): number | null {
  if (group.protocolType === null) return committed.committedAtMs;
  if (group.phase === 'Empty') return phaseSinceMs;
  const isKnown = group.protocolType === CONSUMER_PROTOCOL_TYPE && group.subscribedTopics !== null;
  return isKnown && group.phase === 'Stable' ? committed.committedAtMs : null;
}

/** Why a commit is not taken, or `NONE`. One that is taken keeps its member alive. */
export function refuseCommit(group: AnyGroup, input: CommitInput, now: Now): GroupError {
  const { memberId, groupInstanceId, generationId, producer } = input;
  if (group.phase === 'Dead') return 'COORDINATOR_NOT_AVAILABLE';
  if (generationId < 0 && group.phase === 'Empty') return 'NONE';
  if (generationId < 0 && memberId === '' && groupInstanceId === null) {
    // Old transactional producers do not say on behalf of which member they commit.
    return producer === null ? 'UNKNOWN_MEMBER_ID' : 'NONE';
  }
  const error = checkMember(group, memberId, groupInstanceId);
  if (error !== 'NONE') return error;
  if (generationId !== group.generationId) return 'ILLEGAL_GENERATION';
  if (group.phase === 'CompletingRebalance' && producer === null) return 'REBALANCE_IN_PROGRESS';
  const member = group.members.get(memberId)!;
  member.deadlineMs = now.monotonicMs + member.sessionTimeoutMs;
  return 'NONE';
}

/** Why no offset of the group can be deleted, or `NONE`. */
export function refuseOffsetDelete(group: AnyGroup): GroupError {
  if (group.phase === 'Dead') return 'GROUP_ID_NOT_FOUND';
  return group.phase === 'Empty' || group.protocolType === CONSUMER_PROTOCOL_TYPE ? 'NONE' : 'NON_EMPTY_GROUP';
}
