import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { balanceZones, ZonePartitionTable, type ZoneLoad } from './zone-partitions.js';

const zones: fc.Arbitrary<ZoneLoad[]> = fc
  .array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 60 })
  .map((loads) =>
    loads.map((load, i) => ({
      id: `z${i}`,
      load,
      neighbours: [i - 1, i + 1].filter((n) => n >= 0 && n < loads.length).map((n) => `z${n}`),
    })),
  );
const partitionCount = fc.integer({ min: 1, max: 16 });

describe('balanceZones', () => {
  it('gives every zone one partition', () => {
    fc.assert(
      fc.property(zones, partitionCount, (all, count) => {
        const table = balanceZones(all, count);
        const listed = Array.from({ length: count }, (_, p) => table.zonesOf(p)).flat();
        expect([...listed].sort()).toEqual(all.map(({ id }) => id).sort());
        for (const { id } of all) expect(table.zonesOf(table.partitionOf(id))).toContain(id);
      }),
    );
  });

  it('loads no partition with more than the mean, one zone and the tolerance', () => {
    fc.assert(
      fc.property(zones, partitionCount, (all, count) => {
        const table = balanceZones(all, count);
        const total = all.reduce((sum, { load }) => sum + load, 0);
        const heaviest = Math.max(...all.map(({ load }) => load));
        for (let p = 0; p < count; p++)
          expect(table.loadOf(p)).toBeLessThanOrEqual((1.05 * total) / count + heaviest + 1e-9);
      }),
    );
  });

  it('depends on the zones and not on their order', () => {
    fc.assert(
      fc.property(zones, partitionCount, (all, count) => {
        const [one, other] = [balanceZones(all, count), balanceZones([...all].reverse(), count)];
        for (const { id } of all) expect(other.partitionOf(id)).toBe(one.partitionOf(id));
      }),
    );
  });

  it('spreads zones of which nothing is known evenly', () => {
    const all = Array.from({ length: 12 }, (_, i) => ({ id: `z${i}`, load: 0, neighbours: [] }));
    const table = balanceZones(all, 4);
    expect([0, 1, 2, 3].map((p) => table.zonesOf(p).length)).toEqual([3, 3, 3, 3]);
    expect(table.imbalance()).toBe(1);
  });

  it('keeps neighbours together where balance does not suffer', () => {
    const pair = (a: string, b: string): ZoneLoad[] => [
      { id: a, load: 1, neighbours: [b] },
      { id: b, load: 1, neighbours: [a] },
    ];
    const table = balanceZones([...pair('a', 'd'), ...pair('b', 'c')], 2);
    expect(table.partitionOf('a')).toBe(table.partitionOf('d'));
    expect(table.partitionOf('b')).toBe(table.partitionOf('c'));
  });
});

describe('ZonePartitionTable', () => {
  const line: ZoneLoad[] = ['a', 'b', 'c', 'd'].map((id, i, ids) => ({
    id,
    load: i + 1,
    neighbours: [ids[i - 1], ids[i + 1]].filter((n) => n !== undefined),
  }));
  const table = new ZonePartitionTable(
    3,
    line,
    new Map([
      ['a', 0],
      ['b', 1],
      ['c', 1],
      ['d', 2],
    ]),
  );

  it('knows which partitions lie beside others', () => {
    expect(table.neighbourPartitions([0])).toEqual([1]);
    expect(table.neighbourPartitions([1])).toEqual([0, 2]);
    expect(table.neighbourPartitions([0, 2])).toEqual([1]);
    expect(table.neighbourPartitions([0, 1, 2])).toEqual([]);
  });

  it('knows its loads, and prints itself', () => {
    expect([0, 1, 2].map((p) => table.loadOf(p))).toEqual([1, 5, 4]);
    expect(table.imbalance()).toBeCloseTo(1.5);
    expect(String(table).split('\n')).toEqual([
      '   0   10.0 %  a',
      '   1   50.0 %  b c',
      '   2   40.0 %  d',
      'fullest over mean: 1.500',
    ]);
    expect(table.toJSON()).toEqual({ partitions: 3, zones: { a: 0, b: 1, c: 1, d: 2 } });
  });

  it('refuses zones without a partition, and questions about zones that it does not have', () => {
    expect(() => new ZonePartitionTable(3, line, new Map([['a', 0]]))).toThrow(RangeError);
    expect(
      () =>
        new ZonePartitionTable(
          1,
          line,
          new Map([
            ['a', 0],
            ['b', 1],
            ['c', 1],
            ['d', 2],
          ]),
        ),
    ).toThrow(RangeError);
    expect(() => new ZonePartitionTable(0, [], new Map())).toThrow(RangeError);
    expect(() => table.partitionOf('z')).toThrow(RangeError);
  });
});
