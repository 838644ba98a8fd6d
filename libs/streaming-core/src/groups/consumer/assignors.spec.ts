import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AssignorMember } from './assignor.js';
import { ASSIGNORS } from './assignors.js';
import type { Partitions } from './partitions.js';

const TOPICS = ['t0', 't1', 't2', 't3'];

function member(memberId: string, topicIds: readonly string[], previous: Partitions = new Map()): AssignorMember {
  return { memberId, instanceId: null, topicIds: new Set(topicIds), previous };
}

function count(partitions: Partitions | undefined): number {
  return [...(partitions?.values() ?? [])].reduce((sum, numbers) => sum + numbers.size, 0);
}

function names(partitions: Partitions | undefined): string[] {
  return [...(partitions ?? [])].flatMap(([topic, numbers]) =>
    [...numbers].map((partition) => `${topic}-${partition}`),
  );
}

const group = fc.record({
  sizes: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: TOPICS.length, maxLength: TOPICS.length }),
  members: fc.array(fc.subarray(TOPICS), { minLength: 1, maxLength: 7 }),
});

const sizesOf = (sizes: readonly number[]) => new Map(TOPICS.map((topic, index) => [topic, sizes[index]!]));
const membersOf = (members: readonly (readonly string[])[]) =>
  members.map((topicIds, index) => member(`m${index}`, topicIds));

describe.each(Object.entries(ASSIGNORS))('%s', (_, assign) => {
  it('gives each partition that someone reads to exactly one who reads it', () => {
    fc.assert(
      fc.property(group, ({ sizes, members }) => {
        const result = assign(membersOf(members), sizesOf(sizes));
        const given = [...result.values()].flatMap((partitions) => names(partitions));
        const wanted = TOPICS.filter((topic) => members.some((topicIds) => topicIds.includes(topic)));
        const expected = wanted.flatMap((topic) =>
          Array.from({ length: sizesOf(sizes).get(topic)! }, (_unused, partition) => `${topic}-${partition}`),
        );
        expect(given.sort()).toEqual(expected.sort());
        for (const [memberId, partitions] of result) {
          const topicIds = members[Number(memberId.slice(1))]!;
          for (const topic of partitions.keys()) expect(topicIds).toContain(topic);
        }
      }),
    );
  });

  it('moves nothing when nothing changes', () => {
    fc.assert(
      fc.property(group, ({ sizes, members }) => {
        const first = assign(membersOf(members), sizesOf(sizes));
        const again = membersOf(members).map((each) => ({ ...each, previous: first.get(each.memberId) ?? new Map() }));
        const second = assign(again, sizesOf(sizes));
        for (const { memberId } of again) {
          expect(names(second.get(memberId)).sort()).toEqual(names(first.get(memberId)).sort());
        }
      }),
    );
  });
});

describe('uniform', () => {
  const assign = ASSIGNORS['uniform']!;

  it('leaves no two who could share differing by more than one', () => {
    fc.assert(
      fc.property(group, group, ({ members }, { sizes, members: before }) => {
        const earlier = assign(membersOf(before), sizesOf(sizes));
        const now = membersOf(members).map((each) => ({ ...each, previous: earlier.get(each.memberId) ?? new Map() }));
        const result = assign(now, sizesOf(sizes));
        for (const from of now) {
          for (const to of now) {
            const couldGive = [...(result.get(from.memberId) ?? [])].some(
              ([topic, numbers]) => numbers.size > 0 && to.topicIds.has(topic),
            );
            if (couldGive) {
              expect(count(result.get(from.memberId)) - count(result.get(to.memberId))).toBeLessThanOrEqual(1);
            }
          }
        }
      }),
    );
  });

  it('takes from members with the same topics no more than a newcomer needs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 40 }), (size, partitions) => {
        const topics = new Map([['t0', partitions]]);
        const ids = Array.from({ length: size }, (_, index) => `m${index}`);
        const first = assign(
          ids.map((id) => member(id, ['t0'])),
          topics,
        );
        const second = assign([...ids.map((id) => member(id, ['t0'], first.get(id))), member('new', ['t0'])], topics);
        const moved = ids.flatMap((id) => names(first.get(id)).filter((name) => !names(second.get(id)).includes(name)));
        expect(moved).toHaveLength(count(second.get('new')));
      }),
    );
  });

  it('is quick for a large group', () => {
    const topics = new Map(Array.from({ length: 40 }, (_, index) => [`t${index}`, 100]));
    const members = Array.from({ length: 300 }, (_, index) => member(`m${index}`, [...topics.keys()]));
    const result = assign(members, topics);
    expect(Math.max(...members.map(({ memberId }) => count(result.get(memberId))))).toBe(14);
  });
});

describe('range', () => {
  const assign = ASSIGNORS['range']!;

  it('gives runs, the same ones of topics with as many partitions', () => {
    const topics = new Map([
      ['t0', 5],
      ['t1', 5],
    ]);
    const result = assign([member('a', ['t0', 't1']), member('b', ['t0', 't1'])], topics);
    expect(names(result.get('a'))).toEqual(['t0-0', 't0-1', 't0-2', 't1-0', 't1-1', 't1-2']);
    expect(names(result.get('b'))).toEqual(['t0-3', 't0-4', 't1-3', 't1-4']);
  });

  it('puts newcomers last, whatever their names', () => {
    const topics = new Map([['t0', 6]]);
    const first = assign([member('m', ['t0']), member('n', ['t0'])], topics);
    const second = assign(
      [member('a', ['t0']), member('m', ['t0'], first.get('m')), member('n', ['t0'], first.get('n'))],
      topics,
    );
    expect(names(second.get('m'))).toEqual(['t0-0', 't0-1']);
    expect(names(second.get('a'))).toEqual(['t0-4', 't0-5']);
  });
});
