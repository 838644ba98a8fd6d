import { becomeFollower } from './roles.js';
import { isVoter, majorityValue, type Turn } from './turn.js';
import { invariant, type Leader, type RaftState, type ReplicaId } from './raft-types.js';

/**
 * Raises the high watermark to what a majority of voters has on disk, the start of the leader's own epoch included. Records of older
 * epochs are committed only together with that start (Raft 5.4.2, Figure 8): having them is not enough.
 */
export function advanceCommit(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { committed, latest } = state.memberships;
  const reached = majorityValue(latest, (voter) => confirmedOffset(state, leader, voter));
  if (reached === null || reached < leader.startOffset) return;
  leader.isEpochCommitted = true;
  raiseHighWatermark(turn, reached);
  if (latest === committed) return;
  const version = majorityValue(latest, (voter) => confirmedMembership(state, leader, voter));
  if (version === null || version < latest.version) return;
  state.memberships = { committed: latest, latest };
  turn.effects.push({ type: 'save-memberships', memberships: state.memberships });
  turn.effects.push({ type: 'membership-committed', membership: latest });
  // A leader that is no longer a member leads until its leaving is committed (Raft thesis 4.2.2).
  if (!isVoter(state, state.self)) becomeFollower(turn, null);
}

/** Whether the leader knows how far the log is committed: it does once the start of its epoch is. */
export function knowsCommitted({ role }: RaftState): boolean {
  return role.name === 'leader' && role.isEpochCommitted;
}

export function raiseHighWatermark({ state, effects }: Turn, offset: bigint): void {
  if (offset <= state.highWatermark) return;
  invariant(offset <= state.log.endOffset, `committed ${offset} of ${state.log.endOffset}`);
  state.highWatermark = offset;
  effects.push({ type: 'high-watermark', offset });
}

/** How far a voter has the log of this epoch on its disk; -1n without the epoch's start. */
function confirmedOffset(state: RaftState, leader: Leader, voter: ReplicaId): bigint {
  if (voter === state.self) return state.log.durableOffset >= leader.startOffset ? state.log.durableOffset : -1n;
  const progress = leader.progress.get(voter);
  return progress?.matchEpoch === state.epoch ? progress.matchOffset : -1n;
}

function confirmedMembership(state: RaftState, leader: Leader, voter: ReplicaId): number {
  const { latest } = state.memberships;
  if (voter === state.self) return state.log.durableOffset >= latest.offset ? latest.version : -1;
  return leader.progress.get(voter)?.matchMembership ?? -1;
}
