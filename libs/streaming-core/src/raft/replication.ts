import { floorEpoch, lastEpoch, positionBefore } from './raft-log.js';
import type { Input } from './raft-io.js';
import type { AppendAccepted, AppendRejected, EntryBatch } from './raft-messages.js';
import {
  invariant,
  type Leader,
  type Memberships,
  type Progress,
  type RaftState,
  type ReplicaId,
} from './raft-types.js';
import { envelope, send, type Turn } from './turn.js';

/** A follower of which nothing is known yet, taken to have all that the leader has until it says otherwise. */
export function newProgress(turn: Turn, replica: ReplicaId): Progress {
  return {
    replica,
    state: 'probe',
    nextOffset: turn.state.log.endOffset,
    matchOffset: -1n,
    matchEpoch: -1,
    matchMembership: -1,
    sentMembership: -1,
    inflight: [],
    inflightBytes: 0,
    readingFrom: null,
    isProbing: false,
    lastSentMs: turn.nowMs,
    contactMs: turn.nowMs,
    round: 0,
  };
}

/** Whether it has all of the leader's log, the zero-width entries included. */
export function isCaughtUp({ log, epoch, memberships }: RaftState, progress: Progress): boolean {
  return (
    progress.matchOffset === log.endOffset &&
    progress.matchEpoch === epoch &&
    progress.matchMembership === memberships.latest.version
  );
}

export function replicateToAll(turn: Turn, leader: Leader): void {
  for (const progress of leader.progress.values()) replicate(turn, progress);
}

/** Sends what the follower lacks, as far as its window goes: probes, reads of the log, zero-width entries. */
export function replicate(turn: Turn, progress: Progress): void {
  const { log, memberships, config } = turn.state;
  if (progress.state === 'snapshot' || progress.readingFrom !== null) return;
  if (progress.nextOffset < log.start.offset) {
    beginSnapshot(turn, progress);
    return;
  }
  if (progress.state === 'probe') {
    if (!progress.isProbing) sendAppend(turn, progress, []);
    return;
  }
  if (progress.inflight.length >= config.maxInflightAppends) return;
  if (progress.nextOffset === log.endOffset) {
    if (progress.sentMembership < memberships.latest.version) sendAppend(turn, progress, []);
    return;
  }
  const roomBytes = config.maxInflightBytes - progress.inflightBytes;
  if (roomBytes <= 0) return;
  progress.readingFrom = progress.nextOffset;
  const maxBytes = Math.min(config.maxAppendBytes, roomBytes);
  turn.effects.push({ type: 'read', replica: progress.replica, fromOffset: progress.nextOffset, maxBytes });
}

/** The caller read the log for a follower. Whatever changed meanwhile, these are the leader's records. */
export function onReadDone(turn: Turn, leader: Leader, input: Extract<Input, { type: 'read-done' }>): void {
  const progress = leader.progress.get(input.replica);
  if (progress === undefined || progress.readingFrom === null) return;
  const isWanted = progress.state === 'replicate' && progress.readingFrom === progress.nextOffset;
  progress.readingFrom = null;
  const { batches } = input;
  if (batches === null || batches.length === 0) {
    if (progress.nextOffset < turn.state.log.endOffset) beginSnapshot(turn, progress);
    return;
  }
  if (isWanted) {
    // Beyond it if compaction left a gap.
    invariant(
      batches[0]!.baseOffset >= progress.nextOffset,
      `read from the middle of a batch at ${progress.nextOffset}`,
    );
    sendAppend(turn, progress, batches);
  }
  replicate(turn, progress);
}

/** Asks a follower again that has not confirmed all for long: without records, after all that was sent. */
export function nudgeSilent(turn: Turn, leader: Leader): void {
  const { state, nowMs } = turn;
  for (const progress of leader.progress.values()) {
    if (nowMs - progress.lastSentMs < state.config.resendTimeoutMs || isCaughtUp(state, progress)) continue;
    if (progress.state === 'snapshot') beginSnapshot(turn, progress);
    else if (progress.nextOffset < state.log.start.offset) beginSnapshot(turn, progress);
    else sendAppend(turn, progress, []);
  }
}

export function onAccepted(turn: Turn, leader: Leader, message: AppendAccepted): void {
  const progress = leader.progress.get(message.from);
  if (progress === undefined) return;
  noteContact(progress, message.sentAtMs);
  // A replica's word is durable and its log only grows while one leader leads, so of two answers the larger one is true.
  if (message.matchOffset > progress.matchOffset) progress.matchOffset = message.matchOffset;
  progress.matchEpoch = Math.max(progress.matchEpoch, message.matchEpoch);
  progress.matchMembership = Math.max(progress.matchMembership, message.matchMembership);
  const { endOffset } = turn.state.log;
  invariant(progress.matchOffset <= endOffset, `${message.from} confirms ${progress.matchOffset} of ${endOffset}`);
  if (progress.state === 'snapshot' && progress.matchOffset < progress.nextOffset) return;
  freeInflight(progress);
  if (progress.nextOffset < progress.matchOffset) progress.nextOffset = progress.matchOffset;
  if (progress.state !== 'replicate') enter(progress, 'replicate');
  replicate(turn, progress);
}

