/** What one group of the classic protocol is made of, what can happen to it, and what it asks of the world. */
import type { GroupError, RequestId } from '../group-errors.js';

export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface GroupProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface Member {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** In the member's order of preference. */
  protocols: readonly GroupProtocol[];
  assignment: Buffer;
  /** It has not yet been part of a generation. */
  isNew: boolean;
  /** Removed from the group when no heartbeat comes by then. */
  deadlineMs: number;
  /** A JoinGroup that waits for the rebalance to complete. */
  pendingJoin: RequestId | null;
  /** A SyncGroup that waits for the leader's assignment. */
  pendingSync: RequestId | null;
}

export interface ClassicGroup {
  readonly type: 'classic';
  readonly groupId: string;
  phase: GroupPhase;
  generationId: number;
  /** `consumer` or `connect`; null for a group that only commits offsets. */
  protocolType: string | null;
  /** The assignor that all members of this generation support. */
  protocolName: string | null;
  leaderId: string | null;
  readonly members: Map<string, Member>;
  /** Group instance id -> member id. */
  readonly staticMembers: Map<string, string>;
  /** Member ids that were given out and not yet used, with the time at which they lapse. */
  readonly pendingMembers: Map<string, number>;
  /** Members of this generation that have not asked for their assignment. */
  readonly missingSyncs: Set<string>;
  /** When the join phase ends at the latest. */
  joinDeadlineMs: number | null;
  /** During the initial delay: how much longer it may be drawn out by members still arriving. */
  initialDelay: { remainingMs: number; joinedSince: boolean } | null;
  /** When members that have not synced are removed. */
  syncDeadlineMs: number | null;
  /** The assignment of this generation is being made durable. */
  isPersisting: boolean;
  /** What the members of this generation read; null while that is not known. */
  subscribedTopics: ReadonlySet<string> | null;
}

export interface GroupConfig {
  /** How long the first rebalance of an empty group waits for more members. 0: not at all. */
  readonly initialRebalanceDelayMs: number;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  readonly maxMembers: number;
  /** Protocol names and metadata, or assignment, of one member. */
  readonly maxMemberBytes: number;
}

export interface JoinInput {
  readonly type: 'join';
  readonly requestId: RequestId;
  /** Empty for a member that has none yet. */
  readonly memberId: string;
  /** The id that a new member gets: unguessable, so it is made outside. */
  readonly newMemberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  readonly protocols: readonly GroupProtocol[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** JoinGroup 4 and later: a dynamic member joins in two steps, so that a lost answer leaves no ghost (KIP-394). */
  readonly requireKnownMemberId: boolean;
  /** JoinGroup 9 and later: a returning static leader may be told to keep the assignment (KIP-814). */
  readonly supportsSkipAssignment: boolean;
  /** Why, in the client's words, for the broker's log (KIP-800). */
  readonly reason: string | null;
}

export interface SyncInput {
  readonly type: 'sync';
  readonly requestId: RequestId;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface HeartbeatInput {
  readonly type: 'heartbeat';
  readonly requestId: RequestId;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

export interface LeavingMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface LeaveInput {
  readonly type: 'leave';
  readonly requestId: RequestId;
  readonly members: readonly (LeavingMember & {
    /** Why, in the client's words, for the broker's log (KIP-800). */
    readonly reason: string | null;
  })[];
}

export type GroupInput =
  | JoinInput
  | SyncInput
  | HeartbeatInput
  | LeaveInput
  /** A `persist` effect has ended. */
  | {
      readonly type: 'persisted';
      readonly generationId: number;
      readonly replacement: StaticReplacement | null;
      readonly error: GroupError;
    }
  /** Everyone shall join anew. */
  | { readonly type: 'rebalance' }
  /** Some deadline may have passed. */
  | { readonly type: 'tick' }
  /** The group is deleted or moves away: whoever waits is told. */
  | { readonly type: 'unload'; readonly error: GroupError };

/** A static member that came back under a new id: answered once that is durable, taken back if it cannot be. */
export interface StaticReplacement {
  readonly requestId: RequestId;
  readonly old: Member;
  readonly memberId: string;
  readonly response: JoinResponse;
}

export interface JoinResponse {
  readonly type: 'join';
  readonly error: GroupError;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string;
  readonly memberId: string;
  readonly skipAssignment: boolean;
  /** For the leader: everyone. For the others: empty. */
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export interface SyncResponse {
  readonly type: 'sync';
  readonly error: GroupError;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface LeaveResponse {
  readonly type: 'leave';
  readonly error: GroupError;
  readonly members: readonly (LeavingMember & { readonly error: GroupError })[];
}

export type GroupResponse =
  JoinResponse | SyncResponse | LeaveResponse | { readonly type: 'heartbeat'; readonly error: GroupError };

export type GroupEffect =
  | { readonly type: 'reply'; readonly requestId: RequestId; readonly response: GroupResponse }
  /** Make the group as it is now durable, then answer with a `persisted` input. */
  | { readonly type: 'persist'; readonly generationId: number; readonly replacement: StaticReplacement | null }
  /** For the log of the broker. */
  | { readonly type: 'memberRemoved'; readonly memberId: string; readonly reason: string };
