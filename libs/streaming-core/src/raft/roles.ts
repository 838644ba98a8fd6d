import type { Follower, Leader, ReplicaId, Role } from './raft-types.js';
import { electionTimeoutMs, type Turn } from './turn.js';

/** A newer epoch is known: durable, before anything is said in it. Nobody has this replica's vote yet. */
export function enterEpoch(turn: Turn, epoch: number): void {
  saveVote(turn, epoch, null);
  becomeFollower(turn, null);
}

export function saveVote({ state, effects }: Turn, epoch: number, votedFor: ReplicaId | null): void {
  state.epoch = epoch;
  state.votedFor = votedFor;
  // A new epoch and the vote in it are one write, if nothing was said between the two.
  const pending = effects.findIndex(({ type }) => type === 'save-vote' || type === 'send');
  if (effects[pending]?.type === 'save-vote') effects.splice(pending, 1);
  effects.push({ type: 'save-vote', epoch, votedFor });
}

/** Stops to lead or to stand for election. Whoever waits for this replica as leader is refused. */
export function becomeFollower(turn: Turn, leader: ReplicaId | null): void {
  const { state } = turn;
  if (state.role.name === 'leader') dismiss(turn, state.role);
  if (leader === null) resetElectionTimer(turn);
  changeRole(turn, newFollower(leader));
}

export function newFollower(leader: ReplicaId | null): Follower {
  return {
    name: 'follower',
    leader,
    matchedOffset: -1n,
    isAckOwed: false,
    leaderHighWatermark: 0n,
    leaderSentAtMs: 0,
  };
}

/** A message from the leader of this epoch: follows it, and holds elections off. */
export function followLeader(turn: Turn, leader: ReplicaId, sentAtMs: number): Follower {
  const { state } = turn;
  const { role } = state;
  if (role.name !== 'follower' || role.leader !== leader) becomeFollower(turn, leader);
  const follower = state.role as Follower;
  follower.leaderSentAtMs = Math.max(follower.leaderSentAtMs, sentAtMs);
  state.leaderContactMs = turn.nowMs;
  resetElectionTimer(turn);
  return follower;
}

export function resetElectionTimer({ state, nowMs }: Turn): void {
  state.electionDeadlineMs = nowMs + electionTimeoutMs(state);
}

export function changeRole({ state, effects }: Turn, role: Role): void {
  state.role = role;
  const leader = role.name === 'leader' ? state.self : role.name === 'follower' ? role.leader : null;
  effects.push({ type: 'role', role: role.name, epoch: state.epoch, leader });
}

function dismiss({ effects }: Turn, leader: Leader): void {
  for (const { id } of leader.reads) effects.push({ type: 'read-refused', id, reason: 'NOT_LEADER_OR_FOLLOWER' });
  if (leader.transfer !== null && !leader.transfer.isAsked) {
    effects.push({ type: 'transfer-ended', to: leader.transfer.to, reason: 'NOT_LEADER_OR_FOLLOWER' });
  }
}
