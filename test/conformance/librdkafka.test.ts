/** librdkafka: the prebuilt library, and kcat. Groups of the newer protocol (KIP-848) are in consumer-groups.test.ts. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { KafkaClient, MessageProducer } from 'kafka-crab-js';
import { Kafka, logLevel } from 'kafkajs';
import {
  describeWithKcat,
  describeWithLibrdkafka,
  destroyConsumers,
  hasKcat,
  hasLibrdkafka,
  kcat,
  librdkafkaClient,
  LibrdkafkaMember,
} from './librdkafka.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

const TIMEOUT_MS = 90_000;

let target: Target;
let client: KafkaClient;
const open: LibrdkafkaMember[] = [];

beforeAll(async () => {
  if (!hasLibrdkafka && !hasKcat) return;
  target = await startTarget();
  if (hasLibrdkafka) client = librdkafkaClient(target.bootstrapServers);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(open.map((member) => member.close()));
  await destroyConsumers();
  if (hasLibrdkafka || hasKcat) await target.stop();
}, 30_000);

async function newTopic(numPartitions = 1): Promise<string> {
  const topic = unique('librdkafka');
  const admin = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
  return topic;
}

function newMember(groupId: string, configuration: Record<string, string | number> = {}): LibrdkafkaMember {
  const timing = { 'session.timeout.ms': 10_000, 'heartbeat.interval.ms': 200 };
  const member = new LibrdkafkaMember(client, groupId, { ...timing, ...configuration });
  open.push(member);
  return member;
}

async function write(topic: string, ...values: readonly string[]): Promise<void> {
  const messages = values.map((value) => ({ payload: Buffer.from(value) }));
  await client.createProducer({}).send({ topic, messages });
}

describeWithLibrdkafka(`librdkafka on ${targetName}`, () => {
  it(
    'writes idempotently and reads back: keys, values, headers, tombstones, in order',
    async () => {
      const topic = await newTopic();
      const producer = client.createProducer({ configuration: { 'enable.idempotence': true, 'linger.ms': 5 } });
      const messages: MessageProducer[] = Array.from({ length: 200 }, (_, index) => ({
        key: Buffer.from(`k${index % 5}`),
        payload: Buffer.from(`value ${index}`),
        headers: { type: Buffer.from('ride') },
      }));
      messages.push({ key: Buffer.from('k0'), isTombstone: true });
      const delivered = await producer.send({ topic, messages });
      expect(delivered.filter(({ error }) => error !== undefined)).toEqual([]);
      const member = await newMember(unique('group')).subscribe(topic);
      await until('all records', () => member.messages.length === messages.length);
      expect(member.values.slice(0, 200)).toEqual(messages.slice(0, 200).map(({ payload }) => String(payload)));
      expect(member.messages[7]).toMatchObject({ offset: 7, partition: 0 });
      expect(String(member.messages[7]!.key)).toBe('k2');
      expect(String(member.messages[7]!.headers!['type'])).toBe('ride');
      expect(member.messages.at(-1)).toMatchObject({ offset: 200, isTombstone: true });
    },
    TIMEOUT_MS,
  );

  it(
    'commits, and resumes there',
    async () => {
      const [topic, groupId] = [await newTopic(), unique('group')];
      await write(topic, 'one', 'two');
      const first = await newMember(groupId).subscribe(topic);
      await until('both records', () => first.messages.length === 2);
      await first.close();
      await write(topic, 'three');
      const second = await newMember(groupId).subscribe(topic);
      await until('the later record', () => second.messages.length > 0);
      expect(second.values).toEqual(['three']);
    },
    TIMEOUT_MS,
  );

  it.each(['range', 'roundrobin', 'cooperative-sticky'])(
    'shares a classic group by %s, and takes over',
    async (strategy) => {
      const [topic, groupId] = [await newTopic(4), unique('group')];
      const configuration = { 'partition.assignment.strategy': strategy };
      const left = await newMember(groupId, configuration).subscribe(topic);
      await until('all partitions', () => left.partitions === 4);
      const right = await newMember(groupId, configuration).subscribe(topic);
      await until('two partitions each', () => left.partitions === 2 && right.partitions === 2);
      await right.close();
      await until('all partitions again', () => left.partitions === 4);
    },
    TIMEOUT_MS,
  );

  it(
    'comes back as a static member of a classic group to what it had',
    async () => {
      const [topic, groupId] = [await newTopic(2), unique('group')];
      const staying = await newMember(groupId).subscribe(topic);
      const partitionOf = (member: LibrdkafkaMember) => member.consumer.assignment()[0]?.partitionOffset[0]?.partition;
      const leaving = await newMember(groupId, { 'group.instance.id': 'one' }).subscribe(topic);
      await until('one partition each', () => staying.partitions === 1 && leaving.partitions === 1);
      const before = partitionOf(leaving);
      await leaving.close();
      const back = await newMember(groupId, { 'group.instance.id': 'one' }).subscribe(topic);
      await until('the partition again', () => back.partitions === 1);
      expect(partitionOf(back)).toBe(before);
      expect(staying.partitions).toBe(1);
    },
    TIMEOUT_MS,
  );

  it(
    'seeks',
    async () => {
      const topic = await newTopic();
      await write(topic, 'a', 'b', 'c');
      const member = await newMember(unique('group')).subscribe(topic);
      await until('all records', () => member.messages.length === 3);
      member.consumer.seek(topic, 0, { offset: 1 });
      await until('two of them again', () => member.messages.length === 5);
      member.consumer.seek(topic, 0, { position: 'Beginning' });
      await until('all of them again', () => member.messages.length === 8);
      expect(member.values).toEqual(['a', 'b', 'c', 'b', 'c', 'a', 'b', 'c']);
    },
    TIMEOUT_MS,
  );

  it(
    'is told what cannot be written, and goes on',
    async () => {
      const topic = await newTopic();
      const configuration = { 'message.max.bytes': 4_000_000, 'topic.metadata.propagation.max.ms': 0 };
      const producer = client.createProducer({ configuration });
      const send = (to: string, payload: string) =>
        producer.send({ topic: to, messages: [{ payload: Buffer.from(payload) }] });
      await expect(send(topic, 'x'.repeat(2_000_000))).rejects.toThrow('Broker: Message size too large');
      await expect(send(unique('nowhere'), 'x')).rejects.toThrow('Unknown topic');
      expect(await send(topic, 'x')).toMatchObject([{ offset: 0 }]);
    },
    TIMEOUT_MS,
  );
});

describeWithKcat(`kcat on ${targetName}`, () => {
  it(
    'lists, writes and reads: keys, headers, nulls, offsets by time, a group',
    async () => {
      const topic = await newTopic(2);
      const at = ['-b', target.bootstrapServers];
      const { out } = await kcat(['-L', ...at]);
      expect(out).toContain(`topic "${topic}" with 2 partitions`);
      const into = [...at, '-t', topic, '-p', '1', '-X', 'enable.idempotence=true'];
      expect(await kcat(['-P', ...into, '-K', ':', '-H', 'type=ride', '-Z'], 'k:v\nempty:\n')).toMatchObject({
        code: 0,
      });
      const read = await kcat(['-C', '-e', '-q', ...at, '-t', topic, '-p', '1', '-f', '%o %k %S %s %h\n']);
      expect(read.out).toBe('0 k 1 v type=ride\n1 empty -1  type=ride\n');
      expect((await kcat(['-Q', ...at, '-t', `${topic}:1:1`])).out).toContain(`${topic} [1] offset 0`);
      const group = await kcat(['-G', unique('group'), '-e', '-q', ...at, '-X', 'auto.offset.reset=earliest', topic]);
      expect(group.out).toBe('v\n\n');
    },
    TIMEOUT_MS,
  );
});
