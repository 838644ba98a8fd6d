import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError, type StorageErrorCode } from '../ports/storage.js';
import type { Partition } from '../replica/partition.js';
import { BrokerConfig } from './config.js';
import { TopicCatalog, type PartitionHost } from './topic-catalog.js';
import { TopicStore } from './topic-store.js';

/** Stands for the data directory: knows which partitions there are, and fails when told to. */
class Directories implements PartitionHost {
  readonly present = new Set<string>();
  failOpen: string | null = null;
  failCode: StorageErrorCode = 'DISK_FULL';
  failRemove: string | null = null;

  open(topic: string, index: number): Partition {
    const name = `${topic}-${index}`;
    if (name === this.failOpen) throw new StorageError(this.failCode, 'no room');
    this.present.add(name);
    return { topic, index, setConfig: () => undefined } as unknown as Partition;
  }

  remove(topic: string, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const name = `${topic}-${index}`;
      if (name === this.failRemove) throw new StorageError('IO', 'cannot remove');
      this.present.delete(name);
    }
  }
}

const rides = { name: 'rides', partitions: 2, configs: {} };

describe('the topic catalog', () => {
  let storage: MemoryStorage;
  let directories: Directories;
  let topics: TopicCatalog;

  const start = (): TopicCatalog => {
    const catalog = new TopicCatalog(
      new BrokerConfig(),
      new TopicStore(storage, '/data'),
      directories,
      new SeededRandom(1),
    );
    catalog.load();
    return catalog;
  };

  beforeEach(() => {
    storage = new MemoryStorage();
    storage.makeDirectory('/data');
    directories = new Directories();
    topics = start();
  });

  it('does not take a topic for its deleted namesake whose files could not be removed', () => {
    topics.create(rides);
    directories.failRemove = 'rides-1';
    expect(() => topics.delete('rides')).toThrow('cannot remove');
    expect(() => topics.create(rides)).toThrow('cannot remove');
    directories.failRemove = null;
    topics.create(rides);
    expect(start().get('rides')?.partitions).toHaveLength(2);
    expect([...directories.present]).toEqual(['rides-0', 'rides-1']);
  });

  it('has a topic wholly or not at all, before and after a restart', () => {
    directories.failOpen = 'rides-1';
    expect(() => topics.create(rides)).toThrow('no room');
    expect(topics.get('rides')).toBeUndefined();
    expect(directories.present.size).toBe(0);
    directories.failOpen = null;
    expect(start().get('rides')).toBeUndefined();
    expect(topics.create(rides).partitions).toHaveLength(2);
  });

  it('keeps a topic whose deletion cannot be written down', () => {
    topics.create(rides);
    storage.inject({ name: 'fail-append', code: 'DISK_FULL' });
    expect(() => topics.delete('rides')).toThrow();
    expect(topics.get('rides')).toBeDefined();
    expect(start().get('rides')).toBeDefined();
  });

  it('has its configs changed wholly or not at all, before and after a restart', () => {
    topics.create(rides);
    storage.inject({ name: 'fail-append', code: 'DISK_FULL' });
    expect(() => topics.setConfigs('rides', { 'retention.ms': '5' })).toThrow();
    expect(topics.get('rides')?.configs).toEqual({});
    expect(start().get('rides')?.configs).toEqual({});
    topics.setConfigs('rides', { 'min.insync.replicas': '2' });
    storage.crash();
    expect(start().get('rides')).toMatchObject({ configs: { 'min.insync.replicas': '2' }, minInsyncReplicas: 2 });
    expect(() => topics.setConfigs('rides', { 'retention.ms': 'soon' })).toThrow('Not a number of type LONG');
  });

  it('counts partitions once, also when a topic grows', () => {
    topics.create(rides);
    topics.addPartitions('rides', 5);
    expect(topics.partitionCount).toBe(5);
    directories.failOpen = 'rides-6';
    expect(() => topics.addPartitions('rides', 7)).toThrow('no room');
    expect(topics.partitionCount).toBe(5);
  });

  it('starts without a partition that cannot be opened, and knows that it is there', () => {
    topics.create(rides);
    directories.failOpen = 'rides-0';
    expect(start).toThrow('no room');
    directories.failCode = 'IO';
    const again = start();
    expect(again.get('rides')!.partitions.map((partition) => partition?.index)).toEqual([undefined, 1]);
    expect(again.offline().map(({ topic, index }) => `${topic}-${index}`)).toEqual(['rides-0']);
  });
});
