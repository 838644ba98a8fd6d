import { epochAt, compareTips, withEpoch } from './raft-log.js';
import type { PreVoteRequest, PreVoteResponse, TimeoutNow, VoteRequest, VoteResponse } from './raft-messages.js';
import { syncProgress } from './membership.js';
import { invariant, type Candidate, type Leader, type RaftState } from './raft-types.js';
import { assertLeadsLog, replicateToAll } from './replication.js';
import { becomeFollower, changeRole, enterEpoch, resetElectionTimer, saveVote } from './roles.js';
import { envelope, isVoter, majorityOf, othersOf, send, tipOf, type Turn } from './turn.js';

/** The leader is silent, or the last election had no winner: asks whether one could be won. Changes nobody's epoch. */
export function startPreVote(turn: Turn): void {
  const { state } = turn;
  resetElectionTimer(turn);
  if (!mayLead(state)) return;
  const candidate: Candidate = { name: 'candidate', isPreVote: true, granted: new Set([state.self]) };
  changeRole(turn, candidate);
  const proposedEpoch = state.epoch + 1;
  const tip = tipOf(state);
  for (const voter of othersOf(state, state.memberships.latest.voters)) {
    send(turn, { type: 'pre-vote-request', ...envelope(turn, voter), proposedEpoch, tip });
  }
  countVotes(turn, candidate);
}

export function onPreVoteRequest(turn: Turn, message: PreVoteRequest): void {
  const { state } = turn;
  const { proposedEpoch, tip } = message;
  const isGranted = proposedEpoch > state.epoch && !hearsLeader(turn) && compareTips(tip, tipOf(state)) >= 0;
  send(turn, { type: 'pre-vote-response', ...envelope(turn, message.from), proposedEpoch, isGranted });
}

export function onPreVoteResponse(turn: Turn, { from, proposedEpoch, isGranted }: PreVoteResponse): void {
  const { role, epoch } = turn.state;
  if (role.name !== 'candidate' || !role.isPreVote || !isGranted || proposedEpoch !== epoch + 1) return;
  role.granted.add(from);
  countVotes(turn, role);
}

/**
 * A vote in a newer epoch. Refused without a look at the epoch while a leader is heard: a removed or cut-off replica cannot unseat it
 * (Raft thesis 4.2.3), and the leader's lease rests on it.
 */
export function onVoteRequest(turn: Turn, message: VoteRequest): void {
  const { state } = turn;
  const isHeldOff = !message.isTransfer && hearsLeader(turn);
  if (!isHeldOff && message.epoch > state.epoch) enterEpoch(turn, message.epoch);
  const isGranted =
    !isHeldOff &&
    message.epoch === state.epoch &&
    (state.votedFor === null || state.votedFor === message.from) &&
    !knowsLeader(state) &&
    compareTips(message.tip, tipOf(state)) >= 0;
  if (isGranted && state.votedFor === null) {
    saveVote(turn, state.epoch, message.from);
    becomeFollower(turn, null);
  }
  send(turn, { type: 'vote-response', ...envelope(turn, message.from), isGranted });
}

export function onVoteResponse(turn: Turn, { from, isGranted }: VoteResponse): void {
  const { role } = turn.state;
  if (role.name !== 'candidate' || role.isPreVote || !isGranted) return;
  role.granted.add(from);
  countVotes(turn, role);
}

/** The leader hands over: straight to the vote. */
export function onTimeoutNow(turn: Turn, message: TimeoutNow): void {
  const { role } = turn.state;
  const isFromLeader = role.name === 'follower' && role.leader === message.from;
  if (isFromLeader && isVoter(turn.state, turn.state.self)) startVote(turn, true);
}

function startVote(turn: Turn, isTransfer: boolean): void {
  const { state } = turn;
  saveVote(turn, state.epoch + 1, state.self);
  resetElectionTimer(turn);
  const candidate: Candidate = { name: 'candidate', isPreVote: false, granted: new Set([state.self]) };
  changeRole(turn, candidate);
  const tip = tipOf(state);
  for (const voter of othersOf(state, state.memberships.latest.voters)) {
    send(turn, { type: 'vote-request', ...envelope(turn, voter), tip, isTransfer });
  }
  countVotes(turn, candidate);
}

function countVotes(turn: Turn, candidate: Candidate): void {
  const { latest } = turn.state.memberships;
  const votes = latest.voters.filter((voter) => candidate.granted.has(voter)).length;
  if (votes < majorityOf(latest)) return;
  if (candidate.isPreVote) startVote(turn, false);
  else becomeLeader(turn);
}

/** Begins the epoch: its zero-width start is durable before anything is said or written in it. */
function becomeLeader(turn: Turn): void {
  const { state, nowMs, effects } = turn;
  const { log, epoch } = state;
  invariant(epochAt(log, log.endOffset) < epoch, `epoch ${epoch} has begun already`);
  const startOffset = log.endOffset;
  log.epochs = withEpoch(log.epochs, { epoch, startOffset });
  effects.push({ type: 'save-epochs', epochs: log.epochs });
  const leader: Leader = {
    name: 'leader',
    startOffset,
    isEpochCommitted: false,
    progress: new Map(),
    reads: [],
    round: 0,
    transfer: null,
    hasLease: true,
    lastBeatMs: nowMs,
  };
  changeRole(turn, leader);
  assertLeadsLog(state);
  syncProgress(turn, leader);
  replicateToAll(turn, leader);
}

/** Leads itself, or heard a leader so lately that a majority may trust in there being no other. */
function hearsLeader({ state, nowMs }: Turn): boolean {
  return state.role.name === 'leader' || nowMs - state.leaderContactMs < state.config.electionTimeoutMs;
}

/** Whoever is about to leave may be the only one to have its leaving, which must be committed (Raft thesis 4.2.2). */
function mayLead({ memberships: { committed, latest }, self }: RaftState): boolean {
  return latest.voters.includes(self) || committed.voters.includes(self);
}

function knowsLeader({ role }: RaftState): boolean {
  return role.name === 'leader' || (role.name === 'follower' && role.leader !== null);
}

export function isElectionDue(state: RaftState, nowMs: number): boolean {
  return state.role.name !== 'leader' && nowMs >= state.electionDeadlineMs;
}
