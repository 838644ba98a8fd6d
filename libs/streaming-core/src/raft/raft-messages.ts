import type { EpochStart, LogTip, Position } from './raft-log.js';
import type { Membership, Memberships, ReplicaId } from './raft-types.js';

/** A record batch: records of one epoch, never taken apart. The core does not look into the bytes. */
export interface EntryBatch {
  readonly baseOffset: bigint;
  /** The offset after the last record. */
  readonly endOffset: bigint;
  readonly epoch: number;
  readonly records: Uint8Array;
}

interface Envelope {
  readonly from: ReplicaId;
  readonly to: ReplicaId;
  /** The sender's epoch. */
  readonly epoch: number;
}

/** Would you vote for me in `proposedEpoch`? Binds nobody (Raft thesis 9.6). */
export interface PreVoteRequest extends Envelope {
  readonly type: 'pre-vote-request';
  readonly proposedEpoch: number;
  readonly tip: LogTip;
}

export interface PreVoteResponse extends Envelope {
  readonly type: 'pre-vote-response';
  readonly proposedEpoch: number;
  readonly isGranted: boolean;
}

export interface VoteRequest extends Envelope {
  readonly type: 'vote-request';
  readonly tip: LogTip;
  /** The leader itself asked for this election, so nobody holds it off for the leader's sake. */
  readonly isTransfer: boolean;
}

export interface VoteResponse extends Envelope {
  readonly type: 'vote-response';
  readonly isGranted: boolean;
}

/** From a leader: comes back in the answer, by the leader's clock. */
interface FromLeader extends Envelope {
  readonly sentAtMs: number;
  readonly highWatermark: bigint;
}

/**
 * A piece of the leader's log: all entries after `prev` up to the end of the last batch, the zero-width ones at that end included.
 * Without batches: the zero-width ones at `prev.offset`.
 */
export interface AppendRequest extends FromLeader {
  readonly type: 'append-request';
  readonly prev: Position;
  readonly epochStarts: readonly EpochStart[];
  readonly batches: readonly EntryBatch[];
  /** As of the end of this piece. */
  readonly memberships: Memberships;
}

/** In place of records that are gone from the leader's log. What `snapshot` is, is between the callers; a user partition's is empty. */
export interface SnapshotRequest extends FromLeader {
  readonly type: 'snapshot-request';
  readonly position: Position;
  readonly membership: Membership;
  readonly snapshot: Uint8Array;
}

/** The follower has the leader's log durably up to here. */
export interface AppendAccepted extends Envelope {
  readonly type: 'append-accepted';
  readonly sentAtMs: number;
  readonly matchOffset: bigint;
  /** Newest epoch whose start lies in there. */
  readonly matchEpoch: number;
  /** Version of the newest membership that lies in there. */
  readonly matchMembership: number;
}

/** The follower's log does not go through `prev`. */
export interface AppendRejected extends Envelope {
  readonly type: 'append-rejected';
  readonly sentAtMs: number;
  readonly prevOffset: bigint;
  /** The follower's newest epoch not above that of `prev`, and where it ends (KIP-595's diverging epoch, sent the other way). */
  readonly diverging: Position;
}

/** Of fixed size; those of all groups between two nodes travel as one message, see `mergeByNode`. */
export interface Heartbeat extends FromLeader {
  readonly type: 'heartbeat';
  /** Counts up while one leader leads. */
  readonly round: number;
}

export interface HeartbeatResponse extends Envelope {
  readonly type: 'heartbeat-response';
  readonly sentAtMs: number;
  readonly round: number;
}

/** Ask for an election now: you have all that I have (Raft thesis 3.10). */
export interface TimeoutNow extends Envelope {
  readonly type: 'timeout-now';
}

export type LeaderMessage = AppendRequest | SnapshotRequest | Heartbeat;

export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | LeaderMessage
  | AppendAccepted
  | AppendRejected
  | HeartbeatResponse
  | TimeoutNow;
