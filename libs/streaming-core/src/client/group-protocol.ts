import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  heartbeatV4,
  joinGroupV6,
  leaveGroupV4,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
  type Connection,
} from '@platformatic/kafka';
import { call, type ConnectionPurpose } from './broker-connections.js';
import type { Cluster } from './cluster.js';
import { assignCopartitioned, type GroupMember, type TopicPartitions } from './copartition-assigner.js';
import { KafkaErrorCode as E, KafkaResponseError, isCoordinatorGone } from './kafka-errors.js';
import { StreamClientError, type TopicPartition, type TopicPartitionOffset } from './types.js';

const PROTOCOL_TYPE = 'consumer';
/** The name under which all members of a group must agree on how partitions are assigned. */
const ASSIGNOR = 'copartition-sticky';
const SUBSCRIPTION_VERSION = 3;

export interface GroupProtocolOptions {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

export interface Membership {
  readonly generation: number;
  readonly memberId: string;
  /** The leader computes the assignment, so it must notice when topics grow. */
  readonly isLeader: boolean;
  readonly assigned: readonly TopicPartition[];
}

/** The requests of one member to its group's coordinator. Keeps the connection and the member id, nothing else. */
export class GroupProtocol {
  readonly #purpose: ConnectionPurpose;
  #connection: Connection | undefined;
  #memberId = '';

  constructor(
    readonly cluster: Cluster,
    readonly options: GroupProtocolOptions,
    name: string,
  ) {
    this.#purpose = `group:${name}`;
  }

  /** Empty before the first join. */
  get memberId(): string {
    return this.#memberId;
  }

