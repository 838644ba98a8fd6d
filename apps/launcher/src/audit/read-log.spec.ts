import { describe, expect, it } from '@jest/globals';
import type { PartitionReader, StreamAdmin, StreamRecord, TopicPartition } from 'streaming-core/client/types';
import { auditLog } from './read-log.js';

const admin: StreamAdmin = {
  ensureTopics: () => Promise.resolve(),
  partitionCounts: (topics) => Promise.resolve(new Map(topics.map((topic) => [topic, 2]))),
  deleteRecords: () => Promise.resolve(),
  listTopics: () => Promise.resolve([]),
  close: () => Promise.resolve(),
};

describe('auditLog', () => {
  it('looks at all partitions of RideEvents as of one moment, however long the reading takes', async () => {
    const sizes = new Map<string, number>([['RideEvents-1', 3]]);
    const sizeOf = ({ topic, partition }: TopicPartition): number => sizes.get(`${topic}-${partition}`) ?? 0;
    const reader: PartitionReader = {
      bounds: (place) => Promise.resolve({ first: 0n, end: BigInt(sizeOf(place)) }),
      async *readToEnd(place) {
        // The city goes on while the first partition is read.
        if (place.topic === 'RideEvents' && place.partition === 0) sizes.set('RideEvents-1', 10);
        await Promise.resolve();
        const record = (offset: number): StreamRecord => ({
          ...place,
          offset: BigInt(offset),
          timestamp: 0,
          key: null,
          value: null,
          headers: new Map(),
        });
        const size = sizeOf(place);
        if (size > 0) yield Array.from({ length: size }, (_, offset) => record(offset));
      },
      offsetAt: () => Promise.reject(new Error('nobody asks for times here')),
      follow: () => Promise.reject(new Error('nobody follows here')),
      close: () => Promise.resolve(),
    };
    expect(await auditLog(reader, admin, undefined)).toMatchObject({ records: 3, invalid: 3 });
  });
});
