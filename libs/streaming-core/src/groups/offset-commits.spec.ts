import { beforeEach, describe, expect, it } from '@jest/globals';
import { ClassicMember } from '../../test/classic-member.js';
import { GROUP, GroupHarness } from '../../test/group-harness.js';

const AT = { topic: 'rides', partition: 0 };
const PRODUCER = { producerId: 7n, producerEpoch: 0 };
let group: GroupHarness;

beforeEach(() => {
  group = new GroupHarness({ offsetsRetentionMs: 10_000 });
});

const expire = () => {
  group.run(group.coordinator.expireOffsets(group.now()));
};

describe('offsets lapse (KIP-211)', () => {
  it('of consumers who manage their partitions themselves: by the time of the commit', () => {
    group.commit('', -1, 1n);
    group.advance(6_000);
    group.commit('', -1, 2n);
    group.advance(6_000);
    expire();
    expect(group.committed()).toBe(2n);
    group.advance(4_001);
    expire();
    expect(group.committed()).toBeUndefined();
  });

  it('of a group that lost its members: by that time, not by the commit', () => {
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    group.commit(leader, generationId, 1n);
    for (let elapsedMs = 0; elapsedMs < 12_000; elapsedMs += 500) {
      group.advance(500);
      for (const memberId of [leader, follower]) group.heartbeat(memberId, generationId);
    }
    group.leave(leader, follower);
    expire();
    expect(group.committed()).toBe(1n);
    group.restart();
    group.advance(9_999);
    expire();
    expect(group.committed()).toBe(1n);
    group.advance(1);
    expire();
    expect(group.coordinator.group(GROUP)).toBeUndefined();
  });

  it('of topics that a stable group reads: not at all; of others: by the time of the commit', () => {
    const member = new ClassicMember(group).join().sync();
    const commit = (topic: string): void => {
      const offsets = [{ topic, partition: 0, offset: 5n, leaderEpoch: 0, metadata: null }];
      const request = group.commit(member.memberId, member.generationId, 5n, '', GROUP, { offsets });
      expect(group.commitErrors(request)).toEqual(['NONE']);
    };
    commit('rides');
    commit('given-up');
    for (let elapsedMs = 0; elapsedMs < 11_000; elapsedMs += 500) {
      group.advance(500);
      group.heartbeat(member.memberId, member.generationId);
    }
    expire();
    const offsets = group.coordinator.committed(GROUP)!;
    expect(offsets.get('rides', 0)?.offset).toBe(5n);
    expect(offsets.get('given-up', 0)).toBeUndefined();
  });

  it('never, where the client says for ever', () => {
    const request = group.commit('', -1, 1n, '', GROUP, { retentionTimeMs: 2 ** 63 });
    expect(group.commitErrors(request)).toEqual(['NONE']);
    group.restart();
    group.advance(1_000_000);
    expire();
    expect(group.committed()).toBe(1n);
  });

  it('at a time of their own where the client said so, across a restart', () => {
    group.commit('', -1, 1n, '', GROUP, { retentionTimeMs: 1_000 });
    group.restart();
    group.advance(999);
    expire();
    expect(group.committed()).toBe(1n);
    group.advance(1);
    expire();
    expect(group.committed()).toBeUndefined();
  });
});

