import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import { batchOf, LogFixture, preparedLog, valuesOf } from './fixtures/log-fixture.js';
import { logFileName } from './segment-files.js';

const long = 'x'.repeat(200);

describe('recovery', () => {
  it('keeps what was synced and drops the rest of a power loss', async () => {
    const { storage, fixture } = await preparedLog(10, 6);
    storage.crash();
    expect(await valuesOf(fixture.open())).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('scans nothing after a clean close', async () => {
    const { fixture, log } = await preparedLog(10);
    await log.close();
    const again = fixture.open();
    expect(again.recovery).toEqual({ scannedBytes: 0, cutBytes: 0, setAside: null });
    expect(again.endOffset).toBe(10n);
    expect(again.append(batchOf(['next']), 0).baseOffset).toBe(10n);
  });

  it('scans only past the checkpoint', async () => {
    const { fixture, log } = await preparedLog(10);
    await log.checkpoint();
    const { baseOffset } = log.append(batchOf(['after']), 0);
    await log.sync();
    const again = fixture.open();
    expect(baseOffset).toBe(10n);
    expect(again.recovery.scannedBytes).toBe(batchOf(['after']).length);
    expect(again.endOffset).toBe(11n);
  });

  it('does without a checkpoint, and with one that is damaged', async () => {
    const { storage, fixture, log } = await preparedLog(5);
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
