import { knowsCommitted } from './commit.js';
import { beat, majorityContactMs } from './heartbeat.js';
import type { Refusal } from './raft-io.js';
import type { Leader, RaftState, ReplicaId, WaitingRead } from './raft-types.js';
import { majorityValue, type Turn } from './turn.js';

/**
 * Why this replica cannot say at once, by its lease, where the log's committed end is; null if it can. Trusts that no voter's clock runs
 * faster than the leader's by `electionTimeoutMs / leaseMs`. `confirm-read` trusts no clock.
 */
export function leaseRefusal(state: RaftState, nowMs: number): Refusal | null {
  const { role } = state;
  if (role.name !== 'leader') return 'NOT_LEADER_OR_FOLLOWER';
  if (!knowsCommitted(state)) return 'OFFSET_NOT_AVAILABLE';
  // Who was asked to stand for election is not held off by anybody.
  if (!role.hasLease) return 'NOT_LEADER_OR_FOLLOWER';
  const untilMs = majorityContactMs(state, role, nowMs) + state.config.leaseMs;
  return nowMs < untilMs ? null : 'NOT_LEADER_OR_FOLLOWER';
}

/** Read index (Raft thesis 6.4): the read waits until a majority has answered something sent after it was asked. */
export function confirmRead(turn: Turn, id: number): void {
  const { state, effects } = turn;
  const { role } = state;
  const refuse = (reason: Refusal) => void effects.push({ type: 'read-refused', id, reason });
  if (role.name !== 'leader') {
    refuse('NOT_LEADER_OR_FOLLOWER');
    return;
  }
  if (!knowsCommitted(state)) {
    refuse('OFFSET_NOT_AVAILABLE');
    return;
  }
  if (role.reads.length >= state.config.maxWaitingReads) {
    refuse('THROTTLING_QUOTA_EXCEEDED');
    return;
  }
  role.reads.push({ id, round: role.round + 1 });
  // Those who ask meanwhile share the next round.
  if (role.reads.length === 1) beat(turn, role);
}

/** Answers the reads that a majority has confirmed since they were asked. */
export function answerReads(turn: Turn, leader: Leader): void {
  if (leader.reads.length === 0) return;
  const { state, effects } = turn;
  const { highWatermark, self } = state;
  const roundOf = (voter: ReplicaId) => (voter === self ? leader.round : (leader.progress.get(voter)?.round ?? 0));
  const confirmed = majorityValue(state.memberships.latest, roundOf) ?? 0;
  const isReady = ({ round }: WaitingRead) => round <= confirmed;
  const ready = leader.reads.findLastIndex(isReady) + 1;
  for (const { id } of leader.reads.splice(0, ready)) effects.push({ type: 'read-ready', id, highWatermark });
  const next = leader.reads[0];
  if (next !== undefined && next.round > leader.round) beat(turn, leader);
}
