/** Members of a consumer group (KIP-848) that do what clients do, over a coordinator with hands: for tests. */
import type { ConsumerHeartbeatInput, ConsumerHeartbeatResponse } from '../src/groups/consumer/types.js';
import type { ConsumerGroup } from '../src/groups/consumer/consumer-group.js';
import type { GroupError } from '../src/groups/group-errors.js';
import { GROUP, GroupHarness } from './group-harness.js';

export type HeartbeatOptions = Partial<Omit<ConsumerHeartbeatInput, 'type' | 'requestId'>>;

const QUIET: Omit<ConsumerHeartbeatInput, 'type' | 'requestId'> = {
  memberId: '',
  newMemberId: 'given',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  topicNames: null,
  topicRegex: null,
  serverAssignor: null,
  maySee: () => true,
  owned: null,
};

export class ConsumerHarness extends GroupHarness {
  consumerGroup(): ConsumerGroup {
    const group = this.coordinator.group(GROUP);
    if (group?.type !== 'consumer') throw new Error('there is no consumer group');
    return group;
  }

  ask68(options: HeartbeatOptions): number {
    return this.ask({ type: 'consumerHeartbeat', ...QUIET, ...options });
  }

  answer68(request: number): ConsumerHeartbeatResponse {
    const answer = this.answer(request);
    if (answer?.type !== 'consumerHeartbeat') throw new Error(`heartbeat ${request} is not answered`);
    return answer;
  }

  beat(options: HeartbeatOptions): ConsumerHeartbeatResponse {
    return this.answer68(this.ask68(options));
  }

  member(memberId: string, options: HeartbeatOptions = {}): FakeMember {
    return new FakeMember(this, memberId, options);
  }

  /** Lets all members say how they are until nothing changes any more. */
  settle(...members: FakeMember[]): void {
    for (let round = 0; round < 20; round++) {
      const before = JSON.stringify(members.map((member) => [member.epoch, member.owned]));
      for (const member of members) member.beat();
      if (round > 0 && JSON.stringify(members.map((member) => [member.epoch, member.owned])) === before) return;
    }
    throw new Error('the group does not settle');
  }
}

/** A client: joins, takes what it is given, gives up what it must. */
export class FakeMember {
  epoch = 0;
  /** `topic-partition`, sorted. */
  owned: string[] = [];
  error: GroupError = 'NONE';

  constructor(
    private readonly group: ConsumerHarness,
    readonly memberId: string,
    private readonly options: HeartbeatOptions = {},
  ) {}

  join(): this {
    this.epoch = 0;
    this.owned = [];
    const isRegex = this.options.topicRegex !== undefined;
    return this.send({ rebalanceTimeoutMs: 5_000, topicNames: isRegex ? null : ['rides'], owned: [], ...this.options });
  }

  beat(): this {
    return this.epoch === 0 ? this.join() : this.send({ owned: this.ownedLists() });
  }

  leave(epoch = -1): this {
    this.send({ memberEpoch: epoch });
    this.epoch = 0;
    this.owned = [];
    return this;
  }

  send(options: HeartbeatOptions): this {
    const { memberId, epoch } = this;
    const instanceId = this.options.instanceId ?? null;
    const response = this.group.beat({ memberId, memberEpoch: epoch, instanceId, ...options });
    this.error = response.error;
    if (response.error !== 'NONE') {
      this.epoch = 0;
      this.owned = [];
      return this;
    }
    this.epoch = response.memberEpoch;
    if (response.assignment) {
      this.owned = response.assignment
        .flatMap(({ topicId, partitions }) =>
          partitions.map((partition) => `${this.group.topics.nameOf(topicId) ?? topicId}-${partition}`),
        )
        .sort();
    }
    return this;
  }

  ownedLists(): { topicId: string; partitions: number[] }[] {
    const byTopic = new Map<string, number[]>();
    for (const name of this.owned) {
      const dash = name.lastIndexOf('-');
      const topicId = this.group.topics.get(name.slice(0, dash))?.id;
      if (topicId === undefined) continue;
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(name.slice(dash + 1))]);
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }));
  }
}
