import { describe, expect, it } from '@jest/globals';
import { GroupHarness } from '../../../test/group-harness.js';

const phase = (group: GroupHarness) => group.classicGroup()?.phase;

describe('joining', () => {
  it('makes the first member the leader of generation 1 and tells it who is there', () => {
    const group = new GroupHarness();
    const answer = group.joinAnswer(group.join(''));
    expect(answer).toMatchObject({ error: 'NONE', generationId: 1, protocolName: 'range', leaderId: answer.memberId });
    expect(answer.members.map((member) => member.memberId)).toEqual([answer.memberId]);
    expect(phase(group)).toBe('CompletingRebalance');
  });

  it('first gives an id to a member that must know it, and lets it in only with that id', () => {
    const group = new GroupHarness();
    const refused = group.joinAnswer(group.join('', { requireKnownMemberId: true }));
    expect(refused).toMatchObject({ error: 'MEMBER_ID_REQUIRED', generationId: -1 });
    expect(group.classicGroup()!.members.size).toBe(0);
    const joined = group.joinAnswer(group.join(refused.memberId, { requireKnownMemberId: true }));
    expect(joined).toMatchObject({ error: 'NONE', memberId: refused.memberId });
  });

  it('forgets an id that was given out and not used within the session timeout', () => {
    const group = new GroupHarness();
    const { memberId } = group.joinAnswer(group.join('', { requireKnownMemberId: true }));
    group.advance(1_001);
    expect(group.joinAnswer(group.join(memberId)).error).toBe('UNKNOWN_MEMBER_ID');
  });

  it('waits for ids that were given out before it completes a rebalance', () => {
    const group = new GroupHarness();
    const leader = group.joinAnswer(group.join('')).memberId;
    group.sync(leader, 1, { [leader]: 'all' });
    const { memberId } = group.joinAnswer(group.join('', { requireKnownMemberId: true }));
    const rejoin = group.join(leader);
    expect(group.answer(rejoin)).toBeUndefined();
    group.join(memberId, { requireKnownMemberId: true });
    expect(group.joinAnswer(rejoin).members).toHaveLength(2);
  });

  it('chooses the assignor that all support and most prefer', () => {
    const group = new GroupHarness();
    const of = (...names: string[]) => names.map((name) => ({ name, metadata: Buffer.from(name) }));
    const first = group.joinAnswer(group.join('', { protocols: of('range', 'sticky') })).memberId;
    group.join('', { protocols: of('sticky', 'range') });
    group.join('', { protocols: of('sticky', 'range', 'other') });
    const rejoin = group.join(first, { protocols: of('range', 'sticky') });
    expect(group.joinAnswer(rejoin).protocolName).toBe('sticky');
    expect(group.joinAnswer(rejoin).members.map(({ metadata }) => metadata.toString())).toEqual([
      'sticky',
      'sticky',
      'sticky',
    ]);
  });

  it.each([
    ['no common assignor', { protocols: [{ name: 'own', metadata: Buffer.alloc(0) }] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['another kind of group', { protocolType: 'connect' }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['no assignor at all', { protocols: [] }, 'INCONSISTENT_GROUP_PROTOCOL'],
    ['a session that is too short', { sessionTimeoutMs: 99 }, 'INVALID_SESSION_TIMEOUT'],
    ['a session that is too long', { sessionTimeoutMs: 60_001 }, 'INVALID_SESSION_TIMEOUT'],
    [
      'metadata that is too large',
      { protocols: [{ name: 'range', metadata: Buffer.alloc(1_000) }] },
      'POLICY_VIOLATION',
    ],
  ])('refuses %s', (_, options, error) => {
    const group = new GroupHarness();
    group.join('');
    expect(group.joinAnswer(group.join('', options)).error).toBe(error);
  });

  it('refuses members beyond the bound', () => {
    const group = new GroupHarness({ maxMembers: 2 });
    group.join('');
    group.join('', { requireKnownMemberId: true });
    expect(group.joinAnswer(group.join('')).error).toBe('GROUP_MAX_SIZE_REACHED');
  });

  it('refuses an id that it never gave out', () => {
    const group = new GroupHarness();
    expect(group.joinAnswer(group.join('ghost')).error).toBe('UNKNOWN_MEMBER_ID');
  });

  it('answers only the newest of two joins of one member', () => {
    const group = new GroupHarness();
    const { leader } = group.stableGroupOfTwo();
    const first = group.join(leader);
    const second = group.join(leader);
    expect(group.joinAnswer(first).error).toBe('REBALANCE_IN_PROGRESS');
    expect(group.answer(second)).toBeUndefined();
  });
});

describe('the initial delay', () => {
  it('gathers the members that arrive within it into one generation, drawn out by each', () => {
    const group = new GroupHarness({ initialRebalanceDelayMs: 100 });
    const first = group.join('');
    group.advance(90);
    const second = group.join('');
    group.advance(20);
    expect(group.answer(first)).toBeUndefined();
    group.advance(100);
    expect(group.joinAnswer(first)).toMatchObject({ generationId: 1 });
    expect(group.joinAnswer(second)).toMatchObject({ generationId: 1 });
  });

  it('ends at the rebalance timeout though members still arrive', () => {
    const group = new GroupHarness({ initialRebalanceDelayMs: 100, maxMembers: 50 });
    const first = group.join('', { rebalanceTimeoutMs: 250 });
    for (let index = 0; index < 5; index++) {
      group.advance(50);
      group.join('', { rebalanceTimeoutMs: 250 });
    }
    expect(group.joinAnswer(first).generationId).toBe(1);
  });
});

describe('syncing', () => {
  it('hands out the assignment once it is durable, and not before', () => {
    const group = new GroupHarness();
    const leader = group.joinAnswer(group.join('')).memberId;
    group.heldAppends = [];
    const sync = group.sync(leader, 1, { [leader]: 'all' });
    expect(group.answer(sync)).toBeUndefined();
    group.releaseAppends();
    expect(group.syncAnswer(sync).assignment.toString()).toBe('all');
    expect(phase(group)).toBe('Stable');
  });

  it('gives nothing to a member that the leader left out, not even what it had before', () => {
    const group = new GroupHarness();
    const { leader, follower } = group.stableGroupOfTwo();
    const rejoin = group.join(leader);
    group.join(follower);
    const { generationId } = group.joinAnswer(rejoin);
    group.sync(leader, generationId, { [leader]: 'all' });
    expect(group.syncAnswer(group.sync(follower, generationId)).assignment).toHaveLength(0);
  });

  it('starts anew when the assignment cannot be made durable', () => {
    const group = new GroupHarness();
    const leader = group.joinAnswer(group.join('')).memberId;
    group.heldAppends = [];
    const sync = group.sync(leader, 1, { [leader]: 'all' });
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.syncAnswer(sync).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(phase(group)).toBe('PreparingRebalance');
  });

  it('lets followers wait for the leader, and gives each its part', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    expect(group.syncAnswer(group.sync(leader, generationId)).assignment.toString()).toBe('left');
    expect(group.syncAnswer(group.sync(follower, generationId)).assignment.toString()).toBe('right');
  });

  it('refuses another generation, another protocol, and a stranger', () => {
    const group = new GroupHarness();
    const { leader, generationId } = group.stableGroupOfTwo();
    expect(group.syncAnswer(group.sync(leader, generationId - 1)).error).toBe('ILLEGAL_GENERATION');
    expect(group.syncAnswer(group.sync('ghost', generationId)).error).toBe('UNKNOWN_MEMBER_ID');
    const sync = { type: 'sync', memberId: leader, groupInstanceId: null, generationId, assignments: [] } as const;
    const wrongType = group.ask({ ...sync, protocolType: 'connect', protocolName: null });
    const wrongName = group.ask({ ...sync, protocolType: 'consumer', protocolName: 'sticky' });
    expect(group.syncAnswer(wrongType).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
    expect(group.syncAnswer(wrongName).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
  });

  it('tells who waits for an assignment when a member joins meanwhile', () => {
    const group = new GroupHarness();
    const leader = group.joinAnswer(group.join('')).memberId;
    group.join('');
    const rejoin = group.join(leader);
    const follower = group.joinAnswer(rejoin).members[1]!.memberId;
    const waiting = group.sync(follower, 2);
    group.join('');
    expect(group.syncAnswer(waiting).error).toBe('REBALANCE_IN_PROGRESS');
  });

  it('removes members that joined and never ask for their assignment', () => {
    const group = new GroupHarness();
    const { leader, follower } = group.stableGroupOfTwo();
    group.join(leader, { sessionTimeoutMs: 60_000 });
    const generationId = group.joinAnswer(group.join(follower, { sessionTimeoutMs: 60_000 })).generationId;
    group.sync(leader, generationId, { [leader]: 'x' });
    group.advance(5_001);
    expect(group.removed).toContain('did not sync in time');
    expect(group.heartbeat(leader, generationId)).toBe('REBALANCE_IN_PROGRESS');
  });
});

describe('sessions', () => {
  it('end without a heartbeat, and the rest rebalances', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    group.advance(600);
    expect(group.heartbeat(leader, generationId)).toBe('NONE');
    group.advance(600);
    expect(group.removed).toEqual(['session timed out']);
    expect(group.heartbeat(follower, generationId)).toBe('UNKNOWN_MEMBER_ID');
    expect(group.heartbeat(leader, generationId)).toBe('REBALANCE_IN_PROGRESS');
    expect(group.joinAnswer(group.join(leader)).members).toHaveLength(1);
  });

  it('do not end while a member waits for a rebalance', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    const rejoin = group.join(leader, { sessionTimeoutMs: 500 });
    for (let elapsedMs = 0; elapsedMs < 4_000; elapsedMs += 500) {
      group.advance(500);
      group.heartbeat(follower, generationId);
    }
    expect(group.removed).toEqual([]);
    group.advance(1_100);
    expect(group.joinAnswer(rejoin)).toMatchObject({ error: 'NONE', generationId: generationId + 1 });
  });

  it('of a member that never hears the answer to its first join end after five minutes', () => {
    const group = new GroupHarness({ initialRebalanceDelayMs: 10_000_000 });
    group.join('', { rebalanceTimeoutMs: 10_000_000 });
    group.advance(299_999);
    expect(group.classicGroup()!.members.size).toBe(1);
    group.advance(2);
    expect(group.removed).toEqual(['session timed out']);
  });

  it('leave out who does not rejoin within the rebalance timeout', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    const rejoin = group.join(leader);
    for (let elapsedMs = 0; elapsedMs < 5_000; elapsedMs += 500) {
      group.advance(500);
      group.heartbeat(follower, generationId);
    }
    expect(group.joinAnswer(rejoin).members).toHaveLength(1);
    expect(group.removed).toEqual(['did not rejoin in time']);
  });
});

describe('heartbeats', () => {
  it('are fenced by generation and member', () => {
    const group = new GroupHarness();
    const { leader, generationId } = group.stableGroupOfTwo();
    expect(group.heartbeat(leader, generationId)).toBe('NONE');
    expect(group.heartbeat(leader, generationId + 1)).toBe('ILLEGAL_GENERATION');
    expect(group.heartbeat('ghost', generationId)).toBe('UNKNOWN_MEMBER_ID');
  });
});

describe('leaving', () => {
  it('answers for each member, hands leadership on, and rebalances the rest', () => {
    const group = new GroupHarness();
    const { leader, follower, generationId } = group.stableGroupOfTwo();
    expect(group.leave(leader, 'ghost')).toEqual(['NONE', 'UNKNOWN_MEMBER_ID']);
    expect(group.heartbeat(follower, generationId)).toBe('REBALANCE_IN_PROGRESS');
    expect(group.joinAnswer(group.join(follower)).leaderId).toBe(follower);
  });

  it('of the last member empties the group, and one without offsets is forgotten in the log too', () => {
    const group = new GroupHarness();
    const { leader, follower } = group.stableGroupOfTwo();
    group.leave(leader, follower);
    expect(phase(group)).toBe('Empty');
    group.restart();
    expect(phase(group)).toBe('Empty');
    group.run(group.coordinator.expireOffsets(group.now()));
    expect(phase(group)).toBeUndefined();
    group.restart();
    expect(phase(group)).toBeUndefined();
  });

  it('gives back an id that was not used yet', () => {
    const group = new GroupHarness();
    const { memberId } = group.joinAnswer(group.join('', { requireKnownMemberId: true }));
    expect(group.leave(memberId)).toEqual(['NONE']);
    expect(group.leave(memberId)).toEqual(['UNKNOWN_MEMBER_ID']);
  });
});

describe('static members', () => {
  const instance = { groupInstanceId: 'phone-1' };

  it('come back under a new id without a rebalance, and fence off the old one', () => {
    const group = new GroupHarness();
    const old = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(old, 1, { [old]: 'all' }, 'phone-1');
    const back = group.joinAnswer(group.join('', { ...instance, supportsSkipAssignment: true }));
    expect(back).toMatchObject({ error: 'NONE', generationId: 1, skipAssignment: true, leaderId: back.memberId });
    expect(back.memberId).not.toBe(old);
    expect(phase(group)).toBe('Stable');
    expect(group.syncAnswer(group.sync(back.memberId, 1, {}, 'phone-1')).assignment.toString()).toBe('all');
    expect(group.syncAnswer(group.sync(old, 1, {}, 'phone-1')).error).toBe('FENCED_INSTANCE_ID');
  });

  it('are told their new id once it is durable, and not before', () => {
    const group = new GroupHarness();
    const old = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(old, 1, { [old]: 'all' }, 'phone-1');
    group.heldAppends = [];
    const rejoin = group.join('', instance);
    expect(group.answer(rejoin)).toBeUndefined();
    group.releaseAppends();
    const { memberId } = group.joinAnswer(rejoin);
    group.restart();
    expect(group.syncAnswer(group.sync(memberId, 1, {}, 'phone-1')).assignment.toString()).toBe('all');
  });

  it('keep their old id when the new one cannot be made durable', () => {
    const group = new GroupHarness();
    const old = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(old, 1, { [old]: 'all' }, 'phone-1');
    group.heldAppends = [];
    const rejoin = group.join('', instance);
    group.releaseAppends('COORDINATOR_NOT_AVAILABLE');
    expect(group.joinAnswer(rejoin).error).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(group.syncAnswer(group.sync(old, 1, {}, 'phone-1')).assignment.toString()).toBe('all');
  });

  it('that led and cannot be told to skip the assignment are told that they do not lead', () => {
    const group = new GroupHarness();
    const old = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(old, 1, { [old]: 'all' }, 'phone-1');
    const back = group.joinAnswer(group.join('', instance));
    expect(back).toMatchObject({ leaderId: old, members: [], skipAssignment: false });
  });

  it('keep their place when they miss a rebalance', () => {
    const group = new GroupHarness();
    const stay = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(stay, 1, { [stay]: 'all' }, 'phone-1');
    const newcomer = group.join('', { sessionTimeoutMs: 60_000 });
    group.classicGroup()!.members.get(stay)!.deadlineMs = 60_000;
    group.advance(5_001);
    expect(group.joinAnswer(newcomer).generationId).toBe(2);
    expect(group.classicGroup()!.members.has(stay)).toBe(true);
    expect(group.joinAnswer(newcomer).leaderId).toBe(group.joinAnswer(newcomer).memberId);
  });

  it('rebalance when they come back with other topics', () => {
    const group = new GroupHarness();
    const old = group.joinAnswer(group.join('', instance)).memberId;
    group.sync(old, 1, { [old]: 'all' }, 'phone-1');
    const back = group.join('', { ...instance, protocols: [{ name: 'range', metadata: Buffer.from('other') }] });
    expect(group.joinAnswer(back).generationId).toBe(2);
  });
});
