import { describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { batchOf, LogFixture, readAll, valuesOf } from './fixtures/log-fixture.js';
import { FileHandles } from './file-handles.js';
import { IndexCache } from './index-cache.js';
import { LogUnwritableError, OffsetOutOfRangeError } from './log-errors.js';
import type { PartitionLog } from './partition-log.js';

const long = 'x'.repeat(200);
const readFrom = (log: PartitionLog, fromOffset: bigint, maxBytes: number, minOneBatch = true) =>
  log.read({ fromOffset, upToOffset: log.endOffset, maxBytes, minOneBatch });

describe('PartitionLog', () => {
  it('gives dense offsets and keeps batches byte for byte but for offset and epoch', async () => {
    const log = new LogFixture().open();
    const batch = batchOf(['a', 'b']);
    const sent = Buffer.from(batch);
    expect(log.append(batch, 7)).toMatchObject({ baseOffset: 0n, lastOffset: 1n, duplicate: false });
    expect(log.append(batchOf(['c']), 7)).toMatchObject({ baseOffset: 2n, lastOffset: 2n });
    const [stored] = [...completeBatches(await readFrom(log, 0n, 1000))];
    expect(stored!.partitionLeaderEpoch).toBe(7);
    expect(stored!.hasValidCrc()).toBe(true);
    expect(stored!.bytes.subarray(16)).toEqual(sent.subarray(16));
  });

  it('reads whole batches within the bound, across segments, from the middle of a batch', async () => {
    const log = new LogFixture().open();
    const sent = Array.from({ length: 40 }, (_, i) => [`${i}a${long}`, `${i}b`]);
    for (const values of sent) log.append(batchOf(values), 0);
    expect(log.segmentList.length).toBeGreaterThan(5);
    expect(await valuesOf(log)).toEqual(sent.flat());
    expect((await readAll(log, 33n)).map(({ value }) => value)).toEqual(sent.flat().slice(33));
    const two = await readFrom(log, 0n, 700);
    expect([...completeBatches(two)].map(({ baseOffset }) => baseOffset)).toEqual([0n, 2n]);
    expect((await readFrom(log, 0n, 10)).length).toBeGreaterThan(200);
    expect((await readFrom(log, 0n, 10, false)).length).toBe(0);
    expect((await readFrom(log, 80n, 1000)).length).toBe(0);
  });

  it('shows nothing at or after the bound that the reader gives', async () => {
    const log = new LogFixture().open();
    for (const value of 'abc') log.append(batchOf([value]), 0);
    const bytes = await log.read({ fromOffset: 0n, upToOffset: 2n, maxBytes: 1000, minOneBatch: true });
    expect([...completeBatches(bytes)].map(({ baseOffset }) => baseOffset)).toEqual([0n, 1n]);
  });

  it('refuses offsets before the start and after the end', () => {
    const log = new LogFixture().open();
    log.append(batchOf(['a']), 0);
    expect(() => readFrom(log, 2n, 100)).toThrow(OffsetOutOfRangeError);
    expect(() => readFrom(log, -1n, 100)).toThrow(OffsetOutOfRangeError);
  });

  it('finds the first record at or after a time', () => {
    const log = new LogFixture().open();
    for (let i = 0; i < 30; i++) log.append(batchOf([`${i}${long}`, 'later'], { timestamp: 1000 + i * 10 }), 0);
    expect(log.offsetForTimestamp(1055, log.endOffset)).toMatchObject({ offset: 12n, timestampMs: 1060 });
    expect(log.offsetForTimestamp(1061, log.endOffset)).toMatchObject({ offset: 13n, timestampMs: 1061 });
    expect(log.offsetForTimestamp(0, log.endOffset)).toMatchObject({ offset: 0n });
    expect(log.offsetForTimestamp(1292, log.endOffset)).toBeNull();
    expect(log.offsetForTimestamp(1280, 10n)).toBeNull();
    expect(log.offsetOfMaxTimestamp(log.endOffset)).toMatchObject({ offset: 59n, timestampMs: 1291 });
  });

  it('rolls by size and by age, and its files bear Kafka’s names', () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs: { 'segment.ms': '5000' } });
    const log = fixture.open();
    log.append(batchOf(['a']), 0);
    fixture.clock.advance(5000);
    log.append(batchOf(['b']), 0);
    expect(log.segmentList.map(({ baseOffset }) => baseOffset)).toEqual([0n, 1n]);
    expect(fixture.storage.list(fixture.directory)).toEqual(
      expect.arrayContaining([
        '00000000000000000000.log',
        '00000000000000000000.index',
        '00000000000000000000.timeindex',
        '00000000000000000001.log',
      ]),
    );
  });

  it('stamps append time where the topic asks for it', async () => {
    const fixture = new LogFixture(new MemoryStorage(), { configs: { 'message.timestamp.type': 'LogAppendTime' } });
    const log = fixture.open();
    const nowMs = fixture.clock.nowMs();
    expect(log.append(batchOf(['a']), 0).logAppendTimeMs).toBe(nowMs);
    const [stored] = [...completeBatches(await readFrom(log, 0n, 1000))];
    expect(Number(stored!.maxTimestamp)).toBe(nowMs);
    expect(stored!.hasValidCrc()).toBe(true);
    const sent = () => batchOf(['b'], { producerId: 1n, producerEpoch: 0, baseSequence: 0 });
    log.append(sent(), 0);
    fixture.clock.advance(5);
    expect(log.append(sent(), 0)).toMatchObject({ duplicate: true, logAppendTimeMs: nowMs });
  });

  it('cuts, and goes on from there', async () => {
    const log = new LogFixture().open();
    for (let i = 0; i < 20; i++) log.append(batchOf([`${i}${long}`]), 0);
    log.truncateTo(6n);
    expect(log.endOffset).toBe(6n);
    log.append(batchOf(['new']), 1);
    expect((await valuesOf(log)).at(-1)).toBe('new');
    expect((await valuesOf(log)).length).toBe(7);
  });

  it('moves the start up and drops whole segments before it, durably', async () => {
    const fixture = new LogFixture();
    const log = fixture.open();
    for (let i = 0; i < 20; i++) log.append(batchOf([`${i}${long}`]), 0);
    await log.sync();
    const segments = log.segmentList.length;
    log.advanceStart(9n);
    expect(log.segmentList.length).toBeLessThan(segments);
    (fixture.storage as MemoryStorage).crash();
    const again = fixture.open();
    expect(again.startOffset).toBe(9n);
    expect((await readAll(again)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 11 }, (_, i) => BigInt(9 + i)),
    );
  });

  it('keeps few files open', async () => {
    const fixture = new LogFixture();
    const log = fixture.open();
    for (let i = 0; i < 60; i++) log.append(batchOf([`${i}${long}`]), 0);
    await log.sync();
    await valuesOf(log);
    expect(log.segmentList.length).toBeGreaterThan(10);
    expect(log.place.handles.size).toBeLessThanOrEqual(4);
  });
});

