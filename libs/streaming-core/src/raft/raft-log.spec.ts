import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  advanceLogStart,
  compareTips,
  epochAt,
  epochsUpTo,
  floorEpoch,
  holds,
  lastEpoch,
  positionBefore,
  withEpoch,
  type EpochStart,
  type LogState,
} from './raft-log.js';

function logOf(epochs: readonly (readonly [number, bigint])[], endOffset: bigint): LogState {
  const entries = epochs.map(([epoch, startOffset]): EpochStart => ({ epoch, startOffset }));
  return { start: { epoch: -1, offset: 0n }, endOffset, durableOffset: endOffset, epochs: entries };
}

const tip = (epoch: number, offset: bigint, membershipEpoch = -1, membershipVersion = 0) => ({
  epoch,
  offset,
  membershipEpoch,
  membershipVersion,
});

describe('a log of epochs', () => {
  const log = logOf(
    [
      [1, 0n],
      [3, 10n],
      [7, 25n],
    ],
    25n,
  );

  it('is in the newest epoch that has begun, with or without a record', () => {
    expect(lastEpoch(log)).toBe(7);
    expect(epochAt(log, 24n)).toBe(3);
    expect(epochAt(log, 25n)).toBe(7);
  });

  it('says where an epoch ends, and the newest one below if it has none', () => {
    expect(floorEpoch(log, 1)).toEqual({ epoch: 1, offset: 10n });
    expect(floorEpoch(log, 6)).toEqual({ epoch: 3, offset: 25n });
    expect(floorEpoch(log, 9)).toEqual({ epoch: 7, offset: 25n });
    expect(floorEpoch(log, 0)).toBeNull();
  });

  it('goes through the places that its entries lie between, and no others', () => {
    expect(positionBefore(log, 10n)).toEqual({ epoch: 1, offset: 10n });
    expect(holds(log, { epoch: 1, offset: 10n })).toBe(true);
    expect(holds(log, { epoch: 3, offset: 10n })).toBe(true);
    expect(holds(log, { epoch: 1, offset: 11n })).toBe(false);
    expect(holds(log, { epoch: 2, offset: 10n })).toBe(false);
    expect(holds(log, { epoch: 3, offset: 26n })).toBe(false);
  });

  it('lets an epoch without records give way to the next that begins there', () => {
    expect(withEpoch(log.epochs, { epoch: 8, startOffset: 25n }).map(({ epoch }) => epoch)).toEqual([1, 3, 8]);
  });

  it('keeps a start at the very end when it is cut, and drops those behind: their records were lost', () => {
    expect(epochsUpTo(log.epochs, 25n)).toHaveLength(3);
    expect(epochsUpTo(log.epochs, 24n).map(({ epoch }) => epoch)).toEqual([1, 3]);
  });

  it('keeps the epoch of its first record when older ones are deleted', () => {
    const cut = { ...log };
    advanceLogStart(cut, 12n);
    expect(cut.start).toEqual({ epoch: 3, offset: 12n });
    expect(cut.epochs.map(({ epoch }) => epoch)).toEqual([3, 7]);
    expect(holds(cut, { epoch: 3, offset: 12n })).toBe(true);
    expect(holds(cut, { epoch: 1, offset: 5n })).toBe(false);
  });

  it('goes through every place that it names itself', () => {
    const lengths = fc.array(fc.record({ skip: fc.nat(3), length: fc.integer({ min: 1, max: 9 }) }), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, (pieces) => {
        let [epoch, endOffset] = [-1, 0n];
        const epochs = pieces.map(({ skip, length }): [number, bigint] => {
          epoch += 1 + skip;
          const startOffset = endOffset;
          endOffset += BigInt(length);
          return [epoch, startOffset];
        });
        const any = logOf(epochs, endOffset);
        for (let offset = 0n; offset <= endOffset; offset++) {
          expect(holds(any, positionBefore(any, offset))).toBe(true);
          const end = floorEpoch(any, epochAt(any, offset));
          if (end !== null) expect(holds(any, end)).toBe(true);
        }
      }),
    );
  });
});

describe('the comparison of logs', () => {
  it('goes by epoch, zero-width starts included, then by offset, then by membership', () => {
    expect(compareTips(tip(2, 5n), tip(1, 9n))).toBeGreaterThan(0);
    expect(compareTips(tip(2, 5n), tip(2, 9n))).toBeLessThan(0);
    expect(compareTips(tip(2, 5n, 2, 4), tip(2, 5n, 2, 3))).toBeGreaterThan(0);
    expect(compareTips(tip(2, 5n), tip(2, 5n))).toBe(0);
  });
});
