import type { Random } from '../random.js';

/** sfc32 by Chris Doty-Humphrey (PractRand): the same seed gives the same sequence everywhere. Not for secrets. */
export class SeededRandom implements Random {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    this.state = Uint32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1);
    for (let i = 0; i < 12; i++) this.nextUint32();
  }

  next(): number {
    return this.nextUint32() / 2 ** 32;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) bytes[i] = this.nextUint32() & 0xff;
    return bytes;
  }

  /** A whole number in [0, below). */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  private nextUint32(): number {
    const s = this.state;
    const [a, b, c, counter] = [s[0]!, s[1]!, s[2]!, s[3]!];
    const result = (a + b + counter) >>> 0;
    s[3] = counter + 1;
    s[0] = b ^ (b >>> 9);
    s[1] = c + (c << 3);
    s[2] = ((c << 21) | (c >>> 11)) + result;
    return result;
  }
}
