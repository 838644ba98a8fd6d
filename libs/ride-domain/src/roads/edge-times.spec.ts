import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../random/seeded-random.js';
import { repairEdgeTimes, SPEED_MAX_MPS, SPEED_MIN_MPS } from './edge-times.js';

const EDGES = 400;
const random = new SeededRandom(1);
const lengthsM = Array.from({ length: EDGES }, () => random.between(60, 300));
const levels = lengthsM.map(() => Math.exp(random.normal(0, 0.3)));
/** Smooth over the day, as real traffic is: slow at about 8 and 17 o'clock. */
const rush = Array.from(
  { length: 24 },
  (_, hour) => 1 + 0.5 * Math.exp(-0.5 * ((hour - 8) / 2) ** 2) + 0.6 * Math.exp(-0.5 * ((hour - 17) / 2.5) ** 2),
);
const truth = rush.flatMap((slow) => lengthsM.map((length, edge) => (length / 8) * levels[edge]! * slow));

const errorOf = (seconds: ArrayLike<number>): number => {
  const logs = truth.map((value, i) => Math.abs(Math.log(seconds[i]! / value)));
  return logs.reduce((sum, value) => sum + value, 0) / logs.length;
};

describe('repairEdgeTimes', () => {
  it('leaves clean times as they are', () => {
    expect(errorOf(repairEdgeTimes(lengthsM, truth))).toBeLessThan(0.005);
  });

  it('takes most of the noise out of noisy ones', () => {
    const noise = new SeededRandom(2);
    const noisy = truth.map((value) => Math.max(1, Math.round(value * Math.exp(noise.normal(0, 0.8)))));
    expect(errorOf(noisy)).toBeGreaterThan(0.5);
    expect(errorOf(repairEdgeTimes(lengthsM, noisy))).toBeLessThan(0.2);
  });

  it('keeps every speed plausible', () => {
    const wild = truth.map((value, i) => (i % 3 === 0 ? value / 100 : value * 100));
    for (const [i, seconds] of repairEdgeTimes(lengthsM, wild).entries()) {
      const speed = lengthsM[i % EDGES]! / seconds;
      expect(speed).toBeGreaterThanOrEqual(SPEED_MIN_MPS * 0.999);
      expect(speed).toBeLessThanOrEqual(SPEED_MAX_MPS * 1.001);
    }
  });

  it('fills in unknown times from the other hours of the road', () => {
    const holes = truth.map((value, i) => (i % 7 === 0 ? 0 : value));
    expect(errorOf(repairEdgeTimes(lengthsM, holes))).toBeLessThan(0.05);
  });

  it('has a time for a road of no length and for one of which nothing is known', () => {
    const seconds = repairEdgeTimes(
      [0, 100, 100],
      Array.from({ length: 72 }, (_, i) => [1, 10, 0][i % 3]!),
    );
    for (const value of seconds) expect(value).toBeGreaterThan(0);
  });

  it('takes no edges', () => {
    expect(repairEdgeTimes([], [])).toHaveLength(0);
  });
});
