import type { SeededRandom } from './seeded-random.js';

/** Draws indexes with given weights: a running sum and a binary search. */
export class WeightedChoice {
  readonly #cumulative: Float64Array;

  /** @throws RangeError unless weights are finite, not negative, and one at least is above 0. */
  constructor(weights: ArrayLike<number>) {
    this.#cumulative = new Float64Array(weights.length);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      if (!(weights[i]! >= 0 && weights[i]! < Infinity)) throw new RangeError(`weight ${weights[i]!} of item ${i}`);
      sum += weights[i]!;
      this.#cumulative[i] = sum;
    }
    if (sum <= 0) throw new RangeError('no weight is above 0');
  }

  /** The index of an item; never one whose weight is 0. */
  draw(random: SeededRandom): number {
    const cumulative = this.#cumulative;
    const at = random.next() * cumulative[cumulative.length - 1]!;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
