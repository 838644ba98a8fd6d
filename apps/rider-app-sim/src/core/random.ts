import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';

/** Human waiting: never negative, most near the median, a few far above. `spread` is the sigma of the logarithm. */
export const logNormal = (random: SeededRandom, median: number, spread: number): number =>
  median * Math.exp(random.normal(0, spread));

/** One of `items` by weight; undefined when all weights are 0. */
export function pickWeighted<T>(
  random: SeededRandom,
  items: readonly T[],
  weightOf: (item: T) => number,
): T | undefined {
  const weights = items.map(weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) return undefined;
  let rest = random.next() * total;
  const index = weights.findIndex((weight) => (rest -= weight) < 0);
  return items[index] ?? items.at(-1);
}
