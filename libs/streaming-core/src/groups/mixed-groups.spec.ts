import { encodeConsumerProtocolAssignment } from '@platformatic/kafka';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClassicMember } from '../../test/classic-member.js';
import { ConsumerHarness } from '../../test/consumer-harness.js';
import { GROUP } from '../../test/group-harness.js';
import { phaseOf } from './consumer/group-state.js';

const ALL = ['rides-0', 'rides-1', 'rides-2', 'rides-3'];
let group: ConsumerHarness;

beforeEach(() => {
  group = new ConsumerHarness();
  group.topics.set('rides', 4);
});

/** Lets everyone say how they are until all partitions are with one of them. */
function settle(...members: { readonly owned: string[]; beat(): unknown }[]): void {
  for (let round = 0; round < 20; round++) {
    group.advance(50);
    for (const member of members) member.beat();
    const owned = members.flatMap((member) => member.owned);
    expect(new Set(owned).size).toBe(owned.length);
  }
  expect(members.flatMap((member) => member.owned).sort()).toEqual(ALL);
}

/** A classic group of one, stable, with all partitions. */
function classicGroup(): ClassicMember {
  const member = new ClassicMember(group).join();
  const { memberId } = group.joinAnswer(1);
  const assignment = encodeConsumerProtocolAssignment({
    version: 3,
    assignedPartitions: [{ topic: 'rides', partitions: [0, 1, 2, 3] }],
    userData: null,
  });
  group.ask({
    type: 'sync',
    memberId,
    groupInstanceId: null,
    generationId: 1,
    protocolType: null,
    protocolName: null,
    assignments: [{ memberId, assignment }],
  });
  return member.sync();
}

