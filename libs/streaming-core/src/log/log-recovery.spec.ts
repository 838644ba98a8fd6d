import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import { StorageError, type Storage } from '../ports/storage.js';
import { batchOf, LogFixture, readAll, valuesOf } from './fixtures/log-fixture.js';
import { CorruptLogError } from './log-errors.js';
import { logFileName } from './segment-files.js';

const long = 'x'.repeat(200);
const FIRST = logFileName(0n);

/** A log of `count` records, the first `durable` of them synced. */
async function prepare(count: number, durable = count, storage = new MemoryStorage()) {
  const fixture = new LogFixture(storage, { configs: { 'segment.bytes': '1000000' } });
  const log = fixture.open();
  for (let i = 0; i < count; i++) {
    log.append(batchOf([`${i}`]), 0);
    if (i + 1 === durable) await log.sync();
  }
  return { storage, fixture, log };
}

describe('recovery', () => {
  it('keeps what was synced and drops the rest of a power loss', async () => {
    const { storage, fixture } = await prepare(10, 6);
    storage.crash();
    expect(await valuesOf(fixture.open())).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('scans nothing after a clean close', async () => {
    const { fixture, log } = await prepare(10);
    await log.close();
    const again = fixture.open();
    expect(again.recovery).toEqual({ scannedBytes: 0, cutBytes: 0, setAside: null });
    expect(again.endOffset).toBe(10n);
    expect(again.append(batchOf(['next']), 0).baseOffset).toBe(10n);
  });

  it('scans only past the checkpoint', async () => {
    const { fixture, log } = await prepare(10);
    await log.checkpoint();
    const { baseOffset } = log.append(batchOf(['after']), 0);
    await log.sync();
    const again = fixture.open();
    expect(baseOffset).toBe(10n);
    expect(again.recovery.scannedBytes).toBe(batchOf(['after']).length);
    expect(again.endOffset).toBe(11n);
  });

  it.each([1, 30, 60, 65])('cuts a last batch of which %i bytes are there, and no more', async (bytes) => {
    const { storage, fixture } = await prepare(3);
    const file = storage.open(fixture.file(FIRST));
    file.append([batchOf(['torn']).subarray(0, bytes)]);
    const again = fixture.open();
    expect(again.recovery.cutBytes).toBe(bytes);
    expect(await valuesOf(again)).toEqual(['0', '1', '2']);
  });

  it('cuts a tail of zeros, which file systems leave after a power loss', async () => {
    const { storage, fixture } = await prepare(3);
    storage.open(fixture.file(FIRST)).append([Buffer.alloc(5000)]);
    expect(fixture.open().recovery.cutBytes).toBe(5000);
  });

  it('cuts a last batch with a flipped bit', async () => {
    const { storage, fixture } = await prepare(3);
    storage.flipBit(fixture.file(FIRST), storage.open(fixture.file(FIRST)).size() - 1, 3);
    expect(await valuesOf(fixture.open())).toEqual(['0', '1']);
  });

  it('refuses a log in which valid batches follow a damaged one', async () => {
    const { storage, fixture } = await prepare(5);
    storage.flipBit(fixture.file(FIRST), 75, 0);
    expect(() => fixture.open()).toThrow(CorruptLogError);
    expect(() => fixture.open()).toThrow(/is damaged at byte 69: .*valid batches follow/);
  });

  it('finds valid batches also when a length field is what was damaged', async () => {
    const { storage, fixture } = await prepare(5);
    storage.flipBit(fixture.file(FIRST), 8, 6);
    expect(() => fixture.open()).toThrow(CorruptLogError);
  });

  it('refuses a log in which a segment is missing', () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage);
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf([`${i}${long}`]), 0);
    storage.remove(fixture.file(logFileName(log.segmentList[1]!.baseOffset)));
    expect(() => fixture.open()).toThrow(/should follow, and valid batches follow/);
  });

  it('sets such bytes aside where asked to, and says so', async () => {
    const { storage, fixture } = await prepare(5);
    const before = storage.readFile(fixture.file(FIRST))!;
    storage.flipBit(fixture.file(FIRST), 75, 0);
    const again = fixture.open({ damagePolicy: 'set-aside' });
    expect(await valuesOf(again)).toEqual(['0']);
    expect(storage.readFile(again.recovery.setAside!)!.length).toBe(before.length - 69);
  });

  it('refuses damage before the checkpoint when it meets it', async () => {
    const { storage, fixture, log } = await prepare(5);
    await log.close();
    for (const name of ['.index', '.timeindex']) storage.remove(fixture.file(FIRST.replace('.log', name)));
    storage.flipBit(fixture.file(FIRST), 100, 0);
    expect(() => fixture.open({ damagePolicy: 'set-aside' })).toThrow(CorruptLogError);
  });

  it('refuses a log that is shorter than its checkpoint', async () => {
    const { storage, fixture, log } = await prepare(5);
    await log.close();
    storage.open(fixture.file(FIRST)).truncate(100);
    expect(() => fixture.open()).toThrow(/bytes long at the last checkpoint/);
    storage.remove(fixture.file(FIRST));
    expect(() => fixture.open()).toThrow(CorruptLogError);
  });

  it('does without a checkpoint, and with one that is damaged', async () => {
    const { storage, fixture, log } = await prepare(5);
    await log.close();
    storage.flipBit(fixture.file('recovery-checkpoint'), 20, 1);
    const again = fixture.open();
    expect(again.recovery.scannedBytes).toBeGreaterThan(0);
    expect(await valuesOf(again)).toEqual(['0', '1', '2', '3', '4']);
  });

  it('keeps producer state over a close, a crash, and the loss of its snapshots', async () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage);
    const send = (log: ReturnType<LogFixture['open']>, baseSequence: number) =>
      log.append(batchOf([long], { producerId: 9n, producerEpoch: 1, baseSequence }), 0);
    let log = fixture.open();
    for (let sequence = 0; sequence < 12; sequence++) send(log, sequence);
    await log.sync();
    const check = () => {
      expect(send(log, 10)).toMatchObject({ baseOffset: 10n, duplicate: true });
      expect(() => send(log, 20)).toThrow(/sequence 20, 12 was due/);
    };
    storage.crash();
    log = fixture.open();
    check();
    await log.close();
    log = fixture.open();
    check();
    await log.close();
    for (const name of storage.list(fixture.directory))
      if (name.endsWith('.snapshot')) storage.remove(fixture.file(name));
    log = fixture.open();
    check();
  });

  it('rebuilds lost and senseless indexes as they were', async () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage);
    const log = fixture.open();
    for (let i = 0; i < 30; i++) log.append(batchOf([`${i}${long}`]), 0);
    await log.close();
    const indexes = storage.list(fixture.directory).filter((name) => /\.(time)?index$/.test(name));
    const before = indexes.map((name) => storage.readFile(fixture.file(name)));
    expect(before.some((bytes) => bytes!.length > 8)).toBe(true);
    indexes.forEach((name, i) => {
      if (i % 3 === 0) storage.remove(fixture.file(name));
      else storage.writeFileAtomic(fixture.file(name), Buffer.from('not an index at all'));
    });
    const again = fixture.open();
    expect((await valuesOf(again)).length).toBe(30);
    await again.close();
    expect(indexes.map((name) => storage.readFile(fixture.file(name)))).toEqual(before);
  });

  it('recovers on a real disk', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'log-'));
    try {
      const fixture = new LogFixture(new NodeStorage(), { directory: path.join(directory, 'rides-0') });
      const log = fixture.open();
      for (let i = 0; i < 30; i++) log.append(batchOf([`${i}${long}`]), 0);
      await log.sync();
      log.abandon();
      const torn = fixture.storage.open(fixture.file(logFileName(log.segmentList.at(-1)!.baseOffset)));
      torn.append([batchOf(['torn']).subarray(0, 40)]);
      torn.close();
      const again = fixture.open();
      expect(again.recovery.cutBytes).toBe(40);
      expect((await valuesOf(again)).length).toBe(30);
      await again.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

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

describe('recovery beside the empty file of a segment that was not begun after all', () => {
  const nextFile = '00000000000000000002.log';
  const begin = async (fixture: LogFixture) => {
    const log = fixture.open();
    log.append(batchOf(['a', 'b']), 0);
    await log.sync();
    return log;
  };
  const leaveFile = ({ storage, directory }: LogFixture) => {
    storage.open(`${directory}/${nextFile}`).close();
    storage.syncDirectory(directory);
  };

  it.each([
    ['at the checkpoint', true, true],
    ['before the checkpoint', true, false],
    ['without a checkpoint', false, false],
  ])('keeps what went on in the segment before: %s', async (_, hasCheckpoint, comesAfter) => {
    for (const policy of ['delete', 'compact']) {
      const storage = new MemoryStorage();
      const fixture = new LogFixture(storage, { configs: { 'cleanup.policy': policy } });
      const log = await begin(fixture);
      if (hasCheckpoint && comesAfter) await log.checkpoint();
      leaveFile(fixture);
      log.append(batchOf(['c']), 0);
      await log.sync();
      if (hasCheckpoint && !comesAfter) await log.checkpoint();
      storage.syncDirectory(fixture.directory);
      storage.crash();
      const again = fixture.open();
      expect(await valuesOf(again)).toEqual(['a', 'b', 'c']);
      expect(storage.exists(fixture.file(nextFile))).toBe(false);
      expect(again.append(batchOf(['d']), 0).baseOffset).toBe(3n);
    }
  });

  it('removes it before the next segment is begun', async () => {
    const storage = new MemoryStorage();
    let isFailing = false;
    const failing = () => {
      if (isFailing) throw new StorageError('IO', 'the disk fails');
    };
    const faulty = new Proxy<Storage>(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const call = value.bind(target) as (...args: unknown[]) => unknown;
        if (name !== 'syncDirectory' && name !== 'remove') return call;
        return (...args: unknown[]) => (failing(), call(...args));
      },
    });
    const fixture = new LogFixture(faulty);
    const log = await begin(fixture);
    isFailing = true;
    expect(() => log.roll()).toThrow(StorageError);
    isFailing = false;
    expect(storage.exists(fixture.file(nextFile))).toBe(true);
    log.append(batchOf(['c']), 0);
    log.roll();
    expect(storage.exists(fixture.file(nextFile))).toBe(false);
    log.append(batchOf(['d']), 0);
    await log.sync();
    storage.crash();
    expect(await valuesOf(fixture.open())).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('recovery, whatever happens', () => {
  it('keeps all that was acknowledged, in order, and nothing that was not written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), (steps) => new Model().run(steps)),
      { numRuns: 300, examples: [[failedOnce]] },
    );
  });
});
