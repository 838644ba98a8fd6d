import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConsumerHarness } from '../../../test/consumer-harness.js';
import { GROUP, idOf } from '../../../test/group-harness.js';
import { phaseOf } from './group-state.js';

let group: ConsumerHarness;

beforeEach(() => {
  group = new ConsumerHarness();
  group.topics.set('rides', 4);
});

const phase = () => phaseOf(group.consumerGroup().state);

describe('joining', () => {
  it('gives the first member everything at once, in epoch 1', () => {
    const response = group.beat({ memberId: 'a', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] });
    expect(response).toEqual({
      type: 'consumerHeartbeat',
      error: 'NONE',
      message: null,
      memberId: 'a',
      memberEpoch: 1,
      heartbeatIntervalMs: 100,
      assignment: [{ topicId: idOf('rides'), partitions: [0, 1, 2, 3] }],
    });
    expect(phase()).toBe('Stable');
  });

  it('says nothing of the assignment while it stays as it is', () => {
    const a = group.member('a').join();
    expect(group.beat({ memberId: 'a', memberEpoch: a.epoch }).assignment).toBeNull();
  });

  it('says it again to a member that missed the answer', () => {
    const a = group.member('a').join();
    group.topics.set('rides', 5);
    group.beat({ memberId: 'a', memberEpoch: a.epoch, owned: a.ownedLists() });
    a.beat();
    expect(a.owned).toHaveLength(5);
  });

  it('gives an id to a member that comes without one', () => {
    const response = group.beat({ newMemberId: 'n1', rebalanceTimeoutMs: 1, topicNames: ['rides'], owned: [] });
    expect(response.memberId).toBe('n1');
  });

  it('takes partitions away before it gives them to a second member', () => {
    const a = group.member('a').join();
    const b = group.member('b').join();
    expect(b.owned).toEqual([]);
    expect(b.epoch).toBe(2);
    a.beat();
    expect(a.owned).toHaveLength(2);
    expect(a.epoch).toBe(1);
    b.beat();
    expect(b.owned).toEqual([]);
    expect(phase()).toBe('Reconciling');
    a.beat();
    expect(a.epoch).toBe(2);
    b.beat();
    expect([...a.owned, ...b.owned].sort()).toEqual(['rides-0', 'rides-1', 'rides-2', 'rides-3']);
    expect(phase()).toBe('Stable');
  });

  it('moves as little as it must when a third member comes', () => {
    group.topics.set('rides', 9);
    const [a, b, c] = [group.member('a'), group.member('b'), group.member('c')];
    group.settle(a.join(), b.join());
    const before = [a.owned, b.owned];
    group.settle(a, b, c.join());
    expect([a.owned, b.owned, c.owned].map((owned) => owned.length)).toEqual([3, 3, 3]);
    expect(before[0]).toEqual(expect.arrayContaining(a.owned));
    expect(before[1]).toEqual(expect.arrayContaining(b.owned));
  });

  it('assigns ranges where a member asks for them', () => {
    const [a, b] = [group.member('a', { serverAssignor: 'range' }), group.member('b', { serverAssignor: 'range' })];
    group.settle(a.join(), b.join());
    expect(a.owned).toEqual(['rides-0', 'rides-1']);
    expect(b.owned).toEqual(['rides-2', 'rides-3']);
  });
});

