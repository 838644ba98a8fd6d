import { describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { StorageError } from '../ports/storage.js';
import { failingStorage } from './fixtures/failing-storage.js';
import { batchOf, LogFixture, valuesOf } from './fixtures/log-fixture.js';

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
    const stuck = ['syncDirectory', 'remove'];
    const faulty = failingStorage(storage, (call) => (isFailing && stuck.includes(call) ? 'IO' : null));
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
