import { afterEach, expect, it, jest } from '@jest/globals';
import { LogFixture } from '../log/fixtures/log-fixture.js';
import { PartitionLog } from '../log/partition-log.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { StorageError } from '../ports/storage.js';
import { LeaderEpochs } from './leader-epochs.js';
import { Partition } from './partition.js';

afterEach(() => {
  jest.restoreAllMocks();
});

it('leaves no rejection unhandled when both a read and the word of what is aborted fail', async () => {
  const storage = new MemoryStorage();
  const fixture = new LogFixture(storage);
  const log = fixture.open();
  const epochs = new LeaderEpochs(storage, fixture.directory);
  const options = { topic: 'rides', index: 0, nodeId: 1, log, epochs, flush: { mode: 'fsync' } as const };
  const partition = new Partition({ ...options, clock: new ManualClock() });
  const failing = new Promise<Buffer>((_, reject) => setImmediate(() => reject(new StorageError('IO', 'cannot read'))));
  jest.spyOn(PartitionLog.prototype, 'read').mockReturnValue(failing);
  jest.spyOn(PartitionLog.prototype, 'abortedTransactions').mockImplementation(() => {
    throw new StorageError('IO', 'cannot read the index');
  });
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const request = { fromOffset: 0n, maxBytes: 100, minOneBatch: true, readsCommitted: true };
    expect(() => partition.fetch(request)).toThrow('cannot read the index');
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});
