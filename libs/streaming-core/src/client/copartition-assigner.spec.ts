import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignCopartitioned, type Assignment, type GroupMember } from './copartition-assigner.js';

const TOPICS = ['rides', 'drivers'];

function member(memberId: string, topics = TOPICS): GroupMember {
  return { memberId, topics, owned: [], generation: -1 };
}

/** Rebalances until nothing moves: every member owns what the last round gave it, as of that round. */
function settle(members: readonly GroupMember[], counts: ReadonlyMap<string, number>, from?: Assignment) {
  let assignment = from ?? assignCopartitioned(members, counts);
  for (let round = 0; round < 10; round++) {
    const owning = members.map((each) => ({ ...each, owned: assignment.get(each.memberId) ?? [], generation: round }));
    const next = assignCopartitioned(owning, counts);
    if (JSON.stringify([...next]) === JSON.stringify([...assignment])) return { assignment, rounds: round };
    assignment = next;
  }
  throw new Error('does not settle');
}

function flat(assignment: Assignment): Map<string, string> {
  const owner = new Map<string, string>();
  for (const [memberId, topics] of assignment) {
    for (const { topic, partitions } of topics) {
      for (const partition of partitions) {
        const key = `${topic}-${partition}`;
        expect(owner.has(key)).toBe(false); // never to two
        owner.set(key, memberId);
      }
    }
  }
  return owner;
}

const groups = fc.record({
  count: fc.integer({ min: 1, max: 24 }),
  before: fc.integer({ min: 1, max: 6 }),
  after: fc.integer({ min: 1, max: 6 }),
  leavers: fc.integer({ min: 0, max: 5 }),
});

describe('co-partitioned assignment', () => {
  it('gives all partitions, one number of all topics to one member, evenly', () => {
    fc.assert(
      fc.property(groups, ({ count, before }) => {
        const members = Array.from({ length: before }, (_, i) => member(`m${i}`));
        const { assignment } = settle(members, new Map(TOPICS.map((topic) => [topic, count])));
        const owner = flat(assignment);
        expect(owner.size).toBe(count * TOPICS.length);
        for (let number = 0; number < count; number++) {
          expect(owner.get(`rides-${number}`)).toBe(owner.get(`drivers-${number}`));
        }
        const loads = members.map(({ memberId }) => [...owner.values()].filter((id) => id === memberId).length / 2);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('settles within two rounds after members come and go, and moves no more than balance asks for', () => {
    fc.assert(
      fc.property(groups, ({ count, before, after, leavers }) => {
        const counts = new Map(TOPICS.map((topic) => [topic, count]));
        const old = Array.from({ length: before }, (_, i) => member(`m${i}`));
        const first = settle(old, counts).assignment;
        const stayers = old.slice(Math.min(leavers, before - 1));
        const members = [...stayers, ...Array.from({ length: after }, (_, i) => member(`n${i}`))];
        const { assignment, rounds } = settle(
          members,
          counts,
          assignCopartitioned(
            members.map((each) => ({ ...each, owned: first.get(each.memberId) ?? [], generation: 1 })),
            counts,
          ),
        );
        expect(rounds).toBeLessThanOrEqual(2);
        const [was, is] = [flat(first), flat(assignment)];
        expect(is.size).toBe(count * TOPICS.length);
        const share = Math.floor(count / members.length);
        for (const { memberId } of stayers) {
          const had = [...was].filter(([, id]) => id === memberId);
          const kept = had.filter(([key]) => is.get(key) === memberId);
          expect(kept.length / 2).toBeGreaterThanOrEqual(Math.min(had.length / 2, share));
        }
      }),
    );
  });

  it('gives nothing away before its owner has given it up', () => {
    const counts = new Map([['rides', 4]]);
    const first = { ...member('a', ['rides']), owned: [{ topic: 'rides', partitions: [0, 1, 2, 3] }], generation: 5 };
    const round = assignCopartitioned([first, member('b', ['rides'])], counts);
    expect(round.get('a')).toEqual([{ topic: 'rides', partitions: [0, 1] }]);
    expect(round.get('b')).toEqual([]);
  });

  it('believes the newer of two claims', () => {
    const counts = new Map([['rides', 2]]);
    const owned = [{ topic: 'rides', partitions: [0, 1] }];
    const away = { ...member('a', ['rides']), owned, generation: 3 };
    const back = { ...member('b', ['rides']), owned: [{ topic: 'rides', partitions: [0] }], generation: 4 };
    const round = assignCopartitioned([away, back], counts);
    expect(round.get('b')).toEqual([{ topic: 'rides', partitions: [0] }]);
    expect(round.get('a')).toEqual([{ topic: 'rides', partitions: [1] }]);
  });

  it('gives a topic only to those who subscribe to it, and leaves out what does not exist', () => {
    const members = [member('a', ['rides', 'ghost']), member('b', ['drivers'])];
    const assignment = assignCopartitioned(
      members,
      new Map([
        ['rides', 2],
        ['drivers', 3],
        ['ghost', 0],
      ]),
    );
    expect(assignment.get('a')).toEqual([{ topic: 'rides', partitions: [0, 1] }]);
    expect(assignment.get('b')).toEqual([{ topic: 'drivers', partitions: [0, 1, 2] }]);
  });
});
