import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { HandlingInterrupted, PartitionLanes, type LaneOutcome } from './partition-lanes.js';

/** Runs that the test ends one by one. */
class Bench {
  readonly running = new Map<string, (outcome: LaneOutcome) => void>();
  readonly started: string[] = [];
  readonly progress: bigint[] = [];
  readonly lanes: PartitionLanes<string>;

  constructor(concurrency: number, windowMax = 100) {
    this.lanes = new PartitionLanes<string>(
      { concurrency, windowMax },
      {
        run: (item) => {
          this.started.push(item);
          return new Promise((resolve) => this.running.set(item, resolve));
        },
        onProgress: (offset) => void this.progress.push(offset),
      },
    );
  }

  async end(item: string, outcome: LaneOutcome = 'finished'): Promise<void> {
    const end = this.running.get(item);
    if (!end) throw new Error(`${item} does not run`);
    this.running.delete(item);
    end(outcome);
    await turns();
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

describe('the lanes of a partition', () => {
  it('run keys beside each other and each key in order', async () => {
    const bench = new Bench(2);
    for (const [i, item] of ['a0', 'a1', 'b0', 'c0'].entries()) await bench.lanes.push(item[0]!, BigInt(i), item);
    expect(bench.started).toEqual(['a0', 'b0']);
    await bench.end('b0');
    expect(bench.started).toEqual(['a0', 'b0', 'c0']);
    expect(bench.progress).toEqual([]);
    await bench.end('a0');
    expect(bench.started.at(-1)).toBe('a1');
    expect(bench.progress).toEqual([1n]);
    await bench.end('c0');
    await bench.end('a1');
    expect(bench.progress).toEqual([1n, 4n]);
  });

  it('give the place of a record that waits for another try to other keys', async () => {
    jest.useFakeTimers();
    try {
      const bench = new Bench(1);
      for (const [i, item] of ['a0', 'b0', 'a1'].entries()) await bench.lanes.push(item[0]!, BigInt(i), item);
      await bench.end('a0', { againInMs: 1_000 });
      await bench.end('b0');
      expect(bench.started).toEqual(['a0', 'b0']);
      jest.advanceTimersByTime(1_000);
      expect(bench.started).toEqual(['a0', 'b0', 'a0']);
      await bench.end('a0');
      expect(bench.started.at(-1)).toBe('a1');
    } finally {
      jest.useRealTimers();
    }
  });

  it('take no more than the window holds, from the lowest unfinished record on', async () => {
    const bench = new Bench(2, 3);
    for (const [i, item] of ['a0', 'b0', 'c0'].entries()) await bench.lanes.push(item[0]!, BigInt(i), item);
    let pushed = false;
    const push = bench.lanes.push('d', 3n, 'd0').then(() => (pushed = true));
    await bench.end('b0');
    await bench.end('c0');
    expect(pushed).toBe(false);
    await bench.end('a0');
    await push;
    expect(bench.started.at(-1)).toBe('d0');
  });

  it('close when what runs has settled, and leave the rest to the next owner', async () => {
    const bench = new Bench(1, 2);
    await bench.lanes.push('a', 0n, 'a0');
    await bench.lanes.push('b', 1n, 'b0');
    const waiting = bench.lanes.push('c', 2n, 'c0');
    let closed = false;
    const closing = bench.lanes.close().then(() => (closed = true));
    await expect(waiting).rejects.toThrow(HandlingInterrupted);
    expect(closed).toBe(false);
    await bench.end('a0');
    await closing;
    expect([bench.started, bench.lanes.committable]).toEqual([['a0'], 1n]);
  });

  it('keep order per key and finish all, whatever ends when', async () => {
    const records = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 4 }), fc.infiniteStream(fc.nat()), async (keys, n, picks) => {
        const bench = new Bench(n, 10);
        const push = (async () => {
          for (const [i, key] of keys.entries()) await bench.lanes.push(key, BigInt(i), `${key}${i}`);
        })();
        for (let ended = 0; ended < keys.length; ended++) {
          await turns();
          expect(bench.running.size).toBeLessThanOrEqual(n);
          const running = [...bench.running.keys()];
          await bench.end(running[(picks.next().value as number) % running.length]!);
        }
        await push;
        expect(bench.lanes.committable).toBe(BigInt(keys.length));
        for (const key of new Set(keys)) {
          const numbers = bench.started.filter((item) => item.startsWith(key)).map((item) => Number(item.slice(1)));
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        }
      }),
      { numRuns: 50 },
    );
  });
});