export function onRejected(turn: Turn, leader: Leader, message: AppendRejected): void {
  const progress = leader.progress.get(message.from);
  if (progress === undefined) return;
  noteContact(progress, message.sentAtMs);
  const isOld =
    progress.state === 'snapshot' ||
    message.prevOffset <= progress.matchOffset ||
    message.prevOffset > progress.nextOffset ||
    (progress.state === 'probe' && message.prevOffset !== progress.nextOffset);
  if (isOld) return;
  const nextOffset = commonEnd(turn.state, message);
  if (nextOffset === null || nextOffset >= message.prevOffset) {
    beginSnapshot(turn, progress);
    return;
  }
  enter(progress, 'probe');
  progress.nextOffset = nextOffset > progress.matchOffset ? nextOffset : progress.matchOffset;
  replicate(turn, progress);
}

export function noteContact(progress: Progress, sentAtMs: number): void {
  progress.contactMs = Math.max(progress.contactMs, sentAtMs);
}

export function onSnapshotDone(turn: Turn, leader: Leader, input: Extract<Input, { type: 'snapshot-done' }>): void {
  const progress = leader.progress.get(input.replica);
  if (progress?.state !== 'snapshot' || input.snapshot === null) return;
  const { position, bytes: snapshot } = input.snapshot;
  const { state, nowMs: sentAtMs } = turn;
  invariant(position.offset <= state.highWatermark, 'a snapshot holds only what is committed');
  progress.nextOffset = position.offset;
  const { highWatermark } = state;
  const membership = state.memberships.committed;
  const base = { ...envelope(turn, progress.replica), sentAtMs, highWatermark };
  send(turn, { type: 'snapshot-request', ...base, position, membership, snapshot });
}

/**
 * Where the leader's log and the follower's may still be the same: at the end of the newest epoch, not above the follower's, that the
 * leader has. Each answer skips a whole epoch. Null: before all that the leader has.
 */
function commonEnd({ log }: RaftState, { diverging }: AppendRejected): bigint | null {
  const common = floorEpoch(log, diverging.epoch);
  if (common === null) return log.start.offset;
  const offset = common.offset < diverging.offset ? common.offset : diverging.offset;
  return offset < log.start.offset ? null : offset;
}

function sendAppend(turn: Turn, progress: Progress, batches: readonly EntryBatch[]): void {
  const { log, highWatermark } = turn.state;
  const { nextOffset } = progress;
  const endOffset = batches.at(-1)?.endOffset ?? nextOffset;
  const memberships = membershipsAt(turn.state, endOffset);
  send(turn, {
    type: 'append-request',
    ...envelope(turn, progress.replica),
    sentAtMs: turn.nowMs,
    highWatermark,
    prev: positionBefore(log, nextOffset),
    epochStarts: log.epochs.filter(({ startOffset }) => startOffset >= nextOffset && startOffset <= endOffset),
    batches,
    memberships,
  });
  progress.lastSentMs = turn.nowMs;
  progress.sentMembership = memberships.latest.version;
  if (progress.state === 'probe') {
    progress.isProbing = true;
    return;
  }
  if (batches.length === 0) return;
  const sizeBytes = batches.reduce((sum, { records }) => sum + records.length, 0);
  progress.inflight.push({ endOffset, sizeBytes });
  progress.inflightBytes += sizeBytes;
  progress.nextOffset = endOffset;
}

/** What the log up to `endOffset` says of members. What is committed may be known early, it will not be taken back. */
function membershipsAt({ memberships }: RaftState, endOffset: bigint): Memberships {
  const { committed, latest } = memberships;
  return latest.offset <= endOffset ? memberships : { committed, latest: committed };
}

function beginSnapshot(turn: Turn, progress: Progress): void {
  enter(progress, 'snapshot');
  progress.lastSentMs = turn.nowMs;
  turn.effects.push({ type: 'read-snapshot', replica: progress.replica });
}

function enter(progress: Progress, state: Progress['state']): void {
  progress.state = state;
  progress.isProbing = false;
  progress.inflight.length = 0;
  progress.inflightBytes = 0;
}

function freeInflight(progress: Progress): void {
  while (progress.inflight.length > 0 && progress.inflight[0]!.endOffset <= progress.matchOffset) {
    progress.inflightBytes -= progress.inflight.shift()!.sizeBytes;
  }
}

/** The leader's log begins its epoch before anything is written in it. */
export function assertLeadsLog(state: RaftState): void {
  invariant(lastEpoch(state.log) === state.epoch, `the log is in epoch ${lastEpoch(state.log)}, not ${state.epoch}`);
}