describe('what is wrong is refused', () => {
  const join = { memberId: 'a', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] };

  it.each([
    ['no rebalance timeout', { ...join, rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST'],
    ['no topics', { ...join, topicNames: [] }, 'INVALID_REQUEST'],
    ['partitions of another life', { ...join, owned: [{ topicId: 'x', partitions: [0] }] }, 'INVALID_REQUEST'],
    ['no list of partitions', { ...join, owned: null }, 'INVALID_REQUEST'],
    ['an empty instance id', { ...join, instanceId: '' }, 'INVALID_REQUEST'],
    ['an empty rack', { ...join, rackId: '' }, 'INVALID_REQUEST'],
    ['a subscription beyond the bound', { ...join, topicNames: ['x'.repeat(1_001)] }, 'POLICY_VIOLATION'],
    ['an epoch below all', { ...join, memberEpoch: -3 }, 'INVALID_REQUEST'],
    ['no member id', { memberId: '', memberEpoch: 4 }, 'INVALID_REQUEST'],
    ['a static leave without instance id', { memberId: 'a', memberEpoch: -2 }, 'INVALID_REQUEST'],
    ['an unknown assignor', { ...join, serverAssignor: 'fair' }, 'UNSUPPORTED_ASSIGNOR'],
    ['a regular expression that is none', { ...join, topicRegex: '(' }, 'INVALID_REGULAR_EXPRESSION'],
    ['a regular expression that looks back', { ...join, topicRegex: '(a)\\1' }, 'INVALID_REGULAR_EXPRESSION'],
    ['a group that does not exist', { memberId: 'a', memberEpoch: 1 }, 'GROUP_ID_NOT_FOUND'],
  ])('%s', (_, options, error) => {
    const response = group.beat(options);
    expect(response).toMatchObject({ error, memberId: null, assignment: null });
    expect(response.message).not.toBe('');
  });

  it('an empty group id', () => {
    const request = group.ask({ ...heartbeatOf(join) }, '');
    expect(group.answer68(request).error).toBe('INVALID_REQUEST');
  });

  it('members beyond the bound, and groups beyond the bound', () => {
    for (const id of ['a', 'b', 'c', 'd']) group.member(id).join();
    expect(group.member('e').join().error).toBe('GROUP_MAX_SIZE_REACHED');
    for (const id of ['g2', 'g3']) group.commit('', -1, 1n, '', id);
    const request = group.ask({ ...heartbeatOf(join) }, 'g4');
    expect(group.answer68(request).error).toBe('POLICY_VIOLATION');
  });

  it('strangers and members of another epoch', () => {
    const a = group.member('a').join();
    group.member('b').join();
    a.beat().beat();
    expect(group.beat({ memberId: 'ghost', memberEpoch: 1 }).error).toBe('UNKNOWN_MEMBER_ID');
    expect(group.beat({ memberId: 'a', memberEpoch: 3 }).error).toBe('FENCED_MEMBER_EPOCH');
    expect(group.beat({ memberId: 'a', memberEpoch: 1 }).error).toBe('FENCED_MEMBER_EPOCH');
    expect(group.beat({ memberId: 'a', memberEpoch: 1, owned: [] }).error).toBe('NONE');
  });

  function heartbeatOf(options: typeof join) {
    return {
      type: 'consumerHeartbeat' as const,
      newMemberId: 'n',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      clientId: '',
      clientHost: '',
      topicRegex: null,
      serverAssignor: null,
      maySee: () => true,
      ...options,
    };
  }
});

describe('topics', () => {
  it('that grow are assigned at the next heartbeat', () => {
    const a = group.member('a').join();
    group.topics.set('rides', 6);
    expect(a.beat().owned).toHaveLength(6);
    expect(a.epoch).toBe(2);
  });

  it('that come are assigned, that go are taken away', () => {
    const a = group.member('a', { topicNames: ['rides', 'later'] }).join();
    expect(a.owned).toHaveLength(4);
    group.topics.set('later', 2);
    expect(a.beat().owned).toHaveLength(6);
    group.topics.delete('rides');
    a.beat();
    expect(a.beat().owned).toEqual(['later-0', 'later-1']);
  });

  it('that nobody reads change nothing', () => {
    const a = group.member('a').join();
    group.topics.set('other', 2);
    expect(a.beat().epoch).toBe(1);
  });

  it('are followed by regular expression, whole names only', () => {
    group.topics.set('rides-eu', 1);
    group.topics.set('old-rides', 1);
    const a = group.member('a', { topicRegex: 'rides.*' }).join();
    expect(a.owned).toEqual(['rides-0', 'rides-1', 'rides-2', 'rides-3', 'rides-eu-0']);
    group.topics.set('rides-us', 1);
    expect(a.beat().owned).toContain('rides-us-0');
    group.restart();
    expect(a.beat().error).toBe('NONE');
    expect(group.consumerGroup().state.regexes.get('rides.*')!.topics).toContain('rides-us');
    a.send({ topicRegex: '', topicNames: ['rides'] }).beat();
    expect(a.owned).toHaveLength(4);
    expect(group.consumerGroup().state.regexes.size).toBe(0);
  });

  it('are looked up anew after a restart, wherever the broker begins to count their changes', () => {
    const a = group.member('a', { topicRegex: 'rides.*' }).join();
    const counted = group.topics.version;
    group.restart();
    group.topics.version = counted - 1;
    a.beat();
    group.topics.set('rides-eu', 1);
    expect(a.beat().owned).toContain('rides-eu-0');
  });

  it('a hostile expression is matched in linear time', () => {
    group.topics.set('a'.repeat(200), 1);
    expect(group.member('a', { topicRegex: '(a*)*b' }).join().error).toBe('NONE');
  });
});

describe('leaving and dying', () => {
  it('hands the partitions to the others', () => {
    const [a, b] = [group.member('a'), group.member('b')];
    group.settle(a.join(), b.join());
    expect(b.leave().error).toBe('NONE');
    group.settle(a);
    expect(a.owned).toHaveLength(4);
  });

  it('without a heartbeat the session ends', () => {
    const [a, b] = [group.member('a'), group.member('b')];
    group.settle(a.join(), b.join());
    group.advance(600);
    a.beat();
    group.advance(600);
    expect(group.removed).toEqual(['session timed out']);
    group.settle(a);
    expect(a.owned).toHaveLength(4);
    expect(b.beat().error).toBe('UNKNOWN_MEMBER_ID');
  });

  it('who does not give up partitions within the rebalance timeout is out', () => {
    const a = group.member('a').join();
    const b = group.member('b').join();
    a.beat();
    for (let elapsedMs = 0; elapsedMs <= 5_000; elapsedMs += 500) {
      group.advance(500);
      b.beat();
      if (a.error === 'NONE') a.send({});
    }
    expect(group.removed).toEqual(['did not give up partitions in time']);
    expect(b.beat().owned).toHaveLength(4);
  });

  it('the last member empties the group, which is forgotten in time', () => {
    group.member('a').join().leave();
    expect(phase()).toBe('Empty');
    group.restart();
    expect(phase()).toBe('Empty');
    group.run(group.coordinator.expireOffsets(group.now()));
    expect(group.coordinator.group(GROUP)).toBeUndefined();
    group.restart();
    expect(group.coordinator.group(GROUP)).toBeUndefined();
  });
});

describe('static members', () => {
  const phone = { instanceId: 'phone' };

  it('that leave for a while get all of it back under a new id', () => {
    const [a, b] = [group.member('a', phone), group.member('b')];
    group.settle(a.join(), b.join());
    const before = a.owned;
    a.leave(-2);
    expect(b.beat().owned).toHaveLength(2);
    const back = group.member('a2', phone).join();
    expect(back.owned).toEqual(before);
    expect(group.consumerGroup().state.members.size).toBe(2);
    expect(group.beat({ memberId: 'a', memberEpoch: 2, instanceId: 'phone' }).error).toBe('FENCED_INSTANCE_ID');
  });

  it('are out when they do not come back within the session', () => {
    const [a, b] = [group.member('a', phone), group.member('b')];
    group.settle(a.join(), b.join());
    a.leave(-2);
    group.advance(900);
    b.beat();
    group.advance(200);
    group.settle(b);
    expect(b.owned).toHaveLength(4);
  });

  it('cannot take the place of one that is there', () => {
    group.member('a', phone).join();
    expect(group.member('a2', phone).join().error).toBe('UNRELEASED_INSTANCE_ID');
    expect(group.beat({ memberId: 'x', memberEpoch: 1, instanceId: 'tablet' }).error).toBe('UNKNOWN_MEMBER_ID');
  });
});

describe('durability', () => {
  it('nothing is answered before it is in the log', () => {
    group.heldAppends = [];
    const join = group.ask68({ memberId: 'a', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] });
    const quiet = group.ask68({ memberId: 'a', memberEpoch: 1 });
    expect(group.answer(join)).toBeUndefined();
    expect(group.answer(quiet)).toBeUndefined();
    group.releaseAppends();
    expect(group.answer68(join).error).toBe('NONE');
    expect(group.answer68(quiet).error).toBe('NONE');
  });

  it('what cannot be written has not happened, and is not found later', () => {
    const a = group.member('a').join();
    group.heldAppends = [];
    const b = group.ask68({ memberId: 'b', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] });
    const after = group.ask68({ memberId: 'a', memberEpoch: 1, owned: [] });
    const lost = group.heldAppends;
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.answer68(b).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(group.answer68(after).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect([...group.consumerGroup().state.members.keys()]).toEqual(['a']);
    // It was in the log after all.
    for (const append of lost) group.log.push(...append.records);
    group.topics.set('rides', 5);
    expect(a.beat().owned).toHaveLength(5);
    const state = group.consumerGroup().state;
    group.restart();
    expect(group.consumerGroup().state).toEqual(state);
  });

  it('a restart keeps members, epochs and partitions', () => {
    const [a, b] = [group.member('a', { instanceId: 'phone' }), group.member('b')];
    a.join();
    b.join();
    a.beat();
    const state = group.consumerGroup().state;
    group.restart();
    expect(group.consumerGroup().state).toEqual(state);
    group.settle(a, b);
    expect([...a.owned, ...b.owned]).toHaveLength(4);
    group.restart();
    group.advance(999);
    expect(group.removed).toEqual([]);
    group.advance(2);
    expect(group.consumerGroup().state.members.size).toBe(0);
  });
});

