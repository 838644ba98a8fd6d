import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OffsetWindow } from './offset-window.js';

describe('an offset window', () => {
  it('commits up to the lowest unfinished record', () => {
    const window = new OffsetWindow();
    expect(window.committable).toBeUndefined();
    for (const offset of [5n, 6n, 9n]) window.add(offset);
    expect([window.committable, window.size]).toEqual([5n, 3]);
    expect(window.finish(6n)).toBe(false);
    expect(window.committable).toBe(5n);
    expect(window.finish(5n)).toBe(true);
    expect([window.committable, window.size]).toEqual([9n, 1]);
    expect(window.finish(9n)).toBe(true);
    expect([window.committable, window.size]).toEqual([10n, 0]);
  });

  it('refuses what cannot be', () => {
    const window = new OffsetWindow();
    window.add(5n);
    expect(() => window.add(5n)).toThrow('comes after');
    expect(() => window.finish(4n)).toThrow('not being worked on');
    window.finish(5n);
    expect(() => window.finish(5n)).toThrow('not being worked on');
  });

  it('agrees with the plain definition, whatever the gaps and the order of finishing', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(gaps, fc.infiniteStream(fc.nat()), (steps, picks) => {
        const window = new OffsetWindow();
        const open: bigint[] = [];
        let last = 0n;
        const check = (): void => {
          const lowest = open.reduce((low, offset) => (offset < low ? offset : low), last + 1n);
          expect(window.committable).toBe(lowest);
        };
        for (const step of steps) {
          last += BigInt(step);
          window.add(last);
          open.push(last);
          if ((picks.next().value as number) % 3 > 0) {
            const [done] = open.splice((picks.next().value as number) % open.length, 1);
            window.finish(done!);
          }
          check();
        }
      }),
      { numRuns: 100 },
    );
  });
});
