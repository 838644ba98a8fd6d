/**
 * Consensus for one partition: Raft (Ongaro and Ousterhout 2014; Ongaro's thesis) whose log is the Kafka log. A pure machine:
 * `step(state, input, nowMs)` changes the state and says what the caller must do. It knows offsets, epochs and sizes, not records.
 *
 * **The log.** An entry is a record batch, identified by its base offset and its leader epoch. There are two kinds of entries without
 * width, so that the offsets of users stay dense: the start of an epoch (kept in the leader-epoch checkpoint) and a membership. Both count
 * when logs are compared, cut and committed; see `raft-log.ts` and docs/adr/0009.
 *
 * **What the caller owes: persist before answer.**
 * 1. Effects are carried out in the order given. `save-vote`, `truncate`, `save-epochs`, `save-memberships` and `install-snapshot` are
 *    durable, across power loss, before the next effect is carried out; above all before any message that follows them is sent.
 *    - A vote or a message in an epoch goes out only after `save-vote` of that epoch, or this replica could vote twice.
 *    - A cut is durable before epochs and records that take the place of what was cut, or old records could come back under a new epoch.
 *    - An epoch's start is durable before its first record is written and before anything is acknowledged in it.
 * 2. `append` is written when the next effect is carried out and synced later, many at a time. `synced` says how far, of what is in the log now: a
 *    sync that was under way while the log was cut says nothing about what was written since. The core confirms
 *    and counts only what is synced, on the leader as on followers; sending records on before the own sync is right.
 * 3. If a write or a sync of records fails, the caller cuts its log back to what is durable for certain, then says `log-lost`. A follower
 *    goes on from there. A leader stops to lead: others may hold what it lost, and one epoch must not give an offset two records.
 * 4. If one of the durable effects of (1) fails, the rest of the effects is not carried out, the state is thrown away and the replica begins
 *    anew from its disk with `createRaft`, as after a crash. An exception from `step` (RaftInvariantError) means the same, and a bug.
 * 5. After a crash `createRaft` is given what the disk has: vote, epochs, memberships, the log's ends after recovery has cut torn batches.
 *    Starts of epochs behind the end are dropped here: the records before them were lost.
 * 6. A disk that lost synced data (emptied, replaced, restored) has a new directory id and so a new {@link ReplicaId}: it votes for
 *    nobody under its old name. It comes back as a learner, is caught up, and is given the old one's place: add-learner, remove, promote-learner.
 * 7. Messages may be lost, late, doubled and out of order. They are told apart by epoch and offsets only; a connection promises nothing.
 *
 * **Bounds.** Unconfirmed bytes and requests per follower, reads in waiting, replicas: {@link RaftConfig}. Epochs: as many as have records
 * in the log. Nothing else grows.
 */
import { advanceCommit } from './commit.js';
import { isElectionDue, startPreVote } from './election.js';
import { acknowledgeSynced } from './follower.js';
import { beatIfDue, hasQuorum } from './heartbeat.js';
import { changeMembership, NO_MEMBERSHIP } from './membership.js';
import type { Effect, Input } from './raft-io.js';
import { advanceLogStart, epochsUpTo, type EpochStart, type Position } from './raft-log.js';
import { invariant, type Memberships, type RaftConfig, type RaftState, type ReplicaId } from './raft-types.js';
import { answerReads, confirmRead } from './reads.js';
import { receive } from './receive.js';
import { nudgeSilent, onReadDone, onSnapshotDone, replicateToAll } from './replication.js';
import { becomeFollower, newFollower } from './roles.js';
import { beginTransfer, continueTransfer } from './transfer.js';
import { electionTimeoutMs, type Turn } from './turn.js';

/** What a replica finds on its disk. */
export interface Recovered {
  /** Of the newest `save-vote`; -1 and null on a new disk. */
  readonly epoch: number;
  readonly votedFor: ReplicaId | null;
  readonly epochs: readonly EpochStart[];
  /** Of the newest `save-memberships`. A founder's is {@link foundingMembership}, anybody else's null. */
  readonly memberships: Memberships | null;
  readonly logStart: Position;
  /** All of a recovered log is taken to be durable. */
  readonly endOffset: bigint;
  /** From the checkpoint of high watermarks, if there is one; may be too low. */
  readonly highWatermark: bigint;
}

