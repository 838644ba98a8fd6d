import { errorName } from '../wire/error-codes.js';
import type { DirectClient } from './direct-client.js';

const DESCRIBE_GROUPS = 15;
const JOIN_GROUP = 11;
const LEAVE_GROUP = 13;
const CONSUMER_GROUP_HEARTBEAT = 68;
const CONSUMER_GROUP_DESCRIBE = 69;
/** What leaves a group of the `consumer` protocol for good (KIP-848). */
const LEAVING_EPOCH = -1;

/** Which members: every property that is given must hold. */
export interface MemberFilter {
  readonly memberId?: string;
  readonly clientId?: string;
  readonly groupInstanceId?: string;
}

export interface TestGroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly groupInstanceId: string | null;
}

export interface TestGroup {
  readonly group: string;
  /** `Stable`, `PreparingRebalance`, ...; `Dead` if there is no such group. */
  readonly state: string;
  readonly protocol: 'classic' | 'consumer';
  readonly members: readonly TestGroupMember[];
}

/** Does to groups what members do: nothing in the coordinator knows that a test asks. */
export class GroupControl {
  constructor(private readonly client: DirectClient) {}

  async describe(group: string): Promise<TestGroup> {
    return (await this.#newer(group)) ?? (await this.#classic(group)).group;
  }

  async expireSession(group: string, filter: MemberFilter): Promise<readonly string[]> {
    const { protocol, members } = await this.describe(group);
    const leaving = members.filter((member) =>
      Object.entries(filter).every(
        ([name, value]) => value === undefined || member[name as keyof MemberFilter] === value,
      ),
    );
    if (leaving.length === 0) throw new Error(`group ${group} has no such member: ${JSON.stringify(filter)}`);
    for (const { memberId, groupInstanceId } of leaving) {
      const errorCode =
        protocol === 'consumer'
          ? await this.#leaveNewer(group, memberId)
          : await this.#leave(group, memberId, groupInstanceId);
      if (errorCode !== 0) throw new Error(`cannot remove ${memberId} from ${group}: ${errorName(errorCode)}`);
    }
    return leaving.map(({ memberId }) => memberId);
  }

  /** A passer-by joins and leaves: the rebalance that its coming began goes on without it. */
  async rebalance(group: string): Promise<void> {
    const { protocol, members } = await this.describe(group);
    if (members.length === 0) throw new Error(`group ${group} has no members to rebalance`);
    if (protocol === 'consumer') await this.#passByNewer(group);
    else await this.#passBy(group);
  }

  async #passBy(groupId: string): Promise<void> {
    const { protocolType, protocolName, metadata } = await this.#classic(groupId);
    const join = {
      groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType,
      protocols: [{ name: protocolName, metadata }],
    };
    // In this version a newcomer is told its id first (KIP-394), so that it can leave while it waits for the others.
    const { memberId } = await this.client.ask(JOIN_GROUP, 4, { ...join, memberId: '' });
    const joined = this.client.ask(JOIN_GROUP, 4, { ...join, memberId });
    const errorCode = await this.#leave(groupId, memberId, null);
    await joined;
    if (errorCode !== 0) throw new Error(`cannot rebalance ${groupId}: ${errorName(errorCode)}`);
  }

  async #passByNewer(groupId: string): Promise<void> {
    const describe = { groupIds: [groupId], includeAuthorizedOperations: false };
    const description = await this.client.ask(CONSUMER_GROUP_DESCRIBE, 0, describe);
    const topics = description.groups[0]!.members.flatMap(({ subscribedTopicNames }) => subscribedTopicNames);
    const memberId = `passer-by-${Math.trunc(performance.now() * 1_000)}`;
    const { errorCode } = await this.client.ask(CONSUMER_GROUP_HEARTBEAT, 1, {
      groupId,
      memberId,
      memberEpoch: 0,
      rebalanceTimeoutMs: 30_000,
      subscribedTopicNames: [...new Set(topics)],
      topicPartitions: [],
    });
    if (errorCode !== 0) throw new Error(`cannot rebalance ${groupId}: ${errorName(errorCode)}`);
    await this.#leaveNewer(groupId, memberId);
  }

  async #leave(groupId: string, memberId: string, groupInstanceId: string | null): Promise<number> {
    const { errorCode, members } = await this.client.ask(LEAVE_GROUP, 3, {
      groupId,
      members: [{ memberId, groupInstanceId }],
    });
    return errorCode || (members[0]?.errorCode ?? 0);
  }

  async #leaveNewer(groupId: string, memberId: string): Promise<number> {
    const leave = { groupId, memberId, memberEpoch: LEAVING_EPOCH };
    return (await this.client.ask(CONSUMER_GROUP_HEARTBEAT, 1, leave)).errorCode;
  }

  async #classic(groupId: string) {
    const { groups } = await this.client.ask(DESCRIBE_GROUPS, 5, { groups: [groupId] });
    const described = groups[0]!;
    const members = described.members.map(({ memberId, clientId, groupInstanceId }) => ({
      memberId,
      clientId,
      groupInstanceId,
    }));
    const group: TestGroup = { group: groupId, state: described.groupState, protocol: 'classic', members };
    const { protocolType, protocolData: protocolName } = described;
    return { group, protocolType, protocolName, metadata: described.members[0]?.memberMetadata ?? Buffer.alloc(0) };
  }

  /** The group if it is of the `consumer` protocol, else null. */
  async #newer(groupId: string): Promise<TestGroup | null> {
    if (!this.client.serves(CONSUMER_GROUP_DESCRIBE)) return null;
    const describe = { groupIds: [groupId], includeAuthorizedOperations: false };
    const { groups } = await this.client.ask(CONSUMER_GROUP_DESCRIBE, 0, describe);
    const described = groups[0]!;
    if (described.errorCode !== 0) return null;
    const members = described.members.map(({ memberId, clientId, instanceId }) => ({
      memberId,
      clientId,
      groupInstanceId: instanceId,
    }));
    return { group: groupId, state: described.groupState, protocol: 'consumer', members };
  }
}
