import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GROUP, GroupHarness } from '../../test/group-harness.js';

describe('committed offsets', () => {
  it('are acknowledged and visible only once they are durable', () => {
    const group = new GroupHarness();
    group.heldAppends = [];
    const commit = group.commit('', -1, 7n);
    expect(group.commitErrors(commit)).toBeUndefined();
    expect(group.committed()).toBeUndefined();
    group.releaseAppends();
    expect(group.commitErrors(commit)).toEqual(['NONE']);
    expect(group.committed()).toBe(7n);
  });

  it('that could not be written are refused and stay as they were', () => {
    const group = new GroupHarness();
    group.commit('', -1, 7n);
    group.heldAppends = [];
    const commit = group.commit('', -1, 8n);
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.commitErrors(commit)).toEqual(['COORDINATOR_NOT_AVAILABLE']);
    expect(group.committed()).toBe(7n);
  });

  it('are fenced by member and generation', () => {
    const group = new GroupHarness();
    const { leader, generationId } = group.stableGroupOfTwo();
    expect(group.commitErrors(group.commit(leader, generationId, 1n))).toEqual(['NONE']);
    expect(group.commitErrors(group.commit(leader, generationId - 1, 2n))).toEqual(['ILLEGAL_GENERATION']);
    expect(group.commitErrors(group.commit('ghost', generationId, 2n))).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(group.commitErrors(group.commit('', -1, 2n))).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(group.commitErrors(group.commit('x', 1, 2n, '', 'nobody'))).toEqual(['GROUP_ID_NOT_FOUND']);
    const old = { knowsMemberEpochs: false };
    expect(group.commitErrors(group.commit('x', 1, 2n, '', 'nobody', old))).toEqual(['ILLEGAL_GENERATION']);
    expect(group.committed()).toBe(1n);
  });

  it('may be committed while the group prepares a rebalance, not while it waits for assignments', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    group.join(leader);
    expect(group.commitErrors(group.commit(follower, generationId, 1n))).toEqual(['NONE']);
    group.join(follower);
    expect(group.commitErrors(group.commit(follower, generationId + 1, 2n))).toEqual(['REBALANCE_IN_PROGRESS']);
  });

  it('refuse a note that is too long, and groups beyond the bound', () => {
    const group = new GroupHarness();
    expect(group.commitErrors(group.commit('', -1, 1n, 'x'.repeat(11)))).toEqual(['OFFSET_METADATA_TOO_LARGE']);
    for (const id of ['a', 'b', 'c']) group.commit('', -1, 1n, '', id);
    expect(group.commitErrors(group.commit('', -1, 1n, '', 'd'))).toEqual(['POLICY_VIOLATION']);
    expect(group.joinAnswer(group.join('')).error).toBe('POLICY_VIOLATION');
  });

  it('that are on their way to the log when their topic is deleted do not come back', () => {
    const group = new GroupHarness();
    group.heldAppends = [];
    group.commit('', -1, 7n);
    group.run(group.coordinator.forgetTopic('rides'));
    group.releaseAppends();
    expect(group.committed()).toBeUndefined();
    group.restart();
    expect(group.committed()).toBeUndefined();
  });

  it('that are on their way to the log when their group is deleted do not come back', () => {
    const group = new GroupHarness();
    group.heldAppends = [];
    group.commit('', -1, 7n);
    group.run(group.coordinator.deleteGroup(GROUP, group.now()).effects);
    group.releaseAppends();
    group.restart();
    expect(group.coordinator.group(GROUP)).toBeUndefined();
  });

  it('count as a sign of life', () => {
    const group = new GroupHarness();
    const { leader, generationId } = group.stableGroupOfTwo();
    for (let round = 0; round < 4; round++) {
      group.advance(600);
      group.commit(leader, generationId, BigInt(round));
    }
    expect(group.classicGroup()!.members.has(leader)).toBe(true);
  });

  it('of a group without members expire, with the group', () => {
    const group = new GroupHarness({ offsetsRetentionMs: 1_000 });
    group.commit('', -1, 7n);
    group.advance(900);
    group.run(group.coordinator.expireOffsets(group.now()));
    expect(group.committed()).toBe(7n);
    group.advance(200);
    group.run(group.coordinator.expireOffsets(group.now()));
    expect(group.coordinator.groups()).toEqual([]);
    group.restart();
    expect(group.coordinator.groups()).toEqual([]);
  });

  it('of a deleted topic are gone, also after a restart', () => {
    const group = new GroupHarness();
    group.commit('', -1, 7n);
    group.run(group.coordinator.forgetTopic('rides'));
    expect(group.committed()).toBeUndefined();
    group.restart();
    expect(group.committed()).toBeUndefined();
  });
});

