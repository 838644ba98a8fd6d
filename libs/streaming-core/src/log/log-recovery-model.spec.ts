import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { batchOf, LogFixture, readAll } from './fixtures/log-fixture.js';

type Step =
  | { readonly do: 'append'; readonly records: number; readonly bytes: number }
  | { readonly do: 'sync' | 'roll' | 'checkpoint' | 'restart' }
  | { readonly do: 'crash'; readonly seed: number }
  | { readonly do: 'tear'; readonly afterBytes: number }
  | { readonly do: 'fail-sync' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      records: fc.integer({ min: 1, max: 4 }),
      bytes: fc.integer({ min: 0, max: 300 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('sync', 'roll', 'checkpoint', 'restart' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), seed: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('tear' as const), afterBytes: fc.integer({ min: 0, max: 100 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail-sync' as const) }) },
);

/** A failed sync, then an append torn while its repair was due. */
const failedOnce: Step[] = [
  { do: 'fail-sync' },
  { do: 'append', records: 1, bytes: 0 },
  { do: 'tear', afterBytes: 0 },
  { do: 'append', records: 1, bytes: 0 },
  { do: 'sync' },
];

/** Runs steps against a log and a plain list, and compares them after every restart. */
class Model {
  private readonly storage = new MemoryStorage();
  private readonly fixture = new LogFixture(this.storage);
  private log = this.fixture.open();
  private written: string[] = [];
  /** What was in the log before a failure that could not be cleaned up: a crash may bring some of it back. */
  private ghost: string[] | null = null;
  private acknowledged = 0;
  private count = 0;

  async run(steps: readonly Step[]): Promise<void> {
    for (const next of steps) await this.take(next);
    this.storage.crash();
    await this.reopen();
  }

  private async take(next: Step): Promise<void> {
    switch (next.do) {
      case 'append':
        this.append(next.records, next.bytes);
        return;
      case 'tear':
        this.storage.inject({ name: 'tear-append', afterBytes: next.afterBytes, path: '.log' });
        this.append(1, 10);
        this.fixture.clock.advance(1000);
        return;
      case 'sync':
        return this.acknowledge(() => this.log.sync());
      case 'checkpoint':
        return this.acknowledge(() => this.log.checkpoint());
      case 'fail-sync':
        this.storage.inject({ name: 'fail-sync', path: '.log' });
        await this.acknowledge(() => this.log.sync());
        this.takeBack();
        this.fixture.clock.advance(1000);
        return;
      case 'roll':
        try {
          this.log.roll();
        } catch {
          // An armed sync fault struck the roll: nothing was rolled.
        }
        return;
      case 'restart':
        await this.acknowledge(() => this.log.close());
        return this.reopen();
      case 'crash':
        this.storage.crash(new SeededRandom(next.seed));
        return this.reopen();
    }
  }

  private append(records: number, bytes: number): void {
    const values = Array.from({ length: records }, () => `${this.count++}${'y'.repeat(bytes)}`);
    const from = this.log.endOffset;
    try {
      this.log.append(batchOf(values), 0);
      this.written.push(...values);
    } catch {
      expect(this.log.endOffset).toBeLessThanOrEqual(from);
      this.takeBack();
    }
    if (this.log.isWritable) this.ghost = null;
  }

  private takeBack(): void {
    this.ghost ??= [...this.written];
    // More may go than the failure told: what is to be cut before the next write counts as gone.
    this.written.length = Number(this.log.intactOffset);
  }

  private async acknowledge(action: () => Promise<void>): Promise<void> {
    const { length } = this.written;
    try {
      await action();
      if (this.log.isWritable) this.acknowledged = Math.max(this.acknowledged, length);
    } catch {
      expect(this.log.durableOffset).toBeGreaterThanOrEqual(BigInt(this.acknowledged));
    }
  }

  private async reopen(): Promise<void> {
    this.log = this.fixture.open({ damagePolicy: 'set-aside' });
    const found = await readAll(this.log);
    const expected = this.ghost !== null && found.length > this.written.length ? this.ghost : this.written;
    this.ghost = null;
    expect(found.map(({ value }) => value)).toEqual(expected.slice(0, found.length));
    this.written = [...expected];
    expect(found.map(({ offset }) => offset)).toEqual(found.map((_, i) => BigInt(i)));
    expect(found.length).toBeGreaterThanOrEqual(this.acknowledged);
    expect(Number(this.log.endOffset)).toBe(found.length);
    this.written.length = found.length;
    this.acknowledged = found.length;
  }
}

describe('recovery, whatever happens', () => {
  it('keeps all that was acknowledged, in order, and nothing that was not written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) => new Model().run(steps)),
      { numRuns: 300, examples: [[failedOnce]] },
    );
  });
});
