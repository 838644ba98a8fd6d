/** One group of the consumer protocol (KIP-848): what it is made of, what can happen to it, what is written down. */
import type { GroupProtocol } from '../classic/types.js';
import type { GroupError, RequestId } from '../group-errors.js';
import type { Partitions, TopicPartitions } from './partitions.js';

/** Member epochs with a meaning of their own. */
export const JOIN_EPOCH = 0;
export const LEAVE_EPOCH = -1;
/** A static member that goes away and means to come back. */
export const LEAVE_STATIC_EPOCH = -2;

export type ConsumerGroupPhase = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** What a member wants: from its heartbeats, or from its JoinGroup if it speaks the classic protocol. */
export interface MemberSubscription {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted, each once. */
  readonly topicNames: readonly string[];
  readonly topicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Not null: the member speaks the classic protocol. */
  readonly classic: { readonly sessionTimeoutMs: number; readonly protocols: readonly GroupProtocol[] } | null;
}

/**
 * Where a member is on its way to its target: `stable` - there; `unrevoked` - it must first give up partitions; `unreleased` - it
 * has all that is free, and the rest is still with others.
 */
export type MemberPhase = 'stable' | 'unrevoked' | 'unreleased';

/** What a member has now. */
export interface CurrentAssignment {
  readonly epoch: number;
  /** The member may still come with this one: the answer with the new epoch may have been lost. */
  readonly previousEpoch: number;
  readonly phase: MemberPhase;
  readonly assigned: Partitions;
  /** It may still be working on these. */
  readonly pendingRevocation: Partitions;
}

export interface ConsumerMember {
  readonly memberId: string;
  readonly subscription: MemberSubscription;
  readonly current: CurrentAssignment;
}

/** The topics that match a regular expression, as of a time. */
export interface ResolvedRegex {
  readonly topics: ReadonlySet<string>;
  /** Of the cluster's topics, as the broker that looked counted them. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly resolvedAtMs: number;
}

/** All that is durable of a group; never changed once made, see `applyRecords`. */
export interface ConsumerGroupState {
  /** Counts the changes of what the members want and of what there is. */
  readonly epoch: number;
  /** Of the subscribed topics with their sizes. */
  readonly metadataHash: bigint;
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** Group instance id -> member id. */
  readonly staticMembers: ReadonlyMap<string, string>;
  /** The epoch that the target was computed for. */
  readonly targetEpoch: number;
  readonly target: ReadonlyMap<string, Partitions>;
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
}

/** A change of a group, as it goes into `__consumer_offsets`. A null value removes. */
export type ConsumerGroupRecord =
  | { readonly kind: 'epoch'; readonly value: { readonly epoch: number; readonly metadataHash: bigint } | null }
  | { readonly kind: 'member'; readonly id: string; readonly value: MemberSubscription | null }
  | { readonly kind: 'targetEpoch'; readonly value: { readonly epoch: number } | null }
  | { readonly kind: 'target'; readonly id: string; readonly value: Partitions | null }
  | { readonly kind: 'current'; readonly id: string; readonly value: CurrentAssignment | null }
  /** `id` is the regular expression. */
  | { readonly kind: 'regex'; readonly id: string; readonly value: ResolvedRegex | null };

export interface ConsumerGroupConfig {
  readonly consumerSessionTimeoutMs: (groupId: string) => number;
  readonly consumerHeartbeatIntervalMs: (groupId: string) => number;
  readonly consumerMaxMembers: number;
  /** Names of the assignors that members may ask for; the first is the default. */
  readonly consumerAssignors: readonly string[];
  /** Whether a group with members may change its protocol: to the consumer protocol, and back. */
  readonly consumerUpgrade: boolean;
  readonly consumerDowngrade: boolean;
}

export interface ConsumerHeartbeatInput {
  readonly type: 'consumerHeartbeat';
  readonly requestId: RequestId;
  readonly memberId: string;
  /** For a member that comes without an id (version 0). */
  readonly newMemberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** -1: unchanged. */
  readonly rebalanceTimeoutMs: number;
  readonly clientId: string;
  readonly clientHost: string;
  /** Null: unchanged. */
  readonly topicNames: readonly string[] | null;
  /** Null: unchanged; empty: none. */
  readonly topicRegex: string | null;
  readonly serverAssignor: string | null;
  /** Whether the client may know of a topic: its regular expression finds no others. */
  readonly maySee: (topic: string) => boolean;
  /** What the member has; null: unchanged. */
  readonly owned: readonly TopicPartitions[] | null;
}

export interface ConsumerHeartbeatResponse {
  readonly type: 'consumerHeartbeat';
  readonly error: GroupError;
  readonly message: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** Null: as before. */
  readonly assignment: readonly TopicPartitions[] | null;
}

/** The cluster's topics, as a group sees them. */
export interface TopicsView {
  /** Counts, since the start, the changes of names, ids, sizes, and of who may see them. */
  readonly version: number;
  get(name: string): { readonly id: string; readonly partitions: number } | undefined;
  nameOf(id: string): string | undefined;
  names(): Iterable<string>;
}
