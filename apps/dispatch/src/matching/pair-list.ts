import type { Candidates } from './policy.js';

const START_CAPACITY = 1024;

/** Pairs of rides and drivers as they are found, on typed arrays that are kept from tick to tick. */
export class PairList {
  private ride = new Int32Array(START_CAPACITY);
  private driver = new Int32Array(START_CAPACITY);
  private etaS = new Float64Array(START_CAPACITY);
  private length = 0;

  clear(): void {
    this.length = 0;
  }

  add(ride: number, driver: number, etaS: number): void {
    if (this.length === this.ride.length) this.grow();
    this.ride[this.length] = ride;
    this.driver[this.length] = driver;
    this.etaS[this.length++] = etaS;
  }

  /** Grouped by ride (counting sort), nearest first (insertion sort: rows are short and often in order already). */
  byRide(rideCount: number): Candidates {
    const rowStart = new Int32Array(rideCount + 1);
    for (let p = 0; p < this.length; p++) rowStart[this.ride[p]! + 1]!++;
    for (let r = 0; r < rideCount; r++) rowStart[r + 1]! += rowStart[r]!;
    const driver = new Int32Array(this.length);
    const etaS = new Float64Array(this.length);
    const end = rowStart.slice(0, rideCount);
    for (let p = 0; p < this.length; p++) {
      const r = this.ride[p]!;
      const eta = this.etaS[p]!;
      let at = end[r]!++;
      for (; at > rowStart[r]! && etaS[at - 1]! > eta; at--) {
        etaS[at] = etaS[at - 1]!;
        driver[at] = driver[at - 1]!;
      }
      etaS[at] = eta;
      driver[at] = this.driver[p]!;
    }
    return { rowStart, driver, etaS };
  }

  private grow(): void {
    this.ride = grown(this.ride, new Int32Array(2 * this.length));
    this.driver = grown(this.driver, new Int32Array(2 * this.length));
    this.etaS = grown(this.etaS, new Float64Array(2 * this.length));
  }
}

function grown<A extends Int32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
