import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.js';

const STEPS = 2 ** 47;

/** Randomness from the system's generator: fit for ids and secrets. */
export class NodeRandom implements Random {
  next(): number {
    return randomInt(STEPS) / STEPS;
  }

  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}
