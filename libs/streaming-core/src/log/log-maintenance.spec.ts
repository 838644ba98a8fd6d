import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch } from '../wire/records/record-codec.js';
import { batchOf, LogFixture, readAll, type ReadBack } from './fixtures/log-fixture.js';
import { LogUnwritableError, OffsetOutOfRangeError } from './log-errors.js';
import { cleanLog } from './log-maintenance.js';
import { countExpired } from './log-retention.js';
import type { PartitionLog } from './partition-log.js';

const clean = (fixture: LogFixture, log: PartitionLog) => cleanLog(log, fixture.clock.nowMs(), log.endOffset);

describe('retention', () => {
  const segments = [0, 10, 20, 30].map((base) => ({
    baseOffset: BigInt(base),
    size: 100,
    largestTimestampMs: base * 10 + 90,
  }));

  it('lets go by time, by size, and what lies before the start', () => {
    const none = { retentionMs: -1, retentionBytes: -1 };
    expect(countExpired(segments, 0n, none, 1e12)).toBe(0);
    expect(countExpired(segments, 0n, { ...none, retentionMs: 100 }, 300)).toBe(2);
    expect(countExpired(segments, 0n, { ...none, retentionMs: 100 }, 291)).toBe(2);
    expect(countExpired(segments, 0n, { ...none, retentionMs: 100 }, 1e12)).toBe(4);
    expect(countExpired(segments, 0n, { ...none, retentionBytes: 250 }, 0)).toBe(1);
    expect(countExpired(segments, 0n, { ...none, retentionBytes: 400 }, 0)).toBe(0);
    expect(countExpired(segments, 20n, none, 0)).toBe(2);
  });

  it('keeps records that have no time for as long as what was written after them', () => {
    const untimed = segments.map((segment, i) =>
      i === 0 || i === 3 ? { ...segment, largestTimestampMs: -1 } : segment,
    );
    const byTime = { retentionMs: 100, retentionBytes: -1 };
    expect(countExpired(untimed, 0n, byTime, 290)).toBe(0);
    expect(countExpired(untimed, 0n, byTime, 291)).toBe(2);
    expect(countExpired(untimed, 0n, byTime, 1e12)).toBe(3);
  });

  it('is not held up by a segment that compaction emptied', () => {
    const emptied = segments.map((segment, i) => (i === 0 ? { ...segment, size: 0, largestTimestampMs: -1 } : segment));
    expect(countExpired(emptied, 0n, { retentionMs: 100, retentionBytes: -1 }, 291)).toBe(2);
    expect(countExpired(emptied, 0n, { retentionMs: -1, retentionBytes: 150 }, 0)).toBe(2);
  });

  it('drops old segments, the last one too once it is sealed, and never reuses offsets', async () => {
    const fixture = new LogFixture(new MemoryStorage(), {
      configs: { 'retention.ms': '10000', 'segment.bytes': '1024' },
    });
    const log = fixture.open();
    const write = () => log.append(batchOf(['x'.repeat(300)], { timestamp: fixture.clock.nowMs() }), 0);
    for (let i = 0; i < 6; i++) write();
    fixture.clock.advance(8000);
    for (let i = 0; i < 6; i++) write();
    fixture.clock.advance(3000);
    await clean(fixture, log);
    expect(log.startOffset).toBe(6n);
    fixture.clock.advance(20_000);
    await clean(fixture, log);
    expect(log.startOffset).toBe(12n);
    await log.close();
    const again = fixture.open();
    expect([again.startOffset, again.endOffset]).toEqual([12n, 12n]);
    expect(again.append(batchOf(['y']), 0).baseOffset).toBe(12n);
  });

  it('makes room on a disk that takes no writes', async () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage, { configs: { 'retention.bytes': '2000' } });
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf(['x'.repeat(300)]), 0);
    await log.sync();
    const full = { name: 'fail-append', code: 'DISK_FULL' } as const;
    storage.inject(full);
    expect(() => log.append(batchOf(['y']), 0)).toThrow(LogUnwritableError);
    storage.inject(full);
    await clean(fixture, log);
    expect(log.sizeBytes).toBeLessThan(3000);
    expect(log.isWritable).toBe(false);
    expect((await readAll(log)).length).toBe(Number(log.endOffset - log.startOffset));
  });

  it('keeps what is not committed yet', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs: { 'retention.bytes': '0' } });
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf(['x'.repeat(300)]), 0);
    await cleanLog(log, fixture.clock.nowMs(), 10n);
    expect(log.startOffset).toBeGreaterThan(0n);
    expect(log.startOffset).toBeLessThanOrEqual(10n);
  });
});

