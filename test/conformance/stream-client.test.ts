import { describe, expect, it } from '@jest/globals';
import { newClient, newTopic, readAll, text, useTarget } from './stream-client.ts';
import { targetName, unique, until } from './target.ts';

useTarget();

describe(`producing and reading on ${targetName}`, () => {
  it('gives back key, value, headers, timestamp and tombstones as written, in order', async () => {
    const client = newClient();
    const topic = await newTopic(client, 1);
    const producer = await client.producer();
    await producer.send([
      {
        topic,
        key: 'zürich',
        value: '{"a":"ü€😀"}',
        headers: { 'event-type': 'x', leer: '' },
        timestamp: 1_700_000_000_123,
      },
      { topic, key: null, value: Buffer.from([0, 255, 1]), timestamp: 1_699_999_999_000 },
      { topic, key: 'gone', value: null },
      { topic, key: '', value: '' },
    ]);
    const records = await readAll(client, topic, 0);
    expect(records.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n]);
    expect(records.map(({ key }) => key)).toEqual(['zürich', null, 'gone', '']);
    expect(text(records[0]!)).toBe('{"a":"ü€😀"}');
    expect([...records[0]!.headers]).toEqual([
      ['event-type', 'x'],
      ['leer', ''],
    ]);
    expect(records.slice(0, 2).map(({ timestamp }) => timestamp)).toEqual([1_700_000_000_123, 1_699_999_999_000]);
    expect(records[1]!.value).toEqual(Buffer.from([0, 255, 1]));
    expect(records[2]!.value).toBeNull();
    expect(records[3]!.value).toEqual(Buffer.alloc(0));
  });

  it('keeps the order of calls within a partition and puts a key where the Java client puts it', async () => {
    const client = newClient();
    const topic = await newTopic(client, 4);
    const producer = await client.producer();
    const sends: Promise<void>[] = [];
    for (let i = 0; i < 2_000; i++) {
      sends.push(producer.send([{ topic, partition: i % 4, key: null, value: `${i}` }]));
    }
    await Promise.all(sends);
    for (let partition = 0; partition < 4; partition++) {
      const values = (await readAll(client, topic, partition)).map((record) => Number(text(record)));
      expect(values).toEqual(Array.from({ length: 500 }, (_, i) => i * 4 + partition));
    }
    // Murmur2 of "foobar" as Apache Kafka's UtilsTest states it: -790332482.
    await producer.send([{ topic, key: 'foobar', value: 'by key' }]);
    const expected = (-790332482 & 0x7fffffff) % 4;
    expect(text((await readAll(client, topic, expected)).at(-1)!)).toBe('by key');
  });

  it('refuses a topic or partition that does not exist', async () => {
    const client = newClient({ deliveryTimeoutMs: 1_000 });
    const topic = await newTopic(client, 2);
    const producer = await client.producer();
    const missing = { topic: unique('missing'), key: null, value: 'x' };
    await expect(producer.send([missing])).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
    const beyond = { topic, partition: 2, key: null, value: 'x' };
    await expect(producer.send([beyond])).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
    await producer.send([{ topic, partition: 1, key: null, value: 'x' }]);
    await producer.close();
    await expect(producer.send([{ topic, key: null, value: 'x' }])).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('fails the sends of an oversized record and carries on with the next', async () => {
    const client = newClient();
    const topic = await newTopic(client, 1);
    const producer = await client.producer();
    const big = { topic, key: null, value: Buffer.alloc(3 * 1024 * 1024) };
    await expect(producer.send([big])).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    await producer.send([{ topic, key: null, value: 'small' }]);
    expect((await readAll(client, topic, 0)).map(text)).toEqual(['small']);
  });

  it('follows partitions from where it is told and knows their bounds', async () => {
    const client = newClient();
    const topic = await newTopic(client, 2);
    const producer = await client.producer();
    await producer.send(['a', 'b', 'c'].map((value) => ({ topic, partition: 0, key: null, value })));
    const reader = client.reader();
    expect(await reader.bounds({ topic, partition: 0 })).toEqual({ first: 0n, end: 3n });
    expect(await reader.bounds({ topic, partition: 1 })).toEqual({ first: 0n, end: 0n });
    const seen: string[] = [];
    const follower = await reader.follow(
      [
        { topic, partition: 0, from: 1n },
        { topic, partition: 1, from: 'latest' },
      ],
      (batch) => {
        seen.push(...batch.records.map((record) => `${batch.partition}:${text(record) ?? ''}`));
        return Promise.resolve();
      },
    );
    await producer.send([{ topic, partition: 1, key: null, value: 'd' }]);
    await until('the follower has seen all', () => seen.length >= 3);
    expect(seen.sort()).toEqual(['0:b', '0:c', '1:d']);
    await follower.close();
    await producer.send([{ topic, partition: 1, key: null, value: 'e' }]);
    expect(await reader.bounds({ topic, partition: 1 })).toEqual({ first: 0n, end: 2n });
    expect(seen).toHaveLength(3);
  });

  it('creates what is missing and refuses another partition count', async () => {
    const admin = newClient().admin();
    const name = unique('topic');
    const spec = { name, partitions: 3, config: { 'cleanup.policy': 'compact' } };
    await admin.ensureTopics([spec]);
    await admin.ensureTopics([spec]);
    const counts = await admin.partitionCounts([name, unique('missing')]);
    expect([...counts]).toEqual([[name, 3]]);
    await expect(admin.ensureTopics([{ name, partitions: 4 }])).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
  });
});
