import { describe, expect, it } from '@jest/globals';
import { failingStorage } from '../log/fixtures/failing-storage.js';
import { parseTopicConfigs } from '../log/log-config.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError, type Storage, type StorageErrorCode } from '../ports/storage.js';
import { SimulatedDisk } from '../sim/simulated-disk.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { LogDirectory } from './log-directory.js';

const PARENT = '/srv';
const DATA = `${PARENT}/data`;
const config = parseTopicConfigs({});

const openOn = (storage: Storage, pid: number) =>
  new LogDirectory({
    directory: DATA,
    nodeId: 1,
    storage,
    clock: new ManualClock(),
    random: new SeededRandom(pid),
    process: { pid, identityOf: (asked) => (asked === pid ? String(pid) : null) },
  });

describe("the data directory's own name", () => {
  it('is durable although another process made the directory, and died before it was', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const disk = new SimulatedDisk(new SeededRandom(seed));
      const first = disk.boot();
      first.makeDirectory(PARENT);
      first.createDirectory(DATA);
      disk.kill();
      const directory = openOn(disk.boot(), 1);
      const partition = directory.open('rides', 0, config);
      const records = [{ timestamp: 1n, key: null, value: Buffer.from('ride') }];
      await partition.append(encodeBatch({ records }), -1);
      disk.losePower();
      const again = openOn(disk.boot(), 2);
      expect({ seed, clusterId: again.clusterId }).toEqual({ seed, clusterId: directory.clusterId });
      expect(again.open('rides', 0, config).highWatermark).toBe(1n);
    }
  });

  it.each<[string, StorageErrorCode, boolean]>([
    ['starts where it may not look into the parent', 'PERMISSION', true],
    ['does not start where the parent cannot be synced', 'IO', false],
  ])('%s', (_, code, starts) => {
    const storage = new MemoryStorage();
    storage.makeDirectory(DATA);
    const failing = failingStorage(storage, (call, path) =>
      call === 'syncDirectory' && path === PARENT ? code : null,
    );
    if (starts) expect(openOn(failing, 1).open('rides', 0, config).highWatermark).toBe(0n);
    else expect(() => openOn(failing, 1)).toThrow(StorageError);
  });
});