/** @param seed of the election timeouts: any number that differs between replicas. */
export function createRaft(
  config: RaftConfig,
  self: ReplicaId,
  recovered: Recovered,
  nowMs: number,
  seed: number,
): RaftState {
  const { logStart, endOffset, memberships } = recovered;
  invariant(config.leaseMs < config.electionTimeoutMs, 'a lease must be shorter than the election timeout');
  const epochs = epochsUpTo(recovered.epochs, endOffset);
  // An epoch that was known is not begun a second time, whatever was lost.
  const epoch = Math.max(recovered.epoch, recovered.epochs.at(-1)?.epoch ?? -1);
  const state: RaftState = {
    config,
    self,
    epoch,
    votedFor: epoch === recovered.epoch ? recovered.votedFor : null,
    log: { start: logStart, endOffset, durableOffset: endOffset, epochs },
    memberships: memberships ?? { committed: NO_MEMBERSHIP, latest: NO_MEMBERSHIP },
    highWatermark: clamp(recovered.highWatermark, logStart.offset, endOffset),
    role: newFollower(null),
    electionDeadlineMs: 0,
    leaderContactMs: nowMs,
    random: (Math.trunc(seed) ^ 0x9e3779b9) >>> 0 || 1,
  };
  const { voters } = state.memberships.latest;
  const isAlone = voters.length === 1 && voters[0] === self;
  state.electionDeadlineMs = isAlone ? nowMs : nowMs + electionTimeoutMs(state);
  return state;
}

/** Whether the caller may append now: it leads, and does not hand over. */
export function canAppend({ role }: RaftState): boolean {
  return role.name === 'leader' && role.transfer === null;
}

/** @throws RaftInvariantError: see (4) of the contract. */
export function step(state: RaftState, input: Input, nowMs: number): Effect[] {
  const turn: Turn = { state, nowMs, effects: [] };
  take(turn, input);
  const { role } = state;
  if (role.name === 'leader') {
    advanceCommit(turn, role);
    if (state.role === role) {
      continueTransfer(turn, role);
      answerReads(turn, role);
    }
  }
  return turn.effects;
}

function take(turn: Turn, input: Input): void {
  const { role } = turn.state;
  const leader = role.name === 'leader' ? role : null;
  switch (input.type) {
    case 'tick':
      tick(turn);
      break;
    case 'message':
      receive(turn, input.message);
      break;
    case 'appended':
      appended(turn, input.endOffset);
      break;
    case 'synced':
      synced(turn, input.endOffset);
      break;
    case 'log-lost':
      logLost(turn, input.endOffset);
      break;
    case 'log-start':
      logStart(turn.state, input.offset);
      break;
    case 'read-done':
      if (leader !== null) onReadDone(turn, leader, input);
      break;
    case 'snapshot-done':
      if (leader !== null) onSnapshotDone(turn, leader, input);
      break;
    case 'change-membership':
      changeMembership(turn, input.change);
      break;
    case 'transfer-leadership':
      beginTransfer(turn, input.to);
      break;
    case 'confirm-read':
      confirmRead(turn, input.id);
      break;
  }
}

function tick(turn: Turn): void {
  const { state, nowMs } = turn;
  if (isElectionDue(state, nowMs)) startPreVote(turn);
  const { role } = state;
  if (role.name !== 'leader' || !hasQuorum(turn, role)) return;
  beatIfDue(turn, role);
  nudgeSilent(turn, role);
}

function logStart(state: RaftState, offset: bigint): void {
  invariant(offset <= state.highWatermark, 'retention keeps what is not committed');
  if (offset > state.log.start.offset) advanceLogStart(state.log, offset);
}

function appended(turn: Turn, endOffset: bigint): void {
  const { state } = turn;
  const { role, log } = state;
  invariant(role.name === 'leader' && role.transfer === null, 'only a leader that does not hand over appends');
  invariant(endOffset > log.endOffset, `appended up to ${endOffset} after ${log.endOffset}`);
  log.endOffset = endOffset;
  replicateToAll(turn, role);
}

function synced(turn: Turn, endOffset: bigint): void {
  const { state } = turn;
  const { log, role } = state;
  // A sync that was under way while the log was cut speaks of what is gone.
  if (endOffset <= log.durableOffset || endOffset > log.endOffset) return;
  log.durableOffset = endOffset;
  if (role.name === 'follower') acknowledgeSynced(turn, role);
}

function logLost(turn: Turn, endOffset: bigint): void {
  const { state } = turn;
  const { log, role } = state;
  invariant(
    endOffset >= log.durableOffset && endOffset <= log.endOffset,
    `lost down to ${endOffset}, which is durable`,
  );
  log.endOffset = endOffset;
  log.durableOffset = endOffset;
  if (log.epochs.some(({ startOffset }) => startOffset > endOffset)) {
    log.epochs = epochsUpTo(log.epochs, endOffset);
    turn.effects.push({ type: 'save-epochs', epochs: log.epochs });
  }
  state.highWatermark = clamp(state.highWatermark, log.start.offset, endOffset);
  if (role.name === 'leader') becomeFollower(turn, null);
  if (role.name === 'follower' && role.matchedOffset > endOffset) {
    role.matchedOffset = endOffset;
    role.isAckOwed = false;
  }
}

function clamp(value: bigint, from: bigint, to: bigint): bigint {
  return value < from ? from : value > to ? to : value;
}