describe('offsets', () => {
  it('are fenced by member and epoch', () => {
    const a = group.member('a').join();
    expect(group.commitErrors(group.commit('a', a.epoch, 1n))).toEqual(['NONE']);
    expect(group.commitErrors(group.commit('a', 0, 2n))).toEqual(['STALE_MEMBER_EPOCH']);
    expect(group.commitErrors(group.commit('ghost', 1, 2n))).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(group.commitErrors(group.commit('', -1, 2n))).toEqual(['UNKNOWN_MEMBER_ID']);
    const old = { knowsMemberEpochs: false };
    expect(group.commitErrors(group.commit('a', 1, 2n, '', GROUP, old))).toEqual(['UNSUPPORTED_VERSION']);
    expect(group.coordinator.refuseFetch(GROUP, 'a', 1)).toBe('NONE');
    expect(group.coordinator.refuseFetch(GROUP, 'a', 2)).toBe('STALE_MEMBER_EPOCH');
    expect(group.coordinator.refuseFetch(GROUP, 'ghost', 1)).toBe('UNKNOWN_MEMBER_ID');
    expect(group.coordinator.refuseFetch(GROUP, null, -1)).toBe('NONE');
    expect(group.committed()).toBe(1n);
  });

  it('of topics that are read do not lapse and cannot be deleted', () => {
    const a = group.member('a').join();
    group.commit('a', a.epoch, 1n);
    expect(group.coordinator.deleteOffsets(GROUP, [{ topic: 'rides', partition: 0 }]).result).toEqual([
      'GROUP_SUBSCRIBED_TO_TOPIC',
    ]);
    for (let round = 0; round < 2_000; round++) {
      group.advance(900);
      a.beat();
    }
    group.run(group.coordinator.expireOffsets(group.now()));
    expect(group.committed()).toBe(1n);
  });
});

