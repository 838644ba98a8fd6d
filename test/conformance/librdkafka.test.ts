import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { KafkaClient, Message } from 'kafka-crab-js';
import { Kafka, logLevel } from 'kafkajs';
import { describeWithLibrdkafka, hasLibrdkafka, librdkafkaClient } from './librdkafka.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target;
let client: KafkaClient;
const open: { disconnect(): Promise<void> }[] = [];

beforeAll(async () => {
  if (!hasLibrdkafka) return;
  target = await startTarget();
  client = librdkafkaClient(target.bootstrapServers);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(open.map((consumer) => consumer.disconnect()));
  if (hasLibrdkafka) await target.stop();
}, 30_000);

async function newTopic(numPartitions = 1): Promise<string> {
  const topic = unique('librdkafka');
  const admin = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

function newConsumer(groupId: string) {
  const consumer = client.createConsumer({
    groupId,
    enableAutoCommit: false,
    configuration: { 'auto.offset.reset': 'earliest', 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 300 },
  });
  open.push(consumer);
  return consumer;
}

async function read(consumer: ReturnType<typeof newConsumer>, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  await until(`${count} messages`, async () => {
    messages.push(...(await consumer.recvBatch(100, 100)));
    return messages.length >= count;
  });
  return messages;
}

describeWithLibrdkafka(`librdkafka on ${targetName}`, () => {
  it.each(['none', 'gzip', 'snappy', 'lz4'])(
    'writes idempotently and reads back, compressed by %s',
    async (codec) => {
      const topic = await newTopic();
      const producer = client.createProducer({
        configuration: { 'enable.idempotence': true, 'compression.codec': codec, 'linger.ms': 5 },
      });
      const messages = Array.from({ length: 200 }, (_, index) => ({
        key: Buffer.from(`k${index % 5}`),
        payload: Buffer.from(`value ${index} ${'x'.repeat(50)}`),
        headers: { type: Buffer.from('ride') },
      }));
      const delivered = await producer.send({ topic, messages });
      expect(delivered.filter(({ error }) => error !== undefined)).toEqual([]);
      const consumer = newConsumer(unique('group'));
      await consumer.subscribe(topic);
      const read200 = await read(consumer, 200);
      expect(read200.map(({ payload }) => payload.toString())).toEqual(
        messages.map(({ payload }) => payload.toString()),
      );
      expect(read200[7]).toMatchObject({ offset: 7, partition: 0 });
      expect(read200[7]!.key!.toString()).toBe('k2');
      expect(read200[7]!.headers!['type']!.toString()).toBe('ride');
    },
    60_000,
  );

  it('commits, and resumes there', async () => {
    const topic = await newTopic();
    const groupId = unique('group');
    const producer = client.createProducer({});
    await producer.send({ topic, messages: [{ payload: Buffer.from('one') }, { payload: Buffer.from('two') }] });
    const first = newConsumer(groupId);
    await first.subscribe(topic);
    const [one] = await read(first, 2);
    await first.commitMessage(one!, 'Sync');
    await first.disconnect();
    const second = newConsumer(groupId);
    await second.subscribe(topic);
    expect((await read(second, 1))[0]!.payload.toString()).toBe('two');
  }, 60_000);

  it('shares a group with another member', async () => {
    const topic = await newTopic(4);
    const groupId = unique('group');
    const [left, right] = [newConsumer(groupId), newConsumer(groupId)];
    await left.subscribe(topic);
    await right.subscribe(topic);
    const sizes = () =>
      [left, right].map((each) =>
        each.assignment().reduce((sum, { partitionOffset }) => sum + partitionOffset.length, 0),
      );
    await until('two partitions each', async () => {
      await Promise.all([left.recvBatch(1, 50), right.recvBatch(1, 50)]);
      return sizes().every((size) => size === 2);
    });
    expect(sizes()).toEqual([2, 2]);
  }, 60_000);
});