describe('upkeep', () => {
  it('remembers a producer of old records for as long as one of new records', async () => {
    const fixture = new LogFixture();
    const log = fixture.open();
    const batch = () => batchOf(['x'], { timestamp: 0, producerId: 5n, producerEpoch: 0, baseSequence: 0 });
    expect(log.append(batch(), 0).duplicate).toBe(false);
    await clean(fixture, log);
    expect(log.append(batch(), 0).duplicate).toBe(true);
    log.abandon();
    const again = fixture.open();
    await clean(fixture, again);
    expect(again.append(batch(), 0).duplicate).toBe(true);
    fixture.clock.advance(86_400_001);
    await clean(fixture, again);
    expect(again.ledger.producers.size).toBe(0);
  });

  it('tells a reader whose segments retention takes away that they are gone, and does not skip for it', async () => {
    const fixture = new LogFixture();
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf(['x'.repeat(300)]), 0);
    await log.sync();
    const reading = Promise.resolve(log.read({ fromOffset: 0n, upToOffset: 20n, maxBytes: 10, minOneBatch: true }));
    const outcome = reading.catch((error: unknown) => error);
    log.dropOldest(3);
    const result = await outcome;
    if (Buffer.isBuffer(result)) expect([...completeBatches(result)][0]!.baseOffset).toBe(0n);
    else expect(result).toBeInstanceOf(OffsetOutOfRangeError);
  });
});

describe('checkpoints', () => {
  it('spare the next start the scan', async () => {
    const fixture = new LogFixture();
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf(['x'.repeat(300)]), 0);
    await clean(fixture, log);
    expect(log.durableOffset).toBe(20n);
    expect(fixture.open().recovery.scannedBytes).toBe(0);
  });
});

interface Write {
  readonly key: string;
  readonly value: string | null;
}

const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '1000' };
const keyed = (fixture: LogFixture, writes: readonly Write[], compression: 'none' | 'gzip' = 'none') =>
  encodeBatch({
    compression,
    records: writes.map(({ key, value }) => ({
      timestamp: BigInt(fixture.clock.nowMs()),
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
    })),
  });
const latest = (records: readonly ReadBack[]) =>
  new Map(records.map(({ key, offset, value }) => [key, { offset, value }]));

