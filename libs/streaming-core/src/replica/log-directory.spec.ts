import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseTopicConfigs } from '../log/log-config.js';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { NodeProcess } from '../ports/node/node-process.js';
import { NodeStorage } from '../ports/node/node-storage.js';
import type { HostProcess } from '../ports/process.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch } from '../wire/records/record-codec.js';
import { DirectoryInUseError } from './directory-lock.js';
import { LogDirectory, type LogDirectoryOptions } from './log-directory.js';
import { MetaPropertiesError } from './meta-properties.js';
import type { Partition } from './partition.js';

const config = parseTopicConfigs({});
const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
const batchOf = (...values: string[]) =>
  encodeBatch({ records: values.map((value) => ({ timestamp: 5n, key: null, value: Buffer.from(value) })) });

async function valuesOf(partition: Partition): Promise<string[]> {
  const { records } = await partition.fetch({ fromOffset: 0n, maxBytes: 1 << 20, minOneBatch: true });
  return [...completeBatches(records)].flatMap((batch) => decodeRecords(batch).map(({ value }) => String(value)));
}

/** Processes that a test starts and ends at will. */
class FakeProcesses implements HostProcess {
  constructor(
    readonly pid: number,
    private readonly alive: Map<number, string>,
  ) {}

  identityOf(pid: number): string | null {
    return this.alive.get(pid) ?? null;
  }
}

describe('LogDirectory', () => {
  let storage: MemoryStorage;
  let alive: Map<number, string>;
  const clock = new ManualClock();

  const options = (more: Partial<LogDirectoryOptions> = {}): LogDirectoryOptions => ({
    directory: '/data',
    nodeId: 1,
    storage,
    clock,
    random: new SeededRandom(1),
    process: new FakeProcesses(100, alive),
    ...more,
  });

  beforeEach(() => {
    storage = new MemoryStorage();
    alive = new Map([
      [100, 'boot:1'],
      [200, 'boot:2'],
    ]);
  });

  it('keeps partitions and the cluster id over a clean restart', async () => {
    const first = new LogDirectory(options());
    await first.open('rides', 0, config).append(batchOf('a', 'b'), -1);
    await first.close();
    const second = new LogDirectory(options({ random: new SeededRandom(2) }));
    expect(second.clusterId).toBe(first.clusterId);
    const partition = second.open('rides', 0, config);
    expect(await valuesOf(partition)).toEqual(['a', 'b']);
    expect(partition.highWatermark).toBe(2n);
    expect(partition.leaderEpoch).toBe(1);
    await second.close();
  });

  it('keeps what was acknowledged over a power loss', async () => {
    const first = new LogDirectory(options());
    const partition = first.open('rides', 0, config);
    await partition.append(batchOf('acknowledged'), -1);
    storage.holdSyncs();
    void partition.append(batchOf('in flight'), -1).catch(() => undefined);
    storage.crash();
    alive.delete(100);
    const second = new LogDirectory(options({ process: new FakeProcesses(200, alive) }));
    expect(await valuesOf(second.open('rides', 0, config))).toEqual(['acknowledged']);
    await second.close();
  });

  it('refuses a directory that a live process holds, and takes over a dead one', async () => {
    const first = new LogDirectory(options());
    const second = () => new LogDirectory(options({ process: new FakeProcesses(200, alive) }));
    expect(second).toThrow(DirectoryInUseError);
    expect(second).toThrow('/data is in use by process 100');
    alive.set(100, 'boot:another program with the same pid');
    const taken = second();
    expect(() => new LogDirectory(options())).toThrow('in use by process 200');
    await taken.close();
    await first.close();
    expect(storage.exists('/data/.lock')).toBe(false);
  });

  it('refuses a second broker in the same process', async () => {
    const first = new LogDirectory(options());
    expect(() => new LogDirectory(options())).toThrow(DirectoryInUseError);
    await first.close();
    await new LogDirectory(options()).close();
  });

  it('refuses another node’s data and damaged properties, and lets go of the lock', async () => {
    await new LogDirectory(options()).close();
    expect(() => new LogDirectory(options({ nodeId: 2 }))).toThrow(MetaPropertiesError);
    storage.writeFileAtomic('/data/meta.properties', Buffer.from('version=1\n'));
    expect(() => new LogDirectory(options())).toThrow(MetaPropertiesError);
    expect(storage.exists('/data/.lock')).toBe(false);
  });

  it('deletes partitions and finishes a deletion that a crash interrupted', async () => {
    const first = new LogDirectory(options());
    const partition = first.open('rides', 0, config);
    await partition.append(batchOf('a'), -1);
    first.remove('rides', 0, 1);
    first.remove('rides', 7, 9);
    await expect(partition.append(batchOf('b'), -1)).rejects.toMatchObject({ errorName: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(await valuesOf(first.open('rides', 0, config))).toEqual([]);
    await first.close();
    storage.rename('/data/rides-0', '/data/rides-0.0123.deleted');
    const second = new LogDirectory(options());
    await new Promise(setImmediate);
    expect(storage.list('/data').filter((name) => name.includes('rides'))).toEqual([]);
    await second.close();
  });

  it('syncs now and then with flush by interval', async () => {
    const first = new LogDirectory(options({ flush: { mode: 'interval', intervalMs: 100 } }));
    await first.open('rides', 0, config).append(batchOf('early'), -1);
    clock.advance(100);
    await new Promise(setImmediate);
    await first.open('rides', 0, config).append(batchOf('late'), -1);
    storage.crash();
    alive.delete(100);
    const second = new LogDirectory(options({ process: new FakeProcesses(200, alive) }));
    expect(await valuesOf(second.open('rides', 0, config))).toEqual(['early']);
    await second.close();
  });

  it('acknowledges what waits before it closes', async () => {
    const first = new LogDirectory(options());
    const done = first.open('rides', 3, config).append(batchOf('x'), 1);
    await first.close();
    await done;
    expect(storage.list('/data/rides-3').sort()).toContain('recovery-checkpoint');
  });
});

describe('LogDirectory on a real disk', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'log-directory-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('writes, restarts and reads', async () => {
    const options = {
      directory,
      nodeId: 1,
      storage: new NodeStorage(),
      clock: new ManualClock(),
      random: new SeededRandom(1),
      process: new NodeProcess(),
    };
    const first = new LogDirectory(options);
    const partition = first.open('rides', 0, config);
    const appended = await Promise.all(letters.map((value) => partition.append(batchOf(value), -1)));
    expect(appended.map(({ baseOffset }) => baseOffset)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    expect(() => new LogDirectory(options)).toThrow(DirectoryInUseError);
    await first.close();
    const second = new LogDirectory(options);
    expect(await valuesOf(second.open('rides', 0, config))).toEqual(letters);
    await second.close();
  });
});
