import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ProducerStates } from '../log/producer-state.js';
import { LogDirectory } from '../replica/log-directory.js';
import { LeaderEpochs } from '../replica/leader-epochs.js';
import { OngoingTransactions } from '../log/ongoing-transactions.js';
import { PartitionLog } from '../log/partition-log.js';
import type { Storage, StorageFile } from '../ports/storage.js';
import { RecordBatch } from '../wire/records/record-batch.js';
import { runCrashSeed, type CrashRunOptions } from './crash-run.js';

type Flush = NonNullable<CrashRunOptions['flush']>;

async function brokenPromises(from: number, count: number, options: Omit<CrashRunOptions, 'seed'> = {}) {
  const broken: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    await runCrashSeed({ ...options, seed }).catch((error: unknown) => broken.push(`seed ${seed}: ${String(error)}`));
  }
  return broken;
}

describe('a broker that dies at any step of its disk', () => {
  it.each<[Flush, number]>([
    ['fsync', 80],
    ['interval', 30],
    ['os', 30],
  ])('keeps the promises of flush=%s', async (flush, seeds) => {
    expect(await brokenPromises(1, seeds, { flush })).toEqual([]);
  });

  // What these seeds once broke, when there was nothing but records; more of them: npm run crash.
  it.each<[string, Flush, number]>([
    ['takes nothing for durable that a failed sync left in the cache of a process that died', 'fsync', 104],
    ['tells who waits before another record takes the offset of a lost one', 'fsync', 373],
    ['doubts a sync under way when another one of the same file failed', 'fsync', 521],
    ['shows no reader what lies behind the high watermark', 'fsync', 62],
    ['answers no DeleteRecords whose start is not durable', 'fsync', 43],
    ['opens a log whose durable end lies before its start', 'interval', 94],
    ['goes on where deleted records had never been durable', 'interval', 421],
    ['forgets the start of a log that the power loss made shorter than it', 'os', 485],
    ['does so after a crash in recovery, too', 'interval', 407],
    [
      'trusts nothing behind a checkpoint because the file of a segment is there that was not begun after all',
      'os',
      11465,
    ],
    ['moves no checkpoint over bytes that the index on the disk does not know', 'fsync', 192],
  ])('%s', async (_, flush, seed) => {
    await runCrashSeed({ seed, flush, workload: 'records' });
  });

  it('remembers nothing of a batch that recovery cuts because its offset is wrong', async () => {
    await runCrashSeed({ seed: 813, flush: 'os' });
  });
});

/** A storage with some of its calls replaced, for itself and its files. */
function sabotaged(storage: Storage, file: Partial<StorageFile>, own: Partial<Storage> = {}, only = '.log'): Storage {
  const changed = (inner: StorageFile): StorageFile =>
    inner.path.endsWith(only) ? new Proxy(inner, { get: (target, name) => pick(file, target, name) }) : inner;
  const open = (path: string) => changed(storage.open(path));
  return new Proxy(storage, { get: (target, name) => (name === 'open' ? open : pick(own, target, name)) });
}

function pick<T extends object>(changes: Partial<T>, target: T, name: string | symbol): unknown {
  const value: unknown = Reflect.get(Object.hasOwn(changes, name) ? changes : target, name);
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
}

describe('the check itself', () => {
  const SEEDS = 60;
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Looks no further than to the first. */
  async function finds(options: Omit<CrashRunOptions, 'seed'> = {}): Promise<boolean> {
    for (let seed = 1; seed <= SEEDS; seed++) if ((await brokenPromises(seed, 1, options)).length > 0) return true;
    return false;
  }

  it('notices an acknowledgement before the sync', async () => {
    const lazy = { sync: () => Promise.resolve(), syncNow: () => undefined };
    expect(await finds({ sabotage: (storage) => sabotaged(storage, lazy) })).toBe(true);
  });

  it('notices a failed sync that is ignored', async () => {
    const deaf = {
      sync(this: StorageFile) {
        return this.sync().catch(() => undefined);
      },
    };
    const sabotage = (storage: Storage) => sabotaged(storage, deaf);
    expect(await finds({ sabotage })).toBe(true);
  });

  it('notices a recovery that checks no CRC', async () => {
    const honest: unknown = Reflect.get(RecordBatch.prototype, 'hasValidCrc');
    jest.spyOn(RecordBatch.prototype, 'hasValidCrc').mockImplementation(function (this: RecordBatch) {
      // The readers of this test still look.
      return new Error().stack!.includes('batch-scan') || (honest as () => boolean).call(this);
    });
    expect(await finds()).toBe(true);
  });

  it('notices bytes that are not cut', async () => {
    const deaf = { truncate: () => undefined };
    expect(await finds({ sabotage: (storage) => sabotaged(storage, deaf) })).toBe(true);
  });

  it('notices names that are not made durable', async () => {
    const sabotage = (storage: Storage) =>
      sabotaged(storage, {}, { syncDirectory: () => undefined, syncDirectoryAside: () => Promise.resolve() });
    expect(await finds({ sabotage })).toBe(true);
  });

  it('notices an epoch that is given twice', async () => {
    jest.spyOn(LeaderEpochs.prototype, 'latest', 'get').mockReturnValue(0);
    expect(await finds({ workload: 'records' })).toBe(true);
  });

  it('notices aborted records that readers of committed ones are shown', async () => {
    jest.spyOn(PartitionLog.prototype, 'abortedTransactions').mockReturnValue([]);
    expect(await finds()).toBe(true);
  });

  it('notices open transactions that readers of committed ones are shown', async () => {
    jest.spyOn(OngoingTransactions.prototype, 'lastStableOffset').mockImplementation((end) => end);
    expect(await finds()).toBe(true);
  });

  it('notices producers that an epoch of theirs should have fenced', async () => {
    const honest: unknown = Reflect.get(ProducerStates.prototype, 'check');
    jest.spyOn(ProducerStates.prototype, 'check').mockImplementation(function (this: ProducerStates, batch) {
      const epoch = this.entries().get(batch.producerId)?.epoch ?? 0;
      if (batch.producerEpoch < epoch) return null;
      return (honest as ProducerStates['check']).call(this, batch);
    });
    expect(await finds()).toBe(true);
  });

  it('notices a topic that comes back', async () => {
    jest.spyOn(LogDirectory.prototype, 'remove').mockReturnValue(undefined);
    expect(await finds()).toBe(true);
  });

  it('notices a topic whose name is in the cache alone', async () => {
    const sabotage = (storage: Storage) =>
      sabotaged(
        storage,
        {},
        {
          writeFileAtomic(this: Storage, path, contents) {
            const file = this.open(`${path}.tmp`);
            file.append([contents]);
            file.syncNow();
            this.rename(`${path}.tmp`, path);
          },
        },
      );
    expect(await finds({ sabotage })).toBe(true);
  });

  it('notices producers that are forgotten', async () => {
    jest.spyOn(ProducerStates.prototype, 'check').mockReturnValue(null);
    expect(await finds()).toBe(true);
  });
});