describe('compaction', () => {
  it('keeps the last record of each key at its offset, and drops tombstones in time', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs });
    const log = fixture.open();
    log.append(
      keyed(fixture, [
        { key: 'a', value: '1' },
        { key: 'b', value: '1' },
      ]),
      0,
    );
    log.append(
      keyed(
        fixture,
        [
          { key: 'a', value: '2' },
          { key: 'b', value: null },
        ],
        'gzip',
      ),
      0,
    );
    log.roll();
    log.append(keyed(fixture, [{ key: 'c', value: '1' }]), 0);
    await clean(fixture, log);
    expect(await readAll(log)).toEqual([
      { offset: 2n, key: 'a', value: '2' },
      { offset: 3n, key: 'b', value: null },
      { offset: 4n, key: 'c', value: '1' },
    ]);
    fixture.clock.advance(2000);
    log.roll();
    log.append(keyed(fixture, [{ key: 'd', value: '1' }]), 0);
    await clean(fixture, log);
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([2n, 4n, 5n]);
    expect(log.startOffset).toBe(0n);
    expect((await readAll(log, 3n)).map(({ offset }) => offset)).toEqual([4n, 5n]);
  });

  it('keeps a tombstone for its time from when compaction first saw it, at its own time', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs });
    const log = fixture.open();
    const wroteMs = fixture.clock.nowMs();
    const cleanMore = async (key: string) => {
      log.append(keyed(fixture, [{ key, value: '1' }]), 0);
      log.roll();
      await clean(fixture, log);
      return (await readAll(log)).map(({ offset }) => offset);
    };
    log.append(keyed(fixture, [{ key: 'a', value: null }]), 0);
    fixture.clock.advance(60_000);
    expect(await cleanMore('b')).toEqual([0n, 1n]);
    const [stored] = [
      ...completeBatches(await log.read({ fromOffset: 0n, upToOffset: 1n, maxBytes: 99, minOneBatch: true })),
    ];
    expect(stored!.deleteHorizonMs).toBe(BigInt(fixture.clock.nowMs() + 1000));
    expect(Number(stored!.maxTimestamp)).toBe(wroteMs);
    expect(Number(decodeRecords(stored!)[0]!.timestamp)).toBe(wroteMs);
    fixture.clock.advance(999);
    expect(await cleanMore('c')).toEqual([0n, 1n, 2n]);
    fixture.clock.advance(1);
    expect(await cleanMore('d')).toEqual([1n, 2n, 3n]);
  });

  it('leaves young records alone, and has old ones compacted however little is new', async () => {
    const lags = { 'min.compaction.lag.ms': '5000', 'max.compaction.lag.ms': '20000' };
    const fixture = new LogFixture(new MemoryStorage(), {
      configs: { ...configs, ...lags, 'min.cleanable.dirty.ratio': '1' },
    });
    const log = fixture.open();
    const cleanedRecords = async () => {
      await clean(fixture, log);
      return (await readAll(log)).length;
    };
    const write = () => log.append(keyed(fixture, [{ key: 'a', value: '1' }]), 0);
    write();
    write();
    log.roll();
    expect(await cleanedRecords()).toBe(2);
    fixture.clock.advance(5000);
    expect(await cleanedRecords()).toBe(1);
    write();
    log.roll();
    fixture.clock.advance(6000);
    expect(await cleanedRecords()).toBe(2);
    fixture.clock.advance(14_001);
    expect(await cleanedRecords()).toBe(1);
  });

  it('leaves the place of what it drops last, so that readers get to the end', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs });
    const log = fixture.open();
    log.append(keyed(fixture, [{ key: 'a', value: '1' }]), 0);
    const tombstone = { timestamp: BigInt(fixture.clock.nowMs()), key: Buffer.from('b'), value: null };
    // As an earlier compaction of a leader of ours has left it: its time is over.
    const deleteHorizonMs = tombstone.timestamp + 1000n;
    log.append(encodeBatch({ compression: 'gzip', records: [tombstone], deleteHorizonMs }), 0);
    log.roll();
    fixture.clock.advance(2000);
    await clean(fixture, log);
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([0n]);
    const rest = await log.read({ fromOffset: 1n, upToOffset: 2n, maxBytes: 1000, minOneBatch: true });
    expect([...completeBatches(rest)].map(({ nextOffset, recordCount }) => [nextOffset, recordCount])).toEqual([
      [2n, 0],
    ]);
    await log.close();
    expect(fixture.open().endOffset).toBe(2n);
  });

  it('merges what has become small and does not clean again what is clean', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs });
    const log = fixture.open();
    const write = (count: number) => {
      for (let i = 0; i < count; i++) log.append(keyed(fixture, [{ key: `k${i % 3}`, value: 'x'.repeat(400) }]), 0);
    };
    write(30);
    expect(log.segmentList.length).toBe(15);
    await clean(fixture, log);
    write(4);
    await clean(fixture, log);
    expect(log.segmentList.length).toBeLessThan(6);
    const files = () => fixture.storage.list(fixture.directory);
    const before = files();
    await clean(fixture, log);
    expect(files()).toEqual(before);
  });

  it('serves a reader whose segment is replaced while it reads', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs });
    const log = fixture.open();
    for (let i = 0; i < 12; i++) log.append(keyed(fixture, [{ key: `k${i % 2}`, value: 'x'.repeat(400) }]), 0);
    const cleaning = clean(fixture, log);
    const reads = [];
    for (let turn = 0; turn < 200; turn++) {
      reads.push(readAll(log, 0n, 100));
      await Promise.resolve();
    }
    await cleaning;
    for (const records of await Promise.all(reads)) {
      expect([...latest(records).keys()].sort()).toEqual(['k0', 'k1']);
      expect(latest(records).get('k1')!.offset).toBe(11n);
    }
  });

  it('keeps the latest value of every key, offsets unchanged, through crashes at any moment', async () => {
    const write = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      value: fc.option(fc.string({ minLength: 1, maxLength: 120 }), { freq: 4 }),
    });
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.array(write, { minLength: 1, maxLength: 5 }) },
      { weight: 2, arbitrary: fc.constantFrom('clean' as const, 'restart' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((turns) => ({ crashAfterTurns: turns })) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const storage = new MemoryStorage();
        const keepTombstones = { ...configs, 'delete.retention.ms': '100000000' };
        const fixture = new LogFixture(storage, { configs: keepTombstones });
        let log = fixture.open();
        const all: ReadBack[] = [];
        for (const next of actions) {
          if (Array.isArray(next)) {
            const { baseOffset } = log.append(keyed(fixture, next), 0);
            all.push(...next.map((one, i) => ({ offset: baseOffset + BigInt(i), ...one })));
            await log.sync();
          } else if (next === 'clean') {
            await clean(fixture, log);
          } else if (next === 'restart') {
            await log.close();
            log = fixture.open();
          } else {
            log.roll();
            const cleaning = clean(fixture, log).catch(() => undefined);
            for (let turn = 0; turn < next.crashAfterTurns; turn++) await Promise.resolve();
            storage.crash();
            // The machine is gone, and with it whatever the log was about to do next.
            log.abandon();
            await cleaning;
            log = fixture.open();
          }
          const found = await readAll(log);
          expect(latest(found)).toEqual(latest(all));
          const written = new Map(all.map((record) => [record.offset, record]));
          for (const record of found) expect(written.get(record.offset)).toEqual(record);
        }
      }),
      { numRuns: 150 },
    );
  });
});
