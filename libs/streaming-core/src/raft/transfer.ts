import type { Leader, ReplicaId } from './raft-types.js';
import { isCaughtUp } from './replication.js';
import type { Refusal } from './raft-io.js';
import { envelope, isVoter, send, type Turn } from './turn.js';

/**
 * Hands the lead to another voter (Raft thesis 3.10): nothing more is appended until it has all of the log, then it is asked to stand for
 * election at once. Nobody holds that election off, and its log is as complete as any.
 */
export function beginTransfer(turn: Turn, to: ReplicaId): void {
  const { state, nowMs, effects } = turn;
  const { role } = state;
  const refuse = (reason: Refusal) => void effects.push({ type: 'transfer-ended', to, reason });
  if (role.name !== 'leader') {
    refuse('NOT_LEADER_OR_FOLLOWER');
    return;
  }
  if (to === state.self || !isVoter(state, to)) {
    refuse('INELIGIBLE_REPLICA');
    return;
  }
  if (role.transfer !== null) {
    refuse('REASSIGNMENT_IN_PROGRESS');
    return;
  }
  role.transfer = { to, deadlineMs: nowMs + state.config.transferTimeoutMs, isAsked: false };
  continueTransfer(turn, role);
}

/** Asks for the election once the other one has all; gives up when time is out, and takes appends again. */
export function continueTransfer(turn: Turn, leader: Leader): void {
  const { transfer } = leader;
  if (transfer === null) return;
  const { state, effects } = turn;
  const { to, deadlineMs } = transfer;
  const progress = leader.progress.get(to);
  if (turn.nowMs >= deadlineMs || progress === undefined) {
    leader.transfer = null;
    // Once asked it may still win an election. The next leader's epoch will tell.
    if (!transfer.isAsked) effects.push({ type: 'transfer-ended', to, reason: 'REQUEST_TIMED_OUT' });
    return;
  }
  if (transfer.isAsked || !isCaughtUp(state, progress)) return;
  transfer.isAsked = true;
  leader.hasLease = false;
  send(turn, { type: 'timeout-now', ...envelope(turn, to) });
  effects.push({ type: 'transfer-ended', to, reason: null });
}