describe('the indexes of sealed segments', () => {
  it('take no more memory than they may, and find what they found before', async () => {
    const storage = new MemoryStorage();
    const handles = new FileHandles(storage, 4, new IndexCache(200));
    const log = new LogFixture(storage).open({ handles });
    for (let i = 0; i < 60; i++) log.append(batchOf([`${i}${long}`], { timestamp: 1000 + i }), 0);
    await log.sync();
    for (let i = 0; i < 60; i += 7) {
      expect(log.offsetForTimestamp(1000 + i, log.endOffset)).toMatchObject({ offset: BigInt(i) });
      expect((await readAll(log, BigInt(i)))[0]!.offset).toBe(BigInt(i));
      expect(handles.indexes.usedBytes).toBeLessThanOrEqual(200);
    }
    log.truncateTo(20n);
    expect((await valuesOf(log)).length).toBe(20);
    await log.close();
    expect(handles.indexes.usedBytes).toBe(0);
  });
});

describe('PartitionLog on a failing disk', () => {
  const prepare = () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage);
    const log = fixture.open();
    log.append(batchOf(['good']), 0);
    return { storage, fixture, log };
  };

  it('cuts a torn append, refuses writes until a probe succeeds, and stays readable', async () => {
    const { storage, fixture, log } = prepare();
    storage.inject({ name: 'tear-append', afterBytes: 20, path: '.log' });
    expect(() => log.append(batchOf(['torn']), 0)).toThrow(LogUnwritableError);
    expect(() => log.append(batchOf(['too soon']), 0)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
    expect(log.isWritable).toBe(false);
    expect(await valuesOf(log)).toEqual(['good']);
    fixture.clock.advance(1000);
    storage.inject({ name: 'fail-append', code: 'DISK_FULL', path: '.log' });
    expect(() => log.append(batchOf(['still full']), 0)).toThrow(LogUnwritableError);
    fixture.clock.advance(1000);
    expect(log.append(batchOf(['back']), 0).baseOffset).toBe(1n);
    expect(await valuesOf(log)).toEqual(['good', 'back']);
  });

  it('does not write behind torn bytes that it could not cut', async () => {
    const { storage, fixture, log } = prepare();
    storage.inject({ name: 'tear-append', afterBytes: 20, path: '.log' });
    storage.inject({ name: 'fail-truncate', path: '.log' });
    expect(() => log.append(batchOf(['torn']), 0)).toThrow(LogUnwritableError);
    fixture.clock.advance(1000);
    log.append(batchOf(['back']), 0);
    await log.sync();
    storage.crash();
    expect(await valuesOf(fixture.open())).toEqual(['good', 'back']);
  });

  it('takes back what a failed sync did not make durable, sequences too', async () => {
    const { storage, fixture, log } = prepare();
    await log.sync();
    const batch = () => batchOf(['doubtful'], { producerId: 5n, producerEpoch: 0, baseSequence: 0 });
    log.append(batch(), 0);
    storage.inject({ name: 'fail-sync', path: '.log' });
    await expect(log.sync()).rejects.toThrow(LogUnwritableError);
    expect(log.endOffset).toBe(1n);
    expect(log.isWritable).toBe(false);
    fixture.clock.advance(1000);
    expect(log.append(batch(), 0)).toMatchObject({ baseOffset: 1n, duplicate: false });
    await log.sync();
    expect(log.durableOffset).toBe(2n);
  });

  it('takes back what a failed sync before a roll did not make durable', async () => {
    const { storage, fixture, log } = prepare();
    await log.sync();
    log.append(batchOf(['doubtful']), 0);
    storage.inject({ name: 'fail-sync', path: '.log' });
    expect(() => log.append(batchOf(['x'.repeat(1000)]), 0)).toThrow(LogUnwritableError);
    expect([log.endOffset, log.intactOffset]).toEqual([1n, 1n]);
    fixture.clock.advance(1000);
    expect(log.append(batchOf(['back']), 0).baseOffset).toBe(1n);
  });

  it('takes nothing for durable or known that it could not cut yet after a failed sync', async () => {
    const { storage, fixture, log } = prepare();
    await log.sync();
    const batch = () => batchOf(['doubtful'], { producerId: 5n, producerEpoch: 0, baseSequence: 0 });
    log.append(batch(), 0);
    storage.inject({ name: 'fail-sync', path: '.log' });
    storage.inject({ name: 'fail-append', code: 'DISK_FULL', path: 'recovery-checkpoint' });
    await expect(log.sync()).rejects.toThrow(LogUnwritableError);
    expect(log.intactOffset).toBe(1n);
    // The retry must not hear "I have it": the repair is about to cut it.
    expect(() => log.append(batch(), 0)).toThrow(LogUnwritableError);
    await log.sync();
    expect(log.durableOffset).toBe(1n);
    fixture.clock.advance(1000);
    expect(log.append(batch(), 0)).toMatchObject({ baseOffset: 1n, duplicate: false });
    await log.sync();
    storage.crash();
    expect(await valuesOf(fixture.open())).toEqual(['good', 'doubtful']);
  });

  it('finds all that a cut left, though a part of it was not durable when the cut was made', async () => {
    const { fixture, log } = prepare();
    await log.sync();
    log.append(batchOf(['not durable yet']), 0);
    log.append(batchOf(['cut']), 0);
    log.truncateTo(2n);
    log.abandon();
    const again = fixture.open();
    expect(again.endOffset).toBe(2n);
    expect(await valuesOf(again)).toEqual(['good', 'not durable yet']);
  });

  it('keeps what the system took when a sync fails and durability is not strict', async () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage, { strictDurability: false });
    const log = fixture.open();
    await log.prepare();
    log.append(batchOf(['a']), 0);
    storage.inject({ name: 'fail-sync', path: '.log' });
    await expect(log.sync()).rejects.toThrow(LogUnwritableError);
    expect(await valuesOf(log)).toEqual(['a']);
  });

  it('shares one sync among many requests', async () => {
    const { storage, log } = prepare();
    storage.holdSyncs();
    const first = log.sync();
    await Promise.resolve();
    log.append(batchOf(['b']), 0);
    const second = log.sync();
    expect(log.sync()).toBe(second);
    storage.releaseSyncs();
    await first;
    expect(log.durableOffset).toBe(1n);
    await second;
    expect(log.durableOffset).toBe(2n);
  });
});
