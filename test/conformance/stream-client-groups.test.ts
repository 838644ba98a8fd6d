import { describe, expect, it } from '@jest/globals';
import type { TopicPartitionOffset } from 'streaming-core/client/types';
import { idOf, newClient, newTopic, text, useTarget } from './stream-client.ts';
import { targetName, unique, until } from './target.ts';

useTarget();

describe(`consumer groups on ${targetName}`, () => {
  it('goes on after a restart where it had committed', async () => {
    const client = newClient();
    const topic = await newTopic(client, 2);
    const groupId = unique('group');
    const producer = await client.producer();
    const send = (values: string[]): Promise<void> =>
      producer.send(values.map((value, i) => ({ topic, partition: i % 2, key: null, value })));
    const consume = async (count: number): Promise<string[]> => {
      const seen: string[] = [];
      const consumer = client.consumer({ groupId, topics: [topic] });
      await consumer.start({
        onBatch: (batch) => {
          seen.push(...batch.records.map((record) => text(record)!));
          return Promise.resolve();
        },
      });
      await until(`${count} records`, () => seen.length >= count);
      await consumer.close();
      return seen.sort();
    };
    await send(['a', 'b', 'c']);
    expect(await consume(3)).toEqual(['a', 'b', 'c']);
    await send(['d', 'e']);
    expect(await consume(2)).toEqual(['d', 'e']);
  });

  it('starts at the end when told so, and only without a committed offset', async () => {
    const client = newClient();
    const topic = await newTopic(client, 1);
    const producer = await client.producer();
    await producer.send([{ topic, key: null, value: 'old' }]);
    const seen: string[] = [];
    const consumer = client.consumer({ groupId: unique('group'), topics: [topic], startAt: 'latest' });
    await consumer.start({
      onBatch: (batch) => {
        seen.push(...batch.records.map((record) => text(record)!));
        return Promise.resolve();
      },
    });
    await producer.send([{ topic, key: null, value: 'new' }]);
    await until('the new record', () => seen.length > 0);
    expect(seen).toEqual(['new']);
    await until('no lag', () => consumer.lag().every(({ records }) => records === 0n));
  });

  it('begins at the positions that the assigned hook returns and commits by hand', async () => {
    const client = newClient();
    const topic = await newTopic(client, 1);
    const groupId = unique('group');
    const producer = await client.producer();
    await producer.send(['a', 'b', 'c', 'd'].map((value) => ({ topic, key: null, value })));
    const run = async (positions: TopicPartitionOffset[] | undefined, count: number, commit?: bigint) => {
      const seen: string[] = [];
      const events: string[] = [];
      const consumer = client.consumer({ groupId, topics: [topic], commit: 'manual' });
      await consumer.start({
        onBatch: (batch) => {
          events.push('batch');
          seen.push(...batch.records.map((record) => text(record)!));
          return Promise.resolve();
        },
        onPartitionsAssigned: (partitions) => {
          events.push(`assigned ${partitions.map(idOf).join()}`);
          return Promise.resolve(positions);
        },
        onPartitionsRevoked: (partitions) => {
          events.push(`revoked ${partitions.map(idOf).join()}`);
          return Promise.resolve();
        },
      });
      await until('the records', () => seen.length >= count);
      if (commit !== undefined) await consumer.commit([{ topic, partition: 0, offset: commit }]);
      await consumer.close();
      expect(events[0]).toBe(`assigned ${topic}-0`);
      expect(events.at(-1)).toBe(`revoked ${topic}-0`);
      return seen;
    };
    expect(await run([{ topic, partition: 0, offset: 2n }], 2)).toEqual(['c', 'd']);
    expect(await run(undefined, 4, 3n)).toEqual(['a', 'b', 'c', 'd']);
    expect(await run(undefined, 1)).toEqual(['d']);
  });

  it('delivers a batch again when its handler rejects, while other partitions go on', async () => {
    const client = newClient();
    const topic = await newTopic(client, 2);
    const producer = await client.producer();
    const seen: string[] = [];
    let failures = 0;
    const consumer = client.consumer({ groupId: unique('group'), topics: [topic], maxBatchRecords: 2 });
    await consumer.start({
      onBatch: (batch) => {
        const values = batch.records.map((record) => text(record)!);
        if (values.includes('bad') && failures++ < 2) return Promise.reject(new Error('not now'));
        seen.push(...values);
        return Promise.resolve();
      },
    });
    await producer.send(['bad', 'a', 'b'].map((value) => ({ topic, partition: 0, key: null, value })));
    await producer.send([{ topic, partition: 1, key: null, value: 'other' }]);
    await until('all records', () => seen.length === 4);
    expect(failures).toBe(3);
    expect(seen.filter((value) => value !== 'other')).toEqual(['bad', 'a', 'b']);
    expect(seen[0]).toBe('other');
  });

  it('overlaps partitions, never batches of one partition, and drains on close', async () => {
    const client = newClient();
    const topic = await newTopic(client, 3);
    const groupId = unique('group');
    const producer = await client.producer();
    const running = new Map<number, number>();
    let overlapMax = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const done: string[] = [];
    const consumer = client.consumer({ groupId, topics: [topic], maxBatchRecords: 1 });
    await consumer.start({
      onBatch: async (batch) => {
        running.set(batch.partition, (running.get(batch.partition) ?? 0) + 1);
        expect(running.get(batch.partition)).toBe(1);
        overlapMax = Math.max(overlapMax, [...running.values()].filter((count) => count > 0).length);
        await gate;
        done.push(...batch.records.map((record) => text(record)!));
        running.set(batch.partition, 0);
      },
    });
    await producer.send([0, 1, 2, 0, 1, 2].map((partition, i) => ({ topic, partition, key: null, value: `${i}` })));
    await until('all partitions are busy', () => overlapMax === 3);
    const closing = consumer.close();
    release();
    await closing;
    const drained = done.length;
    expect(drained).toBeGreaterThanOrEqual(3);
    const rest: string[] = [];
    const next = client.consumer({ groupId, topics: [topic] });
    await next.start({
      onBatch: (batch) => {
        rest.push(...batch.records.map((record) => text(record)!));
        return Promise.resolve();
      },
    });
    await until('the rest', () => rest.length + drained >= 6);
    expect([...done, ...rest].sort()).toEqual(['0', '1', '2', '3', '4', '5']);
  });
});
