import type { EpochStart, Position } from './raft-log.js';
import type { EntryBatch, Message } from './raft-messages.js';
import type { Membership, Memberships, ReplicaId } from './raft-types.js';

export type MembershipChange =
  /** A new replica follows without a vote. */
  | { readonly type: 'add-learner'; readonly replica: ReplicaId }
  /** A learner that has caught up gets its vote. */
  | { readonly type: 'promote-learner'; readonly replica: ReplicaId }
  | { readonly type: 'remove'; readonly replica: ReplicaId };

/** Kafka's names, so that a caller can pass them on to clients as they are. */
export type Refusal =
  | 'NOT_LEADER_OR_FOLLOWER'
  /** The leader is new and does not know yet how far the log is committed. */
  | 'OFFSET_NOT_AVAILABLE'
  /** As many wait already as may. */
  | 'THROTTLING_QUOTA_EXCEEDED'
  /** Another change is under way. */
  | 'REASSIGNMENT_IN_PROGRESS'
  /** Not a replica that this can be done with, or too many replicas. */
  | 'INVALID_REPLICA_ASSIGNMENT'
  | 'INELIGIBLE_REPLICA'
  | 'REQUEST_TIMED_OUT';

export type Input =
  /** Time passed. As often as the caller likes; a third of the heartbeat interval is good. */
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly message: Message }
  /** On the leader: the caller wrote a batch stamped with `state.epoch` at the log's end. Only after `canAppend`. */
  | { readonly type: 'appended'; readonly endOffset: bigint; readonly sizeBytes: number }
  /** All before is on the disk. */
  | { readonly type: 'synced'; readonly endOffset: bigint }
  /** A write or sync failed: the caller cut the log back to what is durable for certain. */
  | { readonly type: 'log-lost'; readonly endOffset: bigint }
  /** Retention removed what lies before, never beyond the high watermark. */
  | { readonly type: 'log-start'; readonly offset: bigint }
  /** Answer to `read`; null if the log no longer has it. */
  | { readonly type: 'read-done'; readonly replica: ReplicaId; readonly batches: readonly EntryBatch[] | null }
  /** Answer to `read-snapshot`; null if there is none yet: it is asked for again. */
  | {
      readonly type: 'snapshot-done';
      readonly replica: ReplicaId;
      readonly snapshot: { readonly position: Position; readonly bytes: Uint8Array } | null;
    }
  | { readonly type: 'change-membership'; readonly change: MembershipChange }
  | { readonly type: 'transfer-leadership'; readonly to: ReplicaId }
  /** Is the log's committed end as of now certain? Answered by `read-ready` or `read-refused`. */
  | { readonly type: 'confirm-read'; readonly id: number };

/** To be carried out in order; see the contract in raft.ts. */
export type Effect =
  /** Durable before the next effect. */
  | { readonly type: 'save-vote'; readonly epoch: number; readonly votedFor: ReplicaId | null }
  /** Cut the log; durable before the next effect. */
  | { readonly type: 'truncate'; readonly endOffset: bigint }
  /** The whole leader-epoch checkpoint; durable before the next effect. */
  | { readonly type: 'save-epochs'; readonly epochs: readonly EpochStart[] }
  /** Durable before the next effect. */
  | { readonly type: 'save-memberships'; readonly memberships: Memberships }
  /** Empty the log, begin it anew at `position`, keep the snapshot; durable before the next effect. */
  | { readonly type: 'install-snapshot'; readonly position: Position; readonly snapshot: Uint8Array }
  /** Write at the log's end, then sync in one's own time and say `synced`. */
  | { readonly type: 'append'; readonly batches: readonly EntryBatch[] }
  | { readonly type: 'send'; readonly message: Message }
  /** Whole batches from an offset on: at least one, and no more bytes than this unless the first alone is larger. */
  | {
      readonly type: 'read';
      readonly replica: ReplicaId;
      readonly fromOffset: bigint;
      readonly maxBytes: number;
    }
  | { readonly type: 'read-snapshot'; readonly replica: ReplicaId }
  | { readonly type: 'high-watermark'; readonly offset: bigint }
  | {
      readonly type: 'role';
      readonly role: 'follower' | 'candidate' | 'leader';
      readonly epoch: number;
      readonly leader: ReplicaId | null;
    }
  | { readonly type: 'membership-committed'; readonly membership: Membership }
  | { readonly type: 'membership-refused'; readonly reason: Refusal }
  /** `reason` null: the other one was asked to stand for election; a `role` effect tells how it went. */
  | { readonly type: 'transfer-ended'; readonly to: ReplicaId; readonly reason: Refusal | null }
  | { readonly type: 'read-ready'; readonly id: number; readonly highWatermark: bigint }
  | { readonly type: 'read-refused'; readonly id: number; readonly reason: Refusal };
