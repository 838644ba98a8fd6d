import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError } from '../ports/storage.js';
import type { Partition } from '../replica/partition.js';
import { BrokerConfig } from './config.js';
import { TopicCatalog } from './topic-catalog.js';
import { TopicStore } from './topic-store.js';

/** Its next writes are there, as far as the system's cache goes, and reported as failed: the sync of their name was. */
class HalfWriting extends MemoryStorage {
  failures = 0;

  override writeFileAtomic(file: string, contents: Buffer): void {
    super.writeFileAtomic(file, contents);
    if (this.failures-- > 0) throw new StorageError('IO', 'the name was not synced');
  }
}

const rides = { name: 'rides', partitions: 2, configs: {} };

describe('a topic whose deletion may be on the disk although it failed', () => {
  let storage: HalfWriting;
  let topics: TopicCatalog;
  /** What the disk says of the topics whenever directories are removed. */
  let storedAtRemoval: string[][];

  const start = (): TopicCatalog => {
    const store = new TopicStore(storage, '/data');
    const host = {
      open: (topic: string, index: number) => ({ topic, index, setConfig: () => undefined }) as unknown as Partition,
      remove: () => void storedAtRemoval.push(store.load()!.topics.map(({ id }) => id)),
    };
    const catalog = new TopicCatalog(new BrokerConfig(), store, host, new SeededRandom(storedAtRemoval.length + 1));
    catalog.load();
    return catalog;
  };

  beforeEach(() => {
    storage = new HalfWriting();
    storage.makeDirectory('/data');
    storedAtRemoval = [];
    topics = start();
    topics.create(rides);
  });

  it('is kept, also by the next start, where the deletion can be taken back', () => {
    storage.failures = 1;
    expect(() => topics.delete('rides')).toThrow(StorageError);
    const kept = topics.get('rides');
    expect(kept).toBeDefined();
    expect(start().get('rides')?.id).toBe(kept?.id);
    expect(storedAtRemoval).toEqual([]);
  });

  it('is shown to nobody where it cannot: the next start may not find it', () => {
    const { partitionCount, version } = topics;
    storage.failures = 2;
    expect(() => topics.delete('rides')).toThrow(StorageError);
    expect(topics.get('rides')).toBeUndefined();
    expect(topics.partitionCount).toBe(partitionCount - 2);
    expect(topics.version).toBeGreaterThan(version);
    // Nor is it removed: the next start may find it.
    expect(storedAtRemoval).toEqual([]);
  });

  it('gives its name to a new one, and loses its files once the disk knows that it goes', () => {
    const { id } = topics.get('rides')!;
    storage.failures = 2;
    expect(() => topics.delete('rides')).toThrow(StorageError);
    const next = topics.create(rides);
    expect(next.id).not.toBe(id);
    expect(storedAtRemoval).toEqual([[]]);
    expect(start().get('rides')?.id).toBe(next.id);
  });
});