describe('the two protocols', () => {
  it('an empty classic group becomes a consumer group and keeps its offsets', () => {
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    group.commit(leader, generationId, 7n);
    expect(group.member('x').join().error).toBe('GROUP_ID_NOT_FOUND');
    group.leave(leader, follower);
    expect(group.member('x').join().owned).toHaveLength(4);
    expect(group.committed()).toBe(7n);
    group.restart();
    expect(phase()).toBe('Stable');
    expect(group.committed()).toBe(7n);
  });

  it('an empty consumer group becomes a classic group and keeps its offsets', () => {
    group.member('x').join();
    group.commit('x', 1, 7n);
    group.member('x').leave();
    const { generationId } = group.stableGroupOfTwo();
    group.restart();
    expect(group.coordinator.group(GROUP)).toMatchObject({ type: 'classic', phase: 'Stable', generationId });
    expect(group.committed()).toBe(7n);
  });

  it('a group that cannot become another one stays what it was', () => {
    group.commit('', -1, 7n);
    group.heldAppends = [];
    const join = group.ask68({ memberId: 'a', rebalanceTimeoutMs: 5_000, topicNames: ['rides'], owned: [] });
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.answer68(join).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(group.coordinator.group(GROUP)?.type).toBe('classic');
    expect(group.committed()).toBe(7n);
  });
});
