import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  type Admin,
  type Consumer,
  type Producer,
} from 'kafkajs';
import { topicByKafkaJs } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target;
let kafka: Kafka;
let admin: Admin;
let producer: Producer;
const open: { disconnect(): Promise<void> }[] = [];

beforeAll(async () => {
  target = await startTarget();
  kafka = new Kafka({ brokers: [target.bootstrapServers], clientId: 'kafkajs', logLevel: logLevel.NOTHING });
  admin = kafka.admin();
  producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false });
  open.push(admin, producer);
  await admin.connect();
  await producer.connect();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(open.map((client) => client.disconnect()));
  await target.stop();
}, 30_000);

function newTopic(partitions?: number, configs?: { name: string; value: string }[]): Promise<string> {
  return topicByKafkaJs(admin, 'kafkajs', partitions, configs);
}

interface Seen {
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Record<string, string>;
}

/** A group member that writes down what it reads. */
async function consume(
  groupId: string,
  topic: string,
  seen: Seen[],
  assigned: Map<string, number[]> = new Map(),
): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 200,
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    assigned.set(payload.memberId, payload.memberAssignment[topic] ?? []);
  });
  open.push(consumer);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      seen.push({
        partition,
        offset: message.offset,
        key: message.key?.toString() ?? null,
        value: message.value?.toString() ?? null,
        headers: Object.fromEntries(headers) as Record<string, string>,
      });
      return Promise.resolve();
    },
  });
  return consumer;
}

describe(`kafkajs on ${targetName}`, () => {
  it('reads what it wrote: keys, headers, tombstones, gzip, in order', async () => {
    const topic = await newTopic();
    await producer.send({ topic, messages: [{ key: 'a', value: 'plain', headers: { type: 'x' } }] });
    const zipped = Array.from({ length: 50 }, (_, index) => ({ key: 'b', value: `zipped ${index}` }));
    await producer.send({
      topic,
      compression: CompressionTypes.GZIP,
      messages: [...zipped, { key: 'b', value: null }],
    });
    const seen: Seen[] = [];
    await consume(unique('group'), topic, seen);
    await until('52 records', () => seen.length === 52);
    expect(seen[0]).toEqual({ partition: 0, offset: '0', key: 'a', value: 'plain', headers: { type: 'x' } });
    expect(seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 52 }, (_, index) => String(index)));
    expect(seen.at(-1)).toMatchObject({ key: 'b', value: null });
  }, 30_000);

  it('shares partitions between two members, and gives them back to the one that stays', async () => {
    const topic = await newTopic(4);
    const groupId = unique('group');
    const seen: Seen[] = [];
    const assigned = new Map<string, number[]>();
    await consume(groupId, topic, seen, assigned);
    await until('one member has all', () => [...assigned.values()].some((partitions) => partitions.length === 4));
    const second = await consume(groupId, topic, seen, assigned);
    await until('two have two each', () => {
      const shares = [...assigned.values()].filter((partitions) => partitions.length === 2);
      return shares.length === 2 && new Set(shares.flat()).size === 4;
    });
    const messages = [0, 1, 2, 3].map((partition) => ({ partition, value: `to ${partition}` }));
    await producer.send({ topic, messages });
    await until('each partition is read once', () => seen.length === 4);
    expect(new Set(seen.map(({ partition }) => partition)).size).toBe(4);
    assigned.clear();
    await second.disconnect();
    await until('the one that stays has all', () =>
      [...assigned.values()].some((partitions) => partitions.length === 4),
    );
  }, 60_000);

  it('resumes after what was committed', async () => {
    const topic = await newTopic();
    const groupId = unique('group');
    await producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] });
    const before: Seen[] = [];
    const first = await consume(groupId, topic, before);
    await until('two records', () => before.length === 2);
    await first.disconnect();
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
    expect(committed!.partitions).toMatchObject([{ partition: 0, offset: '2' }]);
    await producer.send({ topic, messages: [{ value: 'three' }] });
    const after: Seen[] = [];
    await consume(groupId, topic, after);
    await until('one more', () => after.length === 1);
    expect(after[0]!.value).toBe('three');
  }, 60_000);

  it('administers: topics, partitions, configs, offsets, groups, cluster', async () => {
    const topic = await newTopic(2, [{ name: 'cleanup.policy', value: 'compact' }]);
    expect(await admin.listTopics()).toContain(topic);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    expect(topics[0]!.partitions).toHaveLength(3);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['cleanup.policy'] }],
    });
    expect(resources[0]!.configEntries).toMatchObject([{ configName: 'cleanup.policy', configValue: 'compact' }]);
    // A kafkajs producer asks for every topic that it ever wrote to: one of its own for a topic that will be deleted.
    const writer = kafka.producer();
    await writer.connect();
    await writer.send({ topic, messages: [{ key: 'k', value: 'v', partition: 1 }] });
    await writer.disconnect();
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(offsets.find(({ partition }) => partition === 1)).toMatchObject({ low: '0', high: '1' });
    const groupId = unique('group');
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 1, offset: '1' }] });
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).toContain(groupId);
    expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({ groupId, state: 'Empty' });
    await admin.deleteGroups([groupId]);
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).not.toContain(groupId);
    expect((await admin.describeCluster()).brokers).toHaveLength(1);
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic));
  }, 60_000);

  it('seeks back and forth', async () => {
    const topic = await newTopic();
    await producer.send({ topic, messages: ['a', 'b', 'c'].map((value) => ({ value })) });
    const seen: Seen[] = [];
    const consumer = await consume(unique('group'), topic, seen);
    await until('all records', () => seen.length === 3);
    consumer.seek({ topic, partition: 0, offset: '1' });
    await until('two of them again', () => seen.length === 5);
    expect(seen.map(({ offset }) => offset)).toEqual(['0', '1', '2', '1', '2']);
  }, 60_000);

  it('finds offsets by time', async () => {
    const topic = await newTopic();
    const at = 1_700_000_000_000;
    for (const step of [0, 1, 2]) {
      await producer.send({ topic, messages: [{ value: String(step), timestamp: String(at + step * 1_000) }] });
    }
    const found = async (timestamp: number) => (await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0]!.offset;
    expect(await found(at)).toBe('0');
    expect(await found(at + 1)).toBe('1');
    expect(await found(at + 2_000)).toBe('2');
    // Nothing is that late: kafkajs then gives the end.
    expect(await found(at + 2_001)).toBe('3');
  }, 30_000);

  it('refuses what cannot be', async () => {
    const topic = await newTopic();
    await expect(admin.createTopics({ topics: [{ topic: 'with space' }] })).rejects.toThrow(/topic/i);
    await expect(admin.createTopics({ topics: [{ topic: unique('x'), replicationFactor: 3 }] })).rejects.toThrow();
    await expect(producer.send({ topic, messages: [{ value: 'x'.repeat(2_000_000) }] })).rejects.toThrow(/large/i);
  }, 30_000);
});
