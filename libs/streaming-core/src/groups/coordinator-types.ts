/** What is asked of a group coordinator, what it answers, and what it asks of the world. */
import type { GroupConfig, GroupResponse, HeartbeatInput, JoinInput, LeaveInput, SyncInput } from './classic/types.js';
import type { ConsumerGroupConfig, ConsumerHeartbeatInput, ConsumerHeartbeatResponse } from './consumer/types.js';
import type { GroupError, RequestId } from './group-errors.js';
import type { TopicPartition } from './offset-store.js';

export interface CoordinatorConfig extends GroupConfig, ConsumerGroupConfig {
  /** Partitions of `__consumer_offsets`. */
  readonly offsetsPartitions: number;
  readonly maxGroups: number;
  readonly maxOffsetMetadataBytes: number;
  /** How long the offsets of a group without members are kept. */
  readonly offsetsRetentionMs: number;
}

/** Both clocks, read once per step: deadlines are monotonic, what is stored is wall time. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** Who writes in a transaction. */
export interface TransactionalProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface OffsetToCommit extends TopicPartition {
  readonly offset: bigint;
  /** Of the last record that was read; -1 if the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string | null;
}

export interface CommitInput {
  readonly type: 'commit';
  readonly requestId: RequestId;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Below 0: the client manages its partitions itself. */
  readonly generationId: number;
  /** The request's version knows the errors of KIP-848 (OffsetCommit 9 and later). */
  readonly knowsMemberEpochs: boolean;
  /** How long the offsets live, whatever the group does (OffsetCommit 2 to 4); null: by the broker's setting. */
  readonly retentionTimeMs: number | null;
  /** TxnOffsetCommit: the offsets count once this producer's transaction commits. Null: at once. */
  readonly producer: TransactionalProducer | null;
  readonly offsets: readonly OffsetToCommit[];
}

export type ClassicRequest = JoinInput | SyncInput | HeartbeatInput | LeaveInput;
export type GroupRequest = ClassicRequest | ConsumerHeartbeatInput | CommitInput;

export interface CommitResponse {
  readonly type: 'commit';
  /** One per offset of the request, in its order. */
  readonly errors: readonly GroupError[];
}

export type CoordinatorResponse = GroupResponse | ConsumerHeartbeatResponse | CommitResponse;

export interface RecordToAppend {
  readonly key: Buffer;
  /** Null is a tombstone. */
  readonly value: Buffer | null;
}

export type CoordinatorEffect =
  | { readonly type: 'reply'; readonly requestId: RequestId; readonly response: CoordinatorResponse }
  /** Write these to a partition of `__consumer_offsets`, in order; call `appended` once they are durable or lost. */
  | {
      readonly type: 'append';
      readonly groupId: string;
      readonly appendId: number;
      readonly partition: number;
      readonly records: readonly RecordToAppend[];
      /** Not null: write them as a batch of this producer's transaction. */
      readonly producer: TransactionalProducer | null;
    }
  | { readonly type: 'memberRemoved'; readonly groupId: string; readonly memberId: string; readonly reason: string };

export type AppendEffect = Extract<CoordinatorEffect, { type: 'append' }>;
