import { raiseHighWatermark } from './commit.js';
import { adoptMemberships } from './membership.js';
import { epochAt, epochsUpTo, floorEpoch, holds, lastEpoch, withEpoch, type EpochStart } from './raft-log.js';
import type { AppendRequest, EntryBatch, Heartbeat, SnapshotRequest } from './raft-messages.js';
import { invariant, type Follower, type RaftState } from './raft-types.js';
import { envelope, send, type Turn } from './turn.js';

/** A piece of the leader's log: writes what is missing, cuts what the leader does not have, and answers when it is durable. */
export function onAppendRequest(turn: Turn, follower: Follower, request: AppendRequest): void {
  const { state } = turn;
  const { prev, batches } = request;
  if (!matches(state, prev)) {
    reject(turn, follower, request);
    return;
  }
  const endOffset = batches.at(-1)?.endOffset ?? prev.offset;
  // Below the own start all was committed; of what lies there nothing can be compared, and nothing need be.
  if (endOffset >= state.log.start.offset) write(turn, request);
  adoptMemberships(turn, request, endOffset);
  noteMatch(turn, follower, endOffset, request.highWatermark);
  if (batches.length === 0 || state.log.durableOffset >= follower.matchedOffset) acknowledge(turn, follower);
  else follower.isAckOwed = true;
}

export function onHeartbeat(turn: Turn, follower: Follower, heartbeat: Heartbeat): void {
  const { from, sentAtMs, highWatermark, round } = heartbeat;
  noteMatch(turn, follower, follower.matchedOffset, highWatermark);
  send(turn, { type: 'heartbeat-response', ...envelope(turn, from), sentAtMs, round });
}

/** Begins the log anew where the leader's log begins, unless it goes through there already. */
export function onSnapshotRequest(turn: Turn, follower: Follower, request: SnapshotRequest): void {
  const { state } = turn;
  const { position, membership, snapshot } = request;
  const { log } = state;
  if (!matches(state, position)) {
    turn.effects.push({ type: 'install-snapshot', position, snapshot });
    log.start = position;
    log.endOffset = position.offset;
    log.durableOffset = position.offset;
    log.epochs = position.epoch < 0 ? [] : [{ epoch: position.epoch, startOffset: position.offset }];
    turn.effects.push({ type: 'save-epochs', epochs: log.epochs });
    state.memberships = { committed: membership, latest: membership };
    turn.effects.push({ type: 'save-memberships', memberships: state.memberships });
    raiseHighWatermark(turn, position.offset);
  }
  noteMatch(turn, follower, position.offset, request.highWatermark);
  acknowledge(turn, follower);
}

/** More of the own log is durable: the leader may count on it. */
export function acknowledgeSynced(turn: Turn, follower: Follower): void {
  if (follower.isAckOwed) acknowledge(turn, follower);
}

/** Whether the log goes through a place. What is committed here is in every leader's log: Raft's leader completeness. */
function matches(state: RaftState, position: AppendRequest['prev']): boolean {
  return position.offset <= state.highWatermark || holds(state.log, position);
}

function reject(turn: Turn, follower: Follower, { from, prev }: AppendRequest): void {
  const { log } = turn.state;
  const diverging = floorEpoch(log, prev.epoch) ?? { epoch: -1, offset: log.start.offset };
  const sentAtMs = follower.leaderSentAtMs;
  send(turn, { type: 'append-rejected', ...envelope(turn, from), sentAtMs, prevOffset: prev.offset, diverging });
}

/**
 * Entries that the log has already are left alone, however late or often they come; from the first that it lacks on, it is cut and
 * written anew. One pass over epoch starts and batches in the order of the log.
 */
function write(turn: Turn, request: AppendRequest): void {
  const { state, effects } = turn;
  const { log } = state;
  const epochsBefore = log.epochs;
  const missing: EntryBatch[] = [];
  const starts = [...request.epochStarts];
  const cut = (offset: bigint) => {
    if (missing.length === 0 && log.endOffset > offset) cutTo(turn, offset);
  };
  const begin = (entry: EpochStart) => {
    if (hasStart(state, entry)) return;
    cut(entry.startOffset);
    invariant(entry.startOffset <= log.endOffset, `epoch ${entry.epoch} begins behind ${log.endOffset}`);
    log.epochs = withEpoch(log.epochs, entry);
  };
  for (const batch of request.batches) {
    while (starts.length > 0 && starts[0]!.startOffset <= batch.baseOffset) begin(starts.shift()!);
    if (missing.length === 0 && hasBatch(state, batch)) continue;
    cut(batch.baseOffset);
    invariant(batch.baseOffset >= log.endOffset, `batch ${batch.baseOffset} after ${log.endOffset}`);
    if (lastEpoch(log) > batch.epoch) log.epochs = log.epochs.filter(({ epoch }) => epoch <= batch.epoch);
    invariant(epochAt(log, log.endOffset) === batch.epoch, `epoch ${batch.epoch} has no start`);
    log.endOffset = batch.endOffset;
    missing.push(batch);
  }
  for (const entry of starts) begin(entry);
  if (log.epochs !== epochsBefore) effects.push({ type: 'save-epochs', epochs: log.epochs });
  if (missing.length > 0) effects.push({ type: 'append', batches: missing });
}

function cutTo({ state, effects }: Turn, endOffset: bigint): void {
  const { log } = state;
  invariant(endOffset >= state.highWatermark, `${state.highWatermark} is committed and would be cut to ${endOffset}`);
  log.endOffset = endOffset;
  if (log.durableOffset > endOffset) log.durableOffset = endOffset;
  log.epochs = epochsUpTo(log.epochs, endOffset);
  effects.push({ type: 'truncate', endOffset });
}

function hasBatch(state: RaftState, { endOffset, epoch }: EntryBatch): boolean {
  return matches(state, { epoch, offset: endOffset });
}

function hasStart({ log }: RaftState, { epoch, startOffset }: EpochStart): boolean {
  if (startOffset < log.start.offset) return true;
  return log.epochs.some((entry) => entry.epoch === epoch && entry.startOffset <= startOffset);
}

/** The log is the leader's up to an offset, and as far as that goes it is committed where the leader says so. */
function noteMatch(turn: Turn, follower: Follower, endOffset: bigint, highWatermark: bigint): void {
  if (endOffset > follower.matchedOffset) follower.matchedOffset = endOffset;
  if (highWatermark > follower.leaderHighWatermark) follower.leaderHighWatermark = highWatermark;
  const { matchedOffset, leaderHighWatermark } = follower;
  raiseHighWatermark(turn, matchedOffset < leaderHighWatermark ? matchedOffset : leaderHighWatermark);
}

/** Confirms only what is durable. */
function acknowledge(turn: Turn, follower: Follower): void {
  const { log, memberships, epoch } = turn.state;
  const { matchedOffset, leader, leaderSentAtMs: sentAtMs } = follower;
  invariant(leader !== null, 'an answer is owed to a leader');
  const matchOffset = matchedOffset < log.durableOffset ? matchedOffset : log.durableOffset;
  const matchEpoch = epochAt(log, matchOffset);
  const { latest, committed } = memberships;
  const newest = latest.offset <= matchOffset ? latest : committed;
  const matchMembership = matchEpoch === epoch ? newest.version : -1;
  follower.isAckOwed = log.durableOffset < matchedOffset;
  const base = { ...envelope(turn, leader), sentAtMs };
  send(turn, { type: 'append-accepted', ...base, matchOffset, matchEpoch, matchMembership });
}
