import type { LogState } from './raft-log.js';

/**
 * One replica on one disk: a node id together with the id of the directory that the replica lives in. A node that comes back with an
 * emptied disk has a new directory id and is a new replica, which has promised nothing and confirms nothing that the old one had.
 */
export type ReplicaId = string;

export function replicaId(nodeId: number, directoryId: string): ReplicaId {
  return `${nodeId}/${directoryId}`;
}

/**
 * Who votes and who only follows. An entry of zero width in the log: it stands after the records before `offset`, and after the start of
 * its epoch. Along a log (epoch, version) only grow.
 */
export interface Membership {
  readonly version: number;
  readonly epoch: number;
  readonly offset: bigint;
  readonly voters: readonly ReplicaId[];
  readonly learners: readonly ReplicaId[];
}

/** The newest membership that is known to be committed, and the newest in the log: the one that counts. Often the same. */
export interface Memberships {
  readonly committed: Membership;
  readonly latest: Membership;
}

/** All times in milliseconds, of the replica's own clock. */
export interface RaftConfig {
  /** Without word from a leader for this long, up to twice as long by chance, a voter asks for an election. */
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** A follower that has not confirmed all for this long is asked again. */
  readonly resendTimeoutMs: number;
  /** A leader serves reads for this long after a majority last heard from it; less than `electionTimeoutMs` by more than clocks drift. */
  readonly leaseMs: number;
  readonly transferTimeoutMs: number;
  /** Of record bytes in one append request; one larger batch goes alone. */
  readonly maxAppendBytes: number;
  /** Of record bytes sent to one follower and not confirmed; a single request may go beyond. */
  readonly maxInflightBytes: number;
  readonly maxInflightAppends: number;
  /** Reads that wait for the leader to be confirmed. */
  readonly maxWaitingReads: number;
  /** Voters and learners of one group. */
  readonly maxReplicas: number;
}

export const DEFAULT_RAFT_CONFIG: RaftConfig = {
  electionTimeoutMs: 300,
  heartbeatIntervalMs: 60,
  resendTimeoutMs: 200,
  leaseMs: 200,
  transferTimeoutMs: 600,
  maxAppendBytes: 1024 * 1024,
  maxInflightBytes: 8 * 1024 * 1024,
  maxInflightAppends: 64,
  maxWaitingReads: 1000,
  maxReplicas: 16,
};

/**
 * Roles and the changes between them; there are no others.
 *
 *     follower  -> candidate (pre-vote)   the leader is silent, or asked for it (then the vote follows at once)
 *     candidate -> candidate              pre-vote won: the vote; time is up: again
 *     candidate -> leader                 a majority voted
 *     candidate -> follower               somebody leads this epoch, or a newer epoch is known
 *     leader    -> follower               a newer epoch, the majority is silent, own log lost something, or no longer a voter
 */
export type Role = Follower | Candidate | Leader;

export interface Follower {
  readonly name: 'follower';
  leader: ReplicaId | null;
  /** The log is the leader's up to here; -1n: not known in this epoch. */
  matchedOffset: bigint;
  /** The leader waits for word that its records are durable here. */
  isAckOwed: boolean;
  leaderHighWatermark: bigint;
  /** Of the leader's messages, when the newest was sent by the leader's clock. */
  leaderSentAtMs: number;
}

export interface Candidate {
  readonly name: 'candidate';
  readonly isPreVote: boolean;
  readonly granted: Set<ReplicaId>;
}

export interface Leader {
  readonly name: 'leader';
  /** Where the epoch begins: nothing is committed before a majority has this start. */
  readonly startOffset: bigint;
  readonly progress: Map<ReplicaId, Progress>;
  /** A majority has the start of the epoch: all that was committed before is known. */
  isEpochCommitted: boolean;
  /** In the order of their rounds. */
  readonly reads: WaitingRead[];
  /** Of heartbeats: the newest that was sent. */
  round: number;
  transfer: { readonly to: ReplicaId; readonly deadlineMs: number; isAsked: boolean } | null;
  /** Somebody was asked to stand for election, and may do so at any time: nobody holds that off. */
  hasLease: boolean;
  lastBeatMs: number;
}

/**
 * What the leader knows of one other replica.
 * - probe: where the logs part is not known; one request without records at a time.
 * - replicate: requests follow each other without waiting, as many as the window takes.
 * - snapshot: what it lacks is gone from the leader's log; nothing is sent until it has the snapshot.
 */
export interface Progress {
  readonly replica: ReplicaId;
  state: 'probe' | 'replicate' | 'snapshot';
  nextOffset: bigint;
  /** Durable there and equal to the leader's log; -1n: not known. */
  matchOffset: bigint;
  matchEpoch: number;
  matchMembership: number;
  /** Newest membership sent in an append request. */
  sentMembership: number;
  readonly inflight: { readonly endOffset: bigint; readonly sizeBytes: number }[];
  inflightBytes: number;
  /** The caller is reading the log for it, from here on. */
  readingFrom: bigint | null;
  isProbing: boolean;
  lastSentMs: number;
  /** When the newest message that it answered was sent. */
  contactMs: number;
  /** The newest round of heartbeats that it answered. */
  round: number;
}

export interface WaitingRead {
  readonly id: number;
  /** The first round of heartbeats that was sent after it was asked. */
  readonly round: number;
}

/** All that one replica of one group knows. Changed by `step` alone; others may read it. */
export interface RaftState {
  readonly config: RaftConfig;
  readonly self: ReplicaId;
  /** Leader epoch, Kafka's name for Raft's term. */
  epoch: number;
  votedFor: ReplicaId | null;
  readonly log: LogState;
  memberships: Memberships;
  /** What lies before is committed. */
  highWatermark: bigint;
  role: Role;
  electionDeadlineMs: number;
  /** When a leader was last heard, or when the replica started: it may have heard one just before. */
  leaderContactMs: number;
  /** State of the generator that spreads election timeouts. */
  random: number;
}

export class RaftInvariantError extends Error {
  override readonly name = 'RaftInvariantError';
}

/** Stays on in production: a replica that finds itself in the impossible must stop, not go on. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RaftInvariantError(message);
}