describe('a restart', () => {
  it('keeps offsets, members, generation and assignments, so that clients need not rejoin', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    group.commit(leader, generationId, 42n);
    group.advance(900);
    group.restart();
    expect(group.committed()).toBe(42n);
    expect(group.heartbeat(leader, generationId)).toBe('NONE');
    expect(group.syncAnswer(group.sync(follower, generationId)).assignment.toString()).toBe('right');
  });

  it('gives members a whole session timeout to be heard of', () => {
    const group = new GroupHarness();
    const { leader } = group.stableGroupOfTwo();
    group.restart();
    group.advance(999);
    expect(group.classicGroup()!.members.has(leader)).toBe(true);
    group.advance(2);
    expect(group.classicGroup()!.members.size).toBe(0);
  });

  it('answers COORDINATOR_LOAD_IN_PROGRESS until the log is read', () => {
    const group = new GroupHarness();
    group.coordinator.startLoading(0);
    expect(group.joinAnswer(group.join('')).error).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(group.commitErrors(group.commit('', -1, 1n))).toEqual(['COORDINATOR_LOAD_IN_PROGRESS']);
    group.coordinator.finishLoading(0, group.now());
    expect(group.joinAnswer(group.join('')).error).toBe('NONE');
  });
});

describe('deleting a group', () => {
  it('is refused while it has members, and for groups that do not exist', () => {
    const group = new GroupHarness();
    group.stableGroupOfTwo();
    expect(group.coordinator.deleteGroup(GROUP, group.now()).result).toBe('NON_EMPTY_GROUP');
    expect(group.coordinator.deleteGroup('ghost', group.now()).result).toBe('GROUP_ID_NOT_FOUND');
  });

  it('removes it from the log', () => {
    const group = new GroupHarness();
    group.commit('', -1, 7n);
    const { result, effects } = group.coordinator.deleteGroup(GROUP, group.now());
    group.run(effects);
    expect(result).toBe('NONE');
    group.restart();
    expect(group.coordinator.groups()).toEqual([]);
  });
});

it('refuses an empty group id', () => {
  const group = new GroupHarness();
  const request = group.ask({ type: 'heartbeat', memberId: 'x', groupInstanceId: null, generationId: 1 }, '');
  expect(group.answer(request)).toEqual({ type: 'heartbeat', error: 'INVALID_GROUP_ID' });
});

describe('whatever clients do', () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant('join' as const), who: fc.nat(5), known: fc.boolean(), isStatic: fc.boolean() }),
    fc.record({ do: fc.constant('sync' as const), who: fc.nat(5), behind: fc.nat(1) }),
    fc.record({ do: fc.constant('heartbeat' as const), who: fc.nat(5), behind: fc.nat(1) }),
    fc.record({ do: fc.constant('commit' as const), who: fc.nat(5), behind: fc.nat(1) }),
    fc.record({ do: fc.constant('leave' as const), who: fc.nat(5) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat(6_000) }),
    fc.record({ do: fc.constant('restart' as const) }),
  );

  it('every request is answered once the deadlines have passed, and the group ends empty', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), fc.nat(200), (actions, initialRebalanceDelayMs) => {
        const group = new GroupHarness({ initialRebalanceDelayMs });
        const ids: string[] = [];
        const open: number[] = [];
        const idOf = (who: number) => ids[who % Math.max(1, ids.length)] ?? '';
        for (const step of actions) {
          const current = group.classicGroup();
          const generationId = (current?.generationId ?? 0) - ('behind' in step ? step.behind : 0);
          if (step.do === 'join') {
            const groupInstanceId = step.isStatic ? `static-${step.who % 2}` : null;
            open.push(
              group.join(step.known ? idOf(step.who) : '', { groupInstanceId, requireKnownMemberId: step.known }),
            );
          } else if (step.do === 'sync')
            open.push(group.sync(idOf(step.who), generationId, { [idOf(step.who)]: 'part' }));
          else if (step.do === 'heartbeat') group.heartbeat(idOf(step.who), generationId);
          else if (step.do === 'commit') open.push(group.commit(idOf(step.who), generationId, 1n));
          else if (step.do === 'leave') group.leave(idOf(step.who));
          else if (step.do === 'advance') group.advance(step.ms);
          else {
            group.restart();
            open.length = 0;
          }
          for (const id of [...(group.classicGroup()?.members.keys() ?? [])]) if (!ids.includes(id)) ids.push(id);
          for (const id of group.classicGroup()?.pendingMembers.keys() ?? []) if (!ids.includes(id)) ids.push(id);
        }
        group.advance(1_000_000);
        for (const request of open) expect(group.answer(request)).toBeDefined();
        expect(group.classicGroup()?.phase ?? 'Empty').toBe('Empty');
      }),
      { numRuns: 300 },
    );
  });
});
