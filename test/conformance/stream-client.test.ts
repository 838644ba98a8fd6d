import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type {
  PartitionBatch,
  StreamClient,
  StreamRecord,
  TopicPartition,
  TopicPartitionOffset,
} from 'streaming-core/client/types';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target | undefined;
const clients: StreamClient[] = [];

beforeAll(async () => {
  target = await startTarget();
}, START_TIMEOUT_MS);

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
}, 30_000);

afterAll(async () => {
  await target?.stop();
}, 30_000);

function newClient(options: { deliveryTimeoutMs?: number } = {}): StreamClient {
  const client = createStreamClient({ brokers: target!.bootstrapServers, clientId: 'conformance', ...options });
  clients.push(client);
  return client;
}

async function newTopic(client: StreamClient, partitions = 4): Promise<string> {
  const name = unique('topic');
  await client.admin().ensureTopics([{ name, partitions }]);
  return name;
}

async function readAll(client: StreamClient, topic: string, partition: number): Promise<StreamRecord[]> {
  const records: StreamRecord[] = [];
  for await (const part of client.reader().readToEnd({ topic, partition })) records.push(...part);
  return records;
}

const text = (record: StreamRecord): string | undefined => record.value?.toString();
const idOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

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

interface Member {
  readonly consumer: ReturnType<StreamClient['consumer']>;
  readonly owned: Set<string>;
  readonly revoked: string[];
}

/** A member that checks that nothing comes from a partition it does not own. */
async function joinGroup(groupId: string, topics: string[], onBatch: (batch: PartitionBatch) => void): Promise<Member> {
  const client = newClient();
  const member: Member = { consumer: client.consumer({ groupId, topics }), owned: new Set(), revoked: [] };
  await member.consumer.start({
    onBatch: (batch) => {
      if (!member.owned.has(idOf(batch))) throw new Error(`${idOf(batch)} is not assigned`);
      onBatch(batch);
      return Promise.resolve();
    },
    onPartitionsAssigned: (partitions) => {
      for (const partition of partitions) member.owned.add(idOf(partition));
      return Promise.resolve(undefined);
    },
    onPartitionsRevoked: (partitions) => {
      for (const partition of partitions) {
        member.owned.delete(idOf(partition));
        member.revoked.push(idOf(partition));
      }
      return Promise.resolve();
    },
  });
  return member;
}

describe(`rebalances on ${targetName}`, () => {
  it('splits co-partitioned topics, moves as little as it can, loses and doubles nothing', async () => {
    const client = newClient();
    const [one, two] = [await newTopic(client, 6), await newTopic(client, 6)];
    const groupId = unique('group');
    const producer = await client.producer();
    const seen = new Map<string, number>();
    const note = (batch: PartitionBatch): void => {
      for (const record of batch.records) seen.set(text(record)!, (seen.get(text(record)!) ?? 0) + 1);
    };
    let sent = 0;
    const done = new AbortController();
    const load = (async () => {
      while (!done.signal.aborted) {
        const records = [one, two].map((topic) => ({
          topic,
          partition: sent % 6,
          key: null,
          value: `${topic}:${sent}`,
        }));
        await producer.send(records);
        sent++;
      }
    })();
    const first = await joinGroup(groupId, [one, two], note);
    await until('the first member has all', () => first.owned.size === 12);
    const second = await joinGroup(groupId, [one, two], note);
    await until('both have six', () => first.owned.size === 6 && second.owned.size === 6);
    for (const member of [first, second]) {
      const numbers = (topic: string): string[] =>
        [...member.owned]
          .filter((id) => id.startsWith(topic))
          .map((id) => id.slice(topic.length))
          .sort();
      expect(numbers(one)).toHaveLength(3);
      expect(numbers(one)).toEqual(numbers(two));
    }
    expect(first.revoked).toHaveLength(6); // what stays is not taken away
    await second.consumer.close();
    await until('the first member has all again', () => first.owned.size === 12);
    done.abort();
    await load;
    await until('all records are seen', () => seen.size === sent * 2);
    const doubled = [...seen].filter(([, count]) => count > 1);
    expect(doubled).toEqual([]);
    expect(sent).toBeGreaterThan(0);
  }, 60_000);

  it('gives the partitions of a member that was killed to the others, with what it had not committed', async () => {
    const client = newClient();
    const topic = await newTopic(client, 4);
    const groupId = unique('group');
    const script = fileURLToPath(new URL('group-member.ts', import.meta.url));
    const member = spawn(process.execPath, [script, target!.bootstrapServers, groupId, topic], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface(member.stdout).on('line', (line) => lines.push(line));
    try {
      await until('the child has all', () => lines.includes('assigned 4'));
      const producer = await client.producer();
      await producer.send([0, 1, 2, 3].map((partition) => ({ topic, partition, key: null, value: `${partition}` })));
      await until('the child is at work', () => lines.filter((line) => line.startsWith('batch')).length === 4);
      member.kill('SIGKILL');
      const seen: string[] = [];
      const second = await joinGroup(groupId, [topic], (batch) => {
        seen.push(...batch.records.map((record) => text(record)!));
      });
      await until('the other has all', () => second.owned.size === 4, 40_000);
      await until('what the child had not committed', () => seen.length === 4);
      expect(seen.sort()).toEqual(['0', '1', '2', '3']);
    } finally {
      member.kill('SIGKILL');
    }
  }, 90_000);

  it('notices that a topic appears later', async () => {
    const client = newClient();
    const topic = unique('late');
    const seen: string[] = [];
    await joinGroup(unique('group'), [topic], (batch) => {
      seen.push(...batch.records.map((record) => text(record)!));
    });
    await client.admin().ensureTopics([{ name: topic, partitions: 1 }]);
    const producer = await client.producer();
    await producer.send([{ topic, key: null, value: 'x' }]);
    await until('the record', () => seen.length === 1);
  }, 60_000);
});

describe(`a broker that is killed and comes back, on ${targetName}`, () => {
  it('loses, doubles and reorders nothing that was acknowledged', async () => {
    const client = newClient();
    const topic = await newTopic(client, 3);
    const producer = await client.producer();
    const seen: number[][] = [[], [], []];
    await joinGroup(unique('group'), [topic], (batch) => {
      for (const record of batch.records) seen[batch.partition]!.push(Number(text(record)));
    });
    const acknowledged: number[] = [0, 0, 0];
    let producing = true;
    const writers = [0, 1, 2].map(async (partition) => {
      for (let i = 0; producing; i++) {
        await producer.send([{ topic, partition, key: null, value: `${i}` }]);
        acknowledged[partition]!++;
      }
    });
    await until('some records', () => acknowledged.every((count) => count > 20));
    const before = [...acknowledged];
    await target!.restart();
    await until('records after the restart', () => acknowledged.every((count, i) => count > before[i]! + 20), 60_000);
    producing = false;
    await Promise.all(writers);
    for (let partition = 0; partition < 3; partition++) {
      const stored = (await readAll(client, topic, partition)).map((record) => Number(text(record)));
      expect(stored).toEqual(Array.from({ length: acknowledged[partition]! }, (_, i) => i));
    }
    await until(
      'the group has handled all',
      () => seen.every((values, i) => new Set(values).size === acknowledged[i]),
      60_000,
    );
  }, 180_000);
});
