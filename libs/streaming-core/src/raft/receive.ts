import { onPreVoteRequest, onPreVoteResponse, onTimeoutNow, onVoteRequest, onVoteResponse } from './election.js';
import { onAppendRequest, onHeartbeat, onSnapshotRequest } from './follower.js';
import type { HeartbeatResponse, LeaderMessage, Message } from './raft-messages.js';
import { invariant, type Leader } from './raft-types.js';
import { noteContact, onAccepted, onRejected } from './replication.js';
import { enterEpoch, followLeader } from './roles.js';
import { envelope, send, type Turn } from './turn.js';

/** A message of any age, from any replica, once or more often. What belongs to an older epoch is not acted on. */
export function receive(turn: Turn, message: Message): void {
  const { state } = turn;
  // Meant for the replica that lived here before the disk was emptied, or for nobody.
  if (message.to !== state.self) return;
  // These two have rules of their own about epochs.
  if (message.type === 'pre-vote-request') onPreVoteRequest(turn, message);
  else if (message.type === 'vote-request') onVoteRequest(turn, message);
  else {
    if (message.epoch > state.epoch) enterEpoch(turn, message.epoch);
    // A voter that missed an epoch says yes in the one that it knows.
    const isCurrent = message.epoch === state.epoch || message.type === 'pre-vote-response';
    if (isCurrent) receiveOfEpoch(turn, message);
    else tellNewerEpoch(turn, message);
  }
}

type EpochMessage = Exclude<Message, { type: 'pre-vote-request' | 'vote-request' }>;

function receiveOfEpoch(turn: Turn, message: EpochMessage): void {
  const { role } = turn.state;
  const leader = role.name === 'leader' ? role : null;
  switch (message.type) {
    case 'pre-vote-response':
      onPreVoteResponse(turn, message);
      break;
    case 'vote-response':
      onVoteResponse(turn, message);
      break;
    case 'append-request':
    case 'snapshot-request':
    case 'heartbeat':
      follow(turn, message);
      break;
    case 'append-accepted':
      if (leader !== null) onAccepted(turn, leader, message);
      break;
    case 'append-rejected':
      if (leader !== null) onRejected(turn, leader, message);
      break;
    case 'heartbeat-response':
      if (leader !== null) onHeartbeatResponse(leader, message);
      break;
    case 'timeout-now':
      onTimeoutNow(turn, message);
      break;
  }
}

function follow(turn: Turn, message: LeaderMessage): void {
  const { role, epoch } = turn.state;
  const known = role.name === 'leader' ? turn.state.self : role.name === 'follower' ? role.leader : null;
  invariant(known === null || known === message.from, `${known} and ${message.from} both lead epoch ${epoch}`);
  const follower = followLeader(turn, message.from, message.sentAtMs);
  if (message.type === 'append-request') onAppendRequest(turn, follower, message);
  else if (message.type === 'snapshot-request') onSnapshotRequest(turn, follower, message);
  else onHeartbeat(turn, follower, message);
}

function onHeartbeatResponse(leader: Leader, { from, sentAtMs, round }: HeartbeatResponse): void {
  const progress = leader.progress.get(from);
  if (progress === undefined) return;
  noteContact(progress, sentAtMs);
  progress.round = Math.max(progress.round, round);
}

/** A leader of an older epoch learns that it is one. Other late messages need no answer. */
function tellNewerEpoch(turn: Turn, { type, from }: Message): void {
  if (type !== 'append-request' && type !== 'snapshot-request' && type !== 'heartbeat') return;
  send(turn, { type: 'heartbeat-response', ...envelope(turn, from), sentAtMs: 0, round: 0 });
}
