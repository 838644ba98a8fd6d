import { beforeEach, describe, expect, it } from '@jest/globals';
import { Growth } from './growth.js';

/** A partition that counts how often it is looked at. */
class FakePartition {
  looks = 0;
  highWatermark = 5n;
  lastStableOffset = 5n;
  startOffset = 0n;
  endOffset = 5n;
  #sizeBytes = 500;

  get sizeBytes(): number {
    this.looks += 1;
    return this.#sizeBytes;
  }

  write(bytes: number, isCommitted = true): void {
    this.#sizeBytes += bytes;
    this.endOffset += 1n;
    this.highWatermark += 1n;
    if (isCommitted) this.lastStableOffset = this.highWatermark;
  }
}

let partitions: FakePartition[];

beforeEach(() => {
  partitions = Array.from({ length: 1_000 }, () => new FakePartition());
});

describe('growth', () => {
  it('adds up what comes to all partitions, and looks at no other than the one with word', () => {
    const growth = new Growth(partitions, false);
    expect(growth.isEnough(300)).toBe(false);
    for (const partition of partitions) partition.looks = 0;
    for (const [index, isReady] of [
      [3, false],
      [3, false],
      [7, true],
    ] as const) {
      partitions[index]!.write(100);
      expect(growth.isReady(index, 300)).toBe(isReady);
    }
    expect(partitions.filter(({ looks }) => looks > 0)).toHaveLength(2);
    expect(growth.hasChanged()).toBe(true);
  });

  it('of committed records leaves out what open transactions write', () => {
    const growth = new Growth(partitions, true);
    expect(growth.isEnough(1)).toBe(false);
    partitions[0]!.write(100, false);
    expect(growth.isReady(0, 1)).toBe(false);
    expect(growth.hasChanged()).toBe(false);
    partitions[0]!.write(100);
    expect(growth.isReady(0, 1)).toBe(true);
  });

  it('is found by a look at all of them when it came before anybody listened', () => {
    const growth = new Growth(partitions, false);
    partitions[1]!.write(100);
    partitions[2]!.write(100);
    expect(growth.isEnough(201)).toBe(false);
    expect(growth.isEnough(200)).toBe(true);
  });

  it('is worth a look when a log begins elsewhere, when what was written is readable now, and when a partition is closed', () => {
    partitions[2]!.endOffset = 6n;
    const growth = new Growth(partitions, false);
    expect(growth.isEnough(1_000_000)).toBe(false);
    partitions[1]!.startOffset = 2n;
    expect(growth.isReady(1, 1_000_000)).toBe(true);
    partitions[2]!.highWatermark = 6n;
    expect(growth.isReady(2, 1_000_000)).toBe(true);
    partitions[3]!.write(1);
    expect(growth.isReady(3, 1_000_000)).toBe(false);
    expect(growth.isReady(3, 1_000_000)).toBe(true);
  });
});
