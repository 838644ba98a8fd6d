import { describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { batchOf, LogFixture, preparedLog, valuesOf } from './fixtures/log-fixture.js';
import { CorruptLogError } from './log-errors.js';
import type { PartitionLog } from './partition-log.js';
import { logFileName } from './segment-files.js';

const long = 'x'.repeat(200);
const FIRST = logFileName(0n);

describe('recovery of a damaged log', () => {
  it.each([1, 30, 60, 65])('cuts a last batch of which %i bytes are there, and no more', async (bytes) => {
    const { storage, fixture } = await preparedLog(3);
    const file = storage.open(fixture.file(FIRST));
    file.append([batchOf(['torn']).subarray(0, bytes)]);
    const again = fixture.open();
    expect(again.recovery.cutBytes).toBe(bytes);
    expect(await valuesOf(again)).toEqual(['0', '1', '2']);
  });

  it('cuts a tail of zeros, which file systems leave after a power loss', async () => {
    const { storage, fixture } = await preparedLog(3);
    storage.open(fixture.file(FIRST)).append([Buffer.alloc(5000)]);
    expect(fixture.open().recovery.cutBytes).toBe(5000);
  });

  it('cuts a last batch with a flipped bit', async () => {
    const { storage, fixture } = await preparedLog(3);
    storage.flipBit(fixture.file(FIRST), storage.open(fixture.file(FIRST)).size() - 1, 3);
    expect(await valuesOf(fixture.open())).toEqual(['0', '1']);
  });

  it('refuses a log in which valid batches follow a damaged one', async () => {
    const { storage, fixture } = await preparedLog(5);
    storage.flipBit(fixture.file(FIRST), 75, 0);
    expect(() => fixture.open()).toThrow(CorruptLogError);
    expect(() => fixture.open()).toThrow(/is damaged at byte 69: .*valid batches follow/);
  });

  it('finds valid batches also when a length field is what was damaged', async () => {
    const { storage, fixture } = await preparedLog(5);
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
    const { storage, fixture } = await preparedLog(5);
    const before = storage.readFile(fixture.file(FIRST))!;
    storage.flipBit(fixture.file(FIRST), 75, 0);
    const again = fixture.open({ damagePolicy: 'set-aside' });
    expect(await valuesOf(again)).toEqual(['0']);
    expect(storage.readFile(again.recovery.setAside!)!.length).toBe(before.length - 69);
  });

  it('refuses damage before the checkpoint when it meets it', async () => {
    const { storage, fixture, log } = await preparedLog(5);
    await log.close();
    for (const name of ['.index', '.timeindex']) storage.remove(fixture.file(FIRST.replace('.log', name)));
    storage.flipBit(fixture.file(FIRST), 100, 0);
    expect(() => fixture.open({ damagePolicy: 'set-aside' })).toThrow(CorruptLogError);
  });

  it('refuses a log that is shorter than its checkpoint', async () => {
    const { storage, fixture, log } = await preparedLog(5);
    await log.close();
    storage.open(fixture.file(FIRST)).truncate(100);
    expect(() => fixture.open()).toThrow(/bytes long at the last checkpoint/);
    storage.remove(fixture.file(FIRST));
    expect(() => fixture.open()).toThrow(CorruptLogError);
  });

  it('remembers nothing of a batch that it cuts because its offset is wrong', async () => {
    const storage = new MemoryStorage();
    const fixture = new LogFixture(storage, { configs: { 'segment.bytes': '1000000' } });
    // Not so old that the segment is rolled.
    const timestamp = fixture.clock.nowMs();
    const send = (to: PartitionLog, baseSequence: number) =>
      to.append(batchOf([`${baseSequence}`], { timestamp, producerId: 9n, producerEpoch: 0, baseSequence }), 0);
    const first = fixture.open();
    send(first, 0);
    await first.sync();
    storage.crash();
    // Recovery saves a checkpoint and no producers: the next one begins with the first batch.
    const log = fixture.open();
    const position = log.sizeBytes;
    send(log, 1);
    await log.sync();
    // No checksum covers a batch's offset: 1 becomes 0.
    storage.flipBit(fixture.file(FIRST), position + 7, 0);
    const again = fixture.open();
    expect(again.endOffset).toBe(1n);
    expect(send(again, 1)).toMatchObject({ baseOffset: 1n, duplicate: false });
    expect(await valuesOf(again)).toEqual(['0', '1']);
  });
});
