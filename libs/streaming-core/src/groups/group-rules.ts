/** What differs between kinds of groups, and who may touch a group's offsets. */
import { checkMember } from './classic/group.js';
import type { ClassicGroup, GroupPhase } from './classic/types.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import { phaseOf } from './consumer/group-state.js';
import { subscribedTopicNames } from './consumer/subscriptions.js';
import type { ConsumerGroupPhase, ConsumerGroupState } from './consumer/types.js';
import { CONSUMER_PROTOCOL_TYPE } from './consumer-protocol.js';
import type { CommitInput, Now } from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import type { CommittedOffset } from './offset-store.js';

export type AnyGroup = ClassicGroup | ConsumerGroup;

export function phase(group: AnyGroup): GroupPhase | ConsumerGroupPhase {
  return group.type === 'consumer' ? phaseOf(group.state) : group.phase;
}

/** As Kafka's tools show it; empty for a group that only commits offsets. */
export function protocolTypeOf(group: AnyGroup): string {
  return group.type === 'consumer' ? CONSUMER_PROTOCOL_TYPE : (group.protocolType ?? '');
}

export function isWithoutMembers(group: AnyGroup): boolean {
  if (group.type === 'consumer') return group.state.members.size === 0;
  return group.phase === 'Empty' && group.pendingMembers.size === 0;
}

/** Whether the group reads the topic, as far as that is known: its offsets are in use then. */
export function isSubscribedTo(group: AnyGroup, topic: string): boolean {
  if (group.type === 'consumer') return topicsOf(group.state).has(topic);
  return group.subscribedTopics?.has(topic) ?? group.protocolType === CONSUMER_PROTOCOL_TYPE;
}

const topicsByState = new WeakMap<ConsumerGroupState, ReadonlySet<string>>();

function topicsOf(state: ConsumerGroupState): ReadonlySet<string> {
  let topics = topicsByState.get(state);
  if (!topics) {
    topics = subscribedTopicNames(state);
    topicsByState.set(state, topics);
  }
  return topics;
}

/**
 * From when on the retention of an offset counts, in milliseconds since 1970 (KIP-211): from when the group lost its last member;
 * for consumers who manage their partitions themselves, and for topics that a stable group no longer reads, from the commit.
 * Null: it does not lapse now.
 */
export function offsetsExpireFromMs(group: AnyGroup, phaseSinceMs: number, committed: CommittedOffset): number | null {
  // As in Kafka: a topic that no member reads may have been given up long before the last member left.
  if (group.type === 'consumer' || group.protocolType === null) return committed.committedAtMs;
  if (group.phase === 'Empty') return phaseSinceMs;
  const isKnown = group.protocolType === CONSUMER_PROTOCOL_TYPE && group.subscribedTopics !== null;
  return isKnown && group.phase === 'Stable' ? committed.committedAtMs : null;
}

/** Why a commit is not taken, or `NONE`. One that is taken keeps its member alive. */
export function refuseCommit(group: AnyGroup, input: CommitInput, now: Now): GroupError {
  if (group.type === 'consumer') return refuseConsumerCommit(group, input);
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

function refuseConsumerCommit({ state }: ConsumerGroup, input: CommitInput): GroupError {
  const { memberId, generationId, producer, knowsMemberEpochs } = input;
  if (generationId < 0 && state.members.size === 0) return 'NONE';
  // Old transactional producers do not say on behalf of which member they commit.
  if (generationId < 0 && memberId === '' && producer !== null) return 'NONE';
  const member = state.members.get(memberId);
  if (!member) return 'UNKNOWN_MEMBER_ID';
  const isClassic = member.subscription.classic !== null;
  if (producer === null && !isClassic && !knowsMemberEpochs) return 'UNSUPPORTED_VERSION';
  return checkEpoch(isClassic, generationId, member.current.epoch);
}

/** Why a member may not read offsets, or `NONE`. Null and below 0: the client does not say who it is (OffsetFetch before 9). */
export function refuseFetch(group: AnyGroup, memberId: string | null, memberEpoch: number): GroupError {
  if (group.type === 'classic' || (memberId === null && memberEpoch < 0)) return 'NONE';
  const member = memberId === null ? undefined : group.state.members.get(memberId);
  if (!member) return 'UNKNOWN_MEMBER_ID';
  return checkEpoch(member.subscription.classic !== null, memberEpoch, member.current.epoch);
}

function checkEpoch(isClassic: boolean, received: number, expected: number): GroupError {
  if (received === expected) return 'NONE';
  return isClassic ? 'ILLEGAL_GENERATION' : 'STALE_MEMBER_EPOCH';
}

/** Why no offset of the group can be deleted, or `NONE`. */
export function refuseOffsetDelete(group: AnyGroup): GroupError {
  if (group.type === 'consumer') return 'NONE';
  if (group.phase === 'Dead') return 'GROUP_ID_NOT_FOUND';
  return group.phase === 'Empty' || group.protocolType === CONSUMER_PROTOCOL_TYPE ? 'NONE' : 'NON_EMPTY_GROUP';
}
