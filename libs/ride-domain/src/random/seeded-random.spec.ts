import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hash32, SeededRandom } from './seeded-random.js';
import { WeightedChoice } from './weighted-choice.js';

const draw = (random: SeededRandom, count: number): number[] =>
  Array.from({ length: count }, () => random.nextUint32());

describe('SeededRandom', () => {
  it('gives the same stream for the same seed, on every machine', () => {
    expect(draw(new SeededRandom(42), 4)).toEqual([1959603763, 2423114712, 2466933512, 4144396390]);
    expect(draw(new SeededRandom(42), 100)).toEqual(draw(new SeededRandom(42), 100));
    expect(draw(new SeededRandom(43), 4)).not.toEqual(draw(new SeededRandom(42), 4));
  });

  it('forks by name, whatever was drawn before', () => {
    const used = new SeededRandom(1);
    draw(used, 1_000);
    expect(draw(used.fork('riders'), 20)).toEqual(draw(new SeededRandom(1).fork('riders'), 20));
    expect(draw(used.fork('riders'), 20)).not.toEqual(draw(used.fork('drivers'), 20));
    expect(draw(used.fork('riders'), 20)).not.toEqual(draw(new SeededRandom(2).fork('riders'), 20));
  });

  it('is even: each of 16 equal bins gets its share', () => {
    const random = new SeededRandom(7);
    const bins = new Array<number>(16).fill(0);
    for (let i = 0; i < 160_000; i++) bins[Math.floor(random.next() * 16)]!++;
    // Chi-square with 15 degrees of freedom: above 37.7 once in a thousand seeds; this seed is fixed.
    const chiSquare = bins.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(37.7);
  });

  it('keeps to its ranges', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000 }), (seed, end) => {
        const random = new SeededRandom(seed);
        for (let i = 0; i < 50; i++) {
          expect(random.int(end)).toBeLessThan(end);
          expect(random.between(-5, 5)).toBeGreaterThanOrEqual(-5);
          expect(random.exponential(10)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('has normal numbers with the mean and deviation asked for', () => {
    const random = new SeededRandom(3);
    const values = Array.from({ length: 20_000 }, () => random.normal(10, 2));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(10, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(2, 1);
  });

  it('shuffles without losing anything, and leaves the list alone', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new SeededRandom(5).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort()).toEqual(items);
  });

  it('has nothing to pick from an empty list', () => {
    expect(() => new SeededRandom(1).pick([])).toThrow(RangeError);
  });
});

describe('hash32', () => {
  it('tells short names and seeds apart', () => {
    const hashes = new Set<number>();
    for (let seed = 0; seed < 20; seed++) for (let i = 0; i < 500; i++) hashes.add(hash32(`driver-${i}`, seed));
    expect(hashes.size).toBe(10_000);
  });
});

describe('WeightedChoice', () => {
  it('draws by weight and never what weighs nothing', () => {
    const choice = new WeightedChoice([0, 3, 0, 1, 0]);
    const random = new SeededRandom(11);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 8_000; i++) counts[choice.draw(random)]!++;
    expect([counts[0], counts[2], counts[4]]).toEqual([0, 0, 0]);
    expect(counts[1]! / counts[3]!).toBeGreaterThan(2.7);
    expect(counts[1]! / counts[3]!).toBeLessThan(3.3);
  });

  it.each([[[]], [[0, 0]], [[1, -1]], [[NaN]], [[Infinity]]])('refuses the weights %j', (weights) => {
    expect(() => new WeightedChoice(weights)).toThrow(RangeError);
  });
});