  /** Joins, computes the assignment if chosen to, and syncs. Rejects with {@link StreamClientError}; may be repeated. */
  async join(owned: readonly TopicPartition[], lastGeneration: number): Promise<Membership> {
    const { groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    const metadata = encodeConsumerProtocolSubscription({
      version: SUBSCRIPTION_VERSION,
      topics: [...topics],
      ownedPartitions: groupByTopic(owned).map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
      generationId: lastGeneration,
    });
    const protocols = [{ name: ASSIGNOR, metadata }];
    const connection = await this.#coordinator();
    const joinAs = (memberId: string) =>
      call(
        connection,
        joinGroupV6.api,
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId,
        null,
        PROTOCOL_TYPE,
        protocols,
      );
    let joined = await this.#guard(joinAs(this.#memberId));
    if (joined.errorCode === E.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId;
      joined = await this.#guard(joinAs(this.#memberId));
    }
    this.#check(joined.errorCode, 'join');
    this.#memberId = joined.memberId;
    const isLeader = joined.leader === joined.memberId;
    const assignments = isLeader ? await this.#assign(joined.members) : [];
    const { generationId: generation } = joined;
    const synced = await this.#guard(
      call(
        connection,
        syncGroupV5.api,
        groupId,
        generation,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        joined.protocolName ?? ASSIGNOR,
        assignments,
      ),
    );
    this.#check(synced.errorCode, 'sync');
    const { assignedPartitions } = decodeConsumerProtocolAssignment(synced.assignment);
    const assigned = assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    return { generation, memberId: this.#memberId, isLeader, assigned };
  }

  /** Gives the Kafka error code: 0 while the membership holds. */
  async heartbeat(generation: number): Promise<number> {
    const connection = await this.#coordinator();
    const answer = await this.#guard(
      call(connection, heartbeatV4.api, this.options.groupId, generation, this.#memberId, null),
    );
    if (isCoordinatorGone(answer.errorCode)) this.#connection = undefined;
    return answer.errorCode;
  }

  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const connection = await this.#coordinator();
    await call(connection, leaveGroupV4.api, this.options.groupId, [{ memberId: this.#memberId }]);
    this.#memberId = '';
  }

  /** Forgets the member id, after the coordinator said that it does not know it. */
  forgetMember(): void {
    this.#memberId = '';
  }

  /** Gives the first Kafka error code of the answer, 0 if all offsets are committed. */
  async commit(offsets: readonly TopicPartitionOffset[], generation: number): Promise<number> {
    const connection = await this.#coordinator();
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, entries]) => ({
      name,
      partitions: entries.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: null,
      })),
    }));
    const answer = await this.#guard(
      call(connection, offsetCommitV8.api, this.options.groupId, generation, this.#memberId, null, topics),
    );
    const errorCode = answer.topics.flatMap((topic) => topic.partitions).find((p) => p.errorCode !== E.NONE)?.errorCode;
    if (errorCode !== undefined && isCoordinatorGone(errorCode)) this.#connection = undefined;
    return errorCode ?? E.NONE;
  }

  /** Committed offsets; a partition without one is not in the answer. */
  async committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    if (partitions.length === 0) return [];
    const connection = await this.#coordinator();
    const topics = groupByTopic(partitions).map(({ topic, partitions: indexes }) => ({
      name: topic,
      partitionIndexes: [...indexes],
    }));
    const request = [{ groupId: this.options.groupId, memberEpoch: -1, topics }];
    const { groups } = await this.#guard(call(connection, offsetFetchV8.api, request, true));
    const group = groups[0];
    this.#check(group?.errorCode ?? E.COORDINATOR_NOT_AVAILABLE, 'fetch offsets');
    const committed: TopicPartitionOffset[] = [];
    for (const topic of group?.topics ?? []) {
      for (const { partitionIndex, committedOffset, errorCode } of topic.partitions) {
        this.#check(errorCode, 'fetch offsets');
        if (committedOffset >= 0n) {
          committed.push({ topic: topic.name, partition: partitionIndex, offset: committedOffset });
        }
      }
    }
    return committed;
  }

  /** Breaks the connection, so that a request without an answer fails now. */
  async reset(): Promise<void> {
    this.#connection = undefined;
    await this.cluster.connections.release(this.#purpose);
  }

  async #assign(members: readonly { memberId: string; metadata: Buffer }[]) {
    const group: GroupMember[] = members.map(({ memberId, metadata }) => {
      const subscription = decodeConsumerProtocolSubscription(metadata);
      return {
        memberId,
        topics: subscription.topics,
        owned: subscription.ownedPartitions,
        generation: subscription.generationId,
      };
    });
    const topics = [...new Set(group.flatMap((member) => member.topics))];
    await this.cluster.refresh(topics);
    const counts = new Map(topics.map((topic) => [topic, this.cluster.partitionCount(topic) ?? 0]));
    return [...assignCopartitioned(group, counts)].map(([memberId, assigned]) => ({
      memberId,
      assignment: encodeConsumerProtocolAssignment({
        version: SUBSCRIPTION_VERSION,
        assignedPartitions: assigned.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
      }),
    }));
  }

  async #coordinator(): Promise<Connection> {
    if (this.#connection?.isConnected()) return this.#connection;
    this.#connection = await this.cluster.connectionToCoordinator(this.options.groupId, this.#purpose);
    return this.#connection;
  }

  async #guard<Response>(calling: Promise<Response>): Promise<Response> {
    try {
      return await calling;
    } catch (error) {
      this.#connection = undefined; // ask again who coordinates: it may have moved
      throw error;
    }
  }

  #check(errorCode: number, what: string): void {
    if (errorCode === E.NONE) return;
    if (isCoordinatorGone(errorCode)) this.#connection = undefined;
    const cause = new KafkaResponseError(errorCode, `${what} group ${this.options.groupId}`);
    throw new StreamClientError('GROUP_FAILED', cause.message, { cause });
  }
}

/** The Kafka error code behind an error, or undefined if it is another failure. */
export function kafkaCodeOf(error: unknown): number | undefined {
  const cause = error instanceof StreamClientError ? error.cause : error;
  return cause instanceof KafkaResponseError ? cause.kafkaCode : undefined;
}

function groupByTopic(partitions: readonly TopicPartition[]): TopicPartitions[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, entries]) => ({
    topic,
    partitions: entries.map(({ partition }) => partition),
  }));
}
