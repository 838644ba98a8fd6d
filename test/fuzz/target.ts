import { getHeapStatistics } from 'node:v8';
import type { Random } from './random.ts';

/** One property to hold for whatever bytes come. */
export interface FuzzTarget {
  readonly name: string;
  /** Makes an input. */
  readonly generate: (random: Random) => Buffer;
  /** @throws FuzzFailure, or whatever the code under test should not throw */
  readonly check: (input: Buffer) => void;
}

/** A property that does not hold. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

/** Decoded objects are larger than their bytes: a structure of two bytes may have ten fields. */
const HEAP_BYTES_PER_BYTE = 64;
/** What the engine itself may take meanwhile: compiled code, caches, error stacks. */
const HEAP_SLACK_BYTES = 512 * 1024;
const MEASUREMENTS_MAX = 4;

/** The least that several runs of `act` leave on the heap, with garbage: noise only ever adds. */
export function expectSmallAllocation(inputBytes: number, act: () => unknown): void {
  const limit = HEAP_BYTES_PER_BYTE * inputBytes + HEAP_SLACK_BYTES;
  let taken = 0;
  for (let measurement = 0; measurement < MEASUREMENTS_MAX; measurement++) {
    const before = heldBytes();
    act();
    taken = heldBytes() - before;
    if (taken <= limit) return;
  }
  throw new FuzzFailure(`${taken} bytes allocated for an input of ${inputBytes} bytes`);
}

function heldBytes(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}

/** What `act` gives, or null for an error that the code under test announces. Any other error passes. */
export function unlessRefused<T>(act: () => T, isAnnounced: (error: unknown) => boolean): T | null {
  try {
    return act();
  } catch (error) {
    if (isAnnounced(error)) return null;
    throw error;
  }
}

export function expectSame(actual: Buffer, expected: Buffer, what: string): void {
  if (actual.equals(expected)) return;
  throw new FuzzFailure(`${what}: ${actual.toString('hex')} is not ${expected.toString('hex')}`);
}
