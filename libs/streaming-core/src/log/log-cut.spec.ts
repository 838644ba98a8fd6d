import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { StorageError } from '../ports/storage.js';
import { failingStorage } from './fixtures/failing-storage.js';
import { batchOf, LogFixture, valuesOf } from './fixtures/log-fixture.js';
import type { PartitionLog } from './partition-log.js';
import { logFileName } from './segment-files.js';

const COUNT = 24;
const values = Array.from({ length: COUNT }, (_, i) => `${i}${'x'.repeat(200)}`);

describe('a log whose disk does not let a file go', () => {
  let storage: MemoryStorage;
  let fixture: LogFixture;
  let log: PartitionLog;
  let isStuck: (call: string, path: string) => boolean;

  const stickTo = (call: string, segment?: number) => {
    const name = segment === undefined ? '' : logFileName(log.segmentList[segment]!.baseOffset);
    isStuck = (asked, path) => asked === call && path.endsWith(name);
  };
  const heal = () => (isStuck = () => false);
  const baseOf = (segment: number) => log.segmentList[segment]!.baseOffset;
  const reopened = () => {
    log.abandon();
    return (log = fixture.open());
  };

  beforeEach(async () => {
    heal();
    storage = new MemoryStorage();
    fixture = new LogFixture(failingStorage(storage, (call, path) => (isStuck(call, path) ? 'IO' : null)));
    log = fixture.open();
    for (const value of values) log.append(batchOf([value]), 0);
    await log.checkpoint();
    expect(log.segmentList.length).toBeGreaterThanOrEqual(6);
  });

  it('has no gap after a failed file removal, and none after the drop that follows it', async () => {
    const stuckBase = baseOf(1);
    const start = baseOf(3);
    stickTo('remove', 1);
    expect(() => log.dropOldest(3)).toThrow(StorageError);
    expect(log.startOffset).toBe(start);
    expect(() => log.dropOldest(1)).toThrow(StorageError);
    expect(storage.exists(fixture.file(logFileName(start)))).toBe(true);
    reopened();
    expect(log.startOffset).toBe(stuckBase);
    expect(await valuesOf(log)).toEqual(values.slice(Number(stuckBase)));
  });

  it('removes first what it could not remove before', async () => {
    const start = baseOf(4);
    stickTo('remove', 1);
    expect(() => log.dropOldest(3)).toThrow(StorageError);
    heal();
    log.dropOldest(1);
    storage.crash();
    reopened();
    expect(log.startOffset).toBe(start);
    expect(await valuesOf(log)).toEqual(values.slice(Number(start)));
  });

  it('has no gap after a failed file removal at its end, and is cut by the next attempt', async () => {
    const middle = baseOf(3);
    const end = baseOf(4);
    stickTo('remove', 3);
    expect(() => log.truncateTo(5n)).toThrow(StorageError);
    reopened();
    expect(log.endOffset).toBe(end);
    expect(await valuesOf(log)).toEqual(values.slice(0, Number(end)));
    stickTo('remove', 3);
    expect(() => log.truncateTo(5n)).toThrow(StorageError);
    heal();
    log.truncateTo(5n);
    expect(storage.exists(fixture.file(logFileName(middle)))).toBe(false);
    expect(log.append(batchOf(['next']), 1).baseOffset).toBe(5n);
    await log.sync();
    storage.crash();
    expect(await valuesOf(reopened())).toEqual([...values.slice(0, 5), 'next']);
  });

  it.each(['remove', 'syncDirectory'])('answers no start as deleted that is unproven: %s failed', (call) => {
    stickTo(call);
    expect(() => log.dropOldest(2)).toThrow(StorageError);
    const start = log.startOffset;
    expect(start).toBeGreaterThan(0n);
    isStuck = (asked) => asked === call || asked === 'writeFileAtomic';
    // Nothing that was asked for so far is on the disk: an answer would promise it.
    expect(() => log.advanceStart(start)).toThrow(StorageError);
    expect(() => log.advanceStart(1n)).toThrow(StorageError);
    heal();
    log.advanceStart(1n);
    storage.crash();
    expect(reopened().startOffset).toBe(start);
  });

  it.each<[string, () => void]>([
    ['DeleteRecords', () => log.advanceStart(7n)],
    ['retention', () => log.dropOldest(2)],
  ])('writes nothing for a start that %s has proven', (_, moveStart) => {
    moveStart();
    const start = log.startOffset;
    isStuck = () => true;
    log.advanceStart(start);
    log.advanceStart(3n);
    heal();
    storage.crash();
    expect(reopened().startOffset).toBe(start);
  });
});