describe('offsets of a transaction', () => {
  const commitInTransaction = (offset: bigint) => group.commit('', -1, offset, '', GROUP, { producer: PRODUCER });
  const isPending = () => group.coordinator.committed(GROUP)!.isPending('rides', 0);

  it('count once it commits, and are pending until then', () => {
    group.commit('', -1, 1n);
    commitInTransaction(2n);
    expect(group.committed()).toBe(1n);
    expect(isPending()).toBe(true);
    group.coordinator.completeTransaction(0, PRODUCER.producerId, true);
    expect(group.committed()).toBe(2n);
    expect(isPending()).toBe(false);
  });

  it('are gone when it aborts', () => {
    group.commit('', -1, 1n);
    commitInTransaction(2n);
    group.coordinator.completeTransaction(0, PRODUCER.producerId, false);
    expect(group.committed()).toBe(1n);
    expect(isPending()).toBe(false);
  });

  it('are pending while they are written, and not when that fails', () => {
    group.commit('', -1, 1n);
    group.heldAppends = [];
    const request = commitInTransaction(2n);
    expect(isPending()).toBe(true);
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.commitErrors(request)).toEqual(['COORDINATOR_NOT_AVAILABLE']);
    expect(isPending()).toBe(false);
  });

  it('give way to a commit that came after them', () => {
    commitInTransaction(2n);
    group.commit('', -1, 9n);
    group.coordinator.completeTransaction(0, PRODUCER.producerId, true);
    expect(group.committed()).toBe(9n);
  });

  it('do not lapse while it is open, and go with their group', () => {
    commitInTransaction(2n);
    group.advance(20_000);
    expire();
    expect(isPending()).toBe(true);
    group.run(group.coordinator.deleteGroup(GROUP, group.now()).effects);
    group.coordinator.completeTransaction(0, PRODUCER.producerId, true);
    expect(group.coordinator.group(GROUP)).toBeUndefined();
  });

  it('may come without a member where the producer is old, and are fenced where it is not', () => {
    const { leader, generationId } = group.stableGroupOfTwo();
    expect(group.commitErrors(commitInTransaction(2n))).toEqual(['NONE']);
    const late = group.commit(leader, generationId - 1, 3n, '', GROUP, { producer: PRODUCER });
    expect(group.commitErrors(late)).toEqual(['ILLEGAL_GENERATION']);
  });
});

describe('deleting offsets', () => {
  it('forgets them for good, and says nothing of those that are not there', () => {
    group.commit('', -1, 1n);
    const { result, effects } = group.coordinator.deleteOffsets(GROUP, [AT, { topic: 'other', partition: 3 }]);
    expect(result).toEqual(['NONE', 'NONE']);
    group.run(effects);
    group.restart();
    expect(group.committed()).toBeUndefined();
  });

  it('leaves what a transaction commits after them', () => {
    group.commit('', -1, 1n);
    group.heldAppends = [];
    group.run(group.coordinator.deleteOffsets(GROUP, [AT]).effects);
    group.commit('', -1, 9n, '', GROUP, { producer: PRODUCER });
    group.releaseAppends();
    expect(group.committed()).toBeUndefined();
    group.coordinator.completeTransaction(0, PRODUCER.producerId, true);
    expect(group.committed()).toBe(9n);
  });

  it('is refused for topics that are read, for groups of another kind at work, and for groups that do not exist', () => {
    const member = new ClassicMember(group).join().sync();
    group.commit(member.memberId, member.generationId, 1n);
    expect(group.coordinator.deleteOffsets(GROUP, [AT]).result).toEqual(['GROUP_SUBSCRIBED_TO_TOPIC']);
    expect(group.coordinator.deleteOffsets('ghost', [AT]).result).toBe('GROUP_ID_NOT_FOUND');
    expect(group.coordinator.deleteOffsets('', [AT]).result).toBe('INVALID_GROUP_ID');
    group = new GroupHarness();
    group.join('', { protocolType: 'connect' });
    expect(group.coordinator.deleteOffsets(GROUP, [AT]).result).toBe('NON_EMPTY_GROUP');
  });
});

it('the empty group id may commit, as old consumers do, and nothing else', () => {
  expect(group.commitErrors(group.commit('', -1, 3n, '', ''))).toEqual(['NONE']);
  expect(group.committed('')).toBe(3n);
  const join = group.ask({ ...joinInput(), type: 'join' }, '');
  expect(group.joinAnswer(join).error).toBe('INVALID_GROUP_ID');
});

function joinInput() {
  return {
    memberId: '',
    newMemberId: 'n',
    groupInstanceId: null,
    clientId: '',
    clientHost: '',
    protocolType: 'consumer',
    protocols: [],
    sessionTimeoutMs: 1_000,
    rebalanceTimeoutMs: 1_000,
    requireKnownMemberId: false,
    supportsSkipAssignment: false,
    reason: null,
  };
}
