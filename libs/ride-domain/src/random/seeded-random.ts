/**
 * A stream of random numbers that a seed decides: the same seed gives the same stream on every machine. The generator is sfc32
 * (Chris Doty-Humphrey, PractRand), seeded through splitmix32. Not for secrets.
 */
export class SeededRandom {
  readonly seed: number;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spareNormal: number | undefined;

  /** @param seed a whole number; its lower 32 bits decide the stream. */
  constructor(seed: number) {
    this.seed = seed >>> 0;
    let state = this.seed;
    const splitmix = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = splitmix();
    this.#b = splitmix();
    this.#c = splitmix();
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  /** A stream of its own, decided by this one's seed and the name alone: numbers drawn elsewhere do not change it. */
  fork(name: string): SeededRandom {
    return new SeededRandom(hash32(name, this.seed));
  }

  /** 0 to 2^32 - 1. */
  nextUint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** 0 up to but not 1. */
  next(): number {
    return this.nextUint32() / 4_294_967_296;
  }

  /** A whole number, 0 up to but not `endExclusive`. */
  int(endExclusive: number): number {
    return Math.floor(this.next() * endExclusive);
  }

  /** `min` up to but not `max`. */
  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items. @throws RangeError when there are none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[this.int(items.length)]!;
  }

  /** Normally distributed (Marsaglia's polar method). */
  normal(mean = 0, deviation = 1): number {
    if (this.#spareNormal !== undefined) {
      const spare = this.#spareNormal;
      this.#spareNormal = undefined;
      return mean + deviation * spare;
    }
    let u = 2 * this.next() - 1;
    let v = 2 * this.next() - 1;
    while (u * u + v * v >= 1 || u * u + v * v === 0) {
      u = 2 * this.next() - 1;
      v = 2 * this.next() - 1;
    }
    const s = u * u + v * v;
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    this.#spareNormal = v * factor;
    return mean + deviation * u * factor;
  }

  /** Exponentially distributed: the wait for the next event of a Poisson process. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** A new list with the items in random order (Fisher-Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      [copy[i], copy[j]] = [copy[j]!, copy[i]!];
    }
    return copy;
  }
}

/** A 32-bit hash of a text and a seed: FNV-1a with MurmurHash3's finaliser, which spreads short names well. */
export function hash32(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