describe('members of the classic protocol in a consumer group', () => {
  it('join, sync and share with the others', () => {
    const consumer = group.member('c').join();
    const classic = new ClassicMember(group).join().sync();
    expect(classic.error).toBe('NONE');
    settle(consumer, classic);
    expect([consumer.owned, classic.owned].map((owned) => owned.length)).toEqual([2, 2]);
    expect(phaseOf(group.consumerGroup().state)).toBe('Stable');
    const member = group.consumerGroup().state.members.get(classic.memberId)!;
    expect(member.subscription.classic!.protocols[0]!.name).toBe('cooperative-sticky');
  });

  it('first learn their id where they must know it', () => {
    group.member('c').join();
    const refused = group.joinAnswer(group.join('', { requireKnownMemberId: true, protocols: subscription() }));
    expect(refused.error).toBe('MEMBER_ID_REQUIRED');
    const joined = group.joinAnswer(
      group.join(refused.memberId, { requireKnownMemberId: true, protocols: subscription() }),
    );
    expect(joined).toMatchObject({ error: 'NONE', memberId: refused.memberId, members: [], leaderId: '' });
  });

  it('are removed when they say nothing, do not rejoin, or do not sync', () => {
    const consumer = group.member('c').join();
    const classic = new ClassicMember(group, { rebalanceTimeoutMs: 600 }).join();
    group.advance(601);
    expect(group.removed).toEqual(['did not sync in time']);
    consumer.beat();
    classic.sync();
    expect(classic.error).toBe('UNKNOWN_MEMBER_ID');
    classic.join().sync();
    settle(consumer, classic);
    group.topics.set('rides', 5);
    consumer.beat();
    const { memberId, generationId } = classic;
    expect(group.heartbeat(memberId, generationId)).toBe('REBALANCE_IN_PROGRESS');
    group.advance(601);
    expect(group.removed).toEqual(['did not sync in time', 'did not rejoin in time']);
  });

  it('leave by LeaveGroup; those of the other protocol cannot', () => {
    const consumer = group.member('c').join();
    const classic = new ClassicMember(group).join().sync();
    settle(consumer, classic);
    expect(group.leave('c', classic.memberId, 'ghost')).toEqual(['UNKNOWN_MEMBER_ID', 'NONE', 'UNKNOWN_MEMBER_ID']);
    settle(consumer);
  });

  it('are fenced by generation, and refused with protocols that do not fit', () => {
    group.member('c').join();
    const classic = new ClassicMember(group).join().sync();
    expect(group.heartbeat(classic.memberId, 99)).toBe('ILLEGAL_GENERATION');
    expect(group.heartbeat('c', 1)).toBe('UNKNOWN_MEMBER_ID');
    expect(group.commitErrors(group.commit(classic.memberId, 99, 1n))).toEqual(['ILLEGAL_GENERATION']);
    expect(group.commitErrors(group.commit(classic.memberId, classic.generationId, 1n))).toEqual(['NONE']);
    const refused = (options: object) =>
      group.joinAnswer(group.join('', { protocols: subscription(), ...options })).error;
    expect(refused({ protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(refused({ protocols: [{ name: 'other', metadata: subscription()[0]!.metadata }] })).toBe(
      'INCONSISTENT_GROUP_PROTOCOL',
    );
    expect(refused({ protocols: [{ name: 'cooperative-sticky', metadata: Buffer.from('x') }] })).toBe(
      'INCONSISTENT_GROUP_PROTOCOL',
    );
    expect(refused({ sessionTimeoutMs: 1 })).toBe('INVALID_SESSION_TIMEOUT');
  });

  function subscription() {
    const probe = new ConsumerHarness();
    probe.topics.set('rides', 1);
    probe.member('c').join();
    const member = new ClassicMember(probe).join().sync();
    return probe.consumerGroup().state.members.get(member.memberId)!.subscription.classic!.protocols.slice();
  }
});

describe('a classic group', () => {
  it('becomes a consumer group while it works, when a member of that protocol joins', () => {
    const classic = classicGroup();
    expect(classic.owned).toEqual(ALL);
    const consumer = group.member('c').join();
    expect(consumer.error).toBe('NONE');
    expect(consumer.owned).toEqual([]);
    settle(classic, consumer);
    expect([classic.owned, consumer.owned].map((owned) => owned.length)).toEqual([2, 2]);
    group.restart();
    settle(classic, consumer);
    expect(group.consumerGroup().state.members.size).toBe(2);
  });

  it('stays one where the policy says so, or where the change cannot be written', () => {
    group = new ConsumerHarness({ consumerUpgrade: false });
    group.topics.set('rides', 4);
    const classic = classicGroup();
    expect(group.member('c').join().error).toBe('GROUP_ID_NOT_FOUND');
    expect(classic.beat().error).toBe('NONE');
    group = new ConsumerHarness();
    group.topics.set('rides', 4);
    const other = classicGroup();
    group.heldAppends = [];
    const join = group.ask68({ memberId: 'c', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] });
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.answer68(join).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(other.beat().error).toBe('NONE');
    expect(group.classicGroup()!.phase).toBe('Stable');
  });

  it('answers who waits for a rebalance when it becomes a consumer group', () => {
    const classic = classicGroup();
    const waiting = new ClassicMember(group).join();
    const consumer = group.member('c').join();
    waiting.sync();
    expect(waiting.error).toBe('REBALANCE_IN_PROGRESS');
    waiting.memberId = [...group.consumerGroup().state.members.keys()].find(
      (id) => id !== 'c' && id !== classic.memberId,
    )!;
    waiting.join().sync();
    settle(classic, consumer, waiting);
  });
});

describe('a consumer group', () => {
  it('becomes a classic group when the last member of its protocol leaves', () => {
    const classic = classicGroup();
    const consumer = group.member('c').join();
    settle(classic, consumer);
    consumer.leave();
    expect(group.classicGroup()).toMatchObject({ phase: 'PreparingRebalance' });
    expect(classic.beat().error).not.toBe('UNKNOWN_MEMBER_ID');
    expect(group.classicGroup()!.members.size).toBe(1);
    group.restart();
    expect(group.classicGroup()!.members.has(classic.memberId)).toBe(true);
  });

  it('does so when that member dies, and not where the policy says no', () => {
    const classic = classicGroup();
    group.member('c').join();
    for (let round = 0; round < 4; round++) {
      group.advance(300);
      if (group.coordinator.group(GROUP)?.type === 'consumer') classic.beat();
    }
    expect(group.removed).toContain('session timed out');
    expect(group.coordinator.group(GROUP)!.type).toBe('classic');
    group = new ConsumerHarness({ consumerDowngrade: false });
    group.topics.set('rides', 4);
    classicGroup();
    group.member('c').join().leave();
    expect(group.coordinator.group(GROUP)!.type).toBe('consumer');
  });

  it('does so when a static member comes back with the classic protocol', () => {
    const consumer = group.member('c', { instanceId: 'phone' }).join();
    expect(consumer.owned).toEqual(ALL);
    const classic = new ClassicMember(group, { groupInstanceId: 'phone' }).join().sync();
    expect(group.classicGroup()!.phase).toBe('Stable');
    expect(classic.owned).toEqual(ALL);
  });
});
