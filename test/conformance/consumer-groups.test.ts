/** Groups of the consumer protocol (KIP-848) through librdkafka and @platformatic/kafka, beside groups of the classic protocol. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka';
import type { KafkaClient } from 'kafka-crab-js';
import { Kafka, logLevel } from 'kafkajs';
import { destroyConsumers, hasLibrdkafka, itWithLibrdkafka, librdkafkaClient, LibrdkafkaMember } from './librdkafka.ts';
import { platformaticOptions, topicByPlatformatic } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target;
let admin: Admin;
let producer: Producer<string, string, string, string>;
let librdkafka: KafkaClient;
const open: (() => Promise<void>)[] = [];

const base = () => platformaticOptions(target, 'consumer-groups');

beforeAll(async () => {
  target = await startTarget();
  admin = new Admin(base());
  producer = new Producer({ ...base(), serializers: stringSerializers });
  if (hasLibrdkafka) librdkafka = librdkafkaClient(target.bootstrapServers);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(open.map((close) => close()));
  await destroyConsumers();
  await producer.close();
  await admin.close();
  await target.stop();
}, 30_000);

function newTopic(partitions: number): Promise<string> {
  return topicByPlatformatic(admin, 'groups', partitions);
}

async function write(topic: string, ...values: string[]): Promise<void> {
  await producer.send({ messages: values.map((value) => ({ topic, key: value, value })) });
}

/** A librdkafka member of a group of this protocol. */
function newMember(groupId: string, configuration: Record<string, string> = {}): LibrdkafkaMember {
  const member = new LibrdkafkaMember(librdkafka, groupId, { 'group.protocol': 'consumer', ...configuration });
  open.push(() => member.close());
  return member;
}

describe(`consumer groups on ${targetName}`, () => {
  itWithLibrdkafka(
    'librdkafka: two members share the partitions, and one takes over from the other',
    async () => {
      const topic = await newTopic(4);
      const groupId = unique('group');
      await write(topic, 'a', 'b', 'c', 'd', 'e', 'f');
      const left = await newMember(groupId).subscribe(topic);
      await until('all records', () => left.values.length === 6);
      const right = await newMember(groupId).subscribe(topic);
      await until('two partitions each', () => left.partitions === 2 && right.partitions === 2, 40_000);
      await left.close();
      await until('all partitions', () => right.partitions === 4, 40_000);
      await write(topic, 'g', 'h');
      await until('the later records', () => right.values.length === 2);
      expect(right.values.sort()).toEqual(['g', 'h']);
    },
    90_000,
  );

  itWithLibrdkafka(
    'librdkafka: a regular expression follows topics that come later',
    async () => {
      const prefix = unique('regex');
      const member = await newMember(unique('group')).subscribe(`^${prefix}-.*`);
      await admin.createTopics({ topics: [`${prefix}-one`], partitions: 2, replicas: 1 });
      await until('the partitions of a new topic', () => member.partitions === 2, 60_000);
    },
    90_000,
  );

  itWithLibrdkafka(
    'librdkafka: a static member comes back to what it had',
    async () => {
      const topic = await newTopic(2);
      const groupId = unique('group');
      const staying = await newMember(groupId).subscribe(topic);
      const leaving = await newMember(groupId, { 'group.instance.id': 'one' }).subscribe(topic);
      await until('one partition each', () => staying.partitions === 1 && leaving.partitions === 1, 40_000);
      await leaving.close();
      const back = await newMember(groupId, { 'group.instance.id': 'one' }).subscribe(topic);
      await until('the partition again', () => back.partitions === 1, 40_000);
      expect(staying.partitions).toBe(1);
    },
    90_000,
  );

  itWithLibrdkafka(
    'survive a restart of the broker',
    async () => {
      const topic = await newTopic(2);
      const groupId = unique('group');
      const member = await newMember(groupId).subscribe(topic);
      await write(topic, 'before');
      await until('a record', () => member.values.length === 1);
      await target.restart();
      await write(topic, 'after');
      await until('another record', () => member.values.length === 2, 40_000);
      expect(member.values).toEqual(['before', 'after']);
    },
    120_000,
  );

  itWithLibrdkafka(
    'a classic group changes its protocol while its members work',
    async () => {
      const topic = await newTopic(4);
      const groupId = unique('group');
      const kafkajs = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING });
      const classic = kafkajs.consumer({ groupId, heartbeatInterval: 200 });
      const classicValues: string[] = [];
      await classic.connect();
      await classic.subscribe({ topic, fromBeginning: true });
      await classic.run({
        eachMessage: ({ message }) => {
          classicValues.push(message.value!.toString());
          return Promise.resolve();
        },
      });
      open.push(() => classic.disconnect());
      await write(topic, 'a', 'b', 'c', 'd', 'e', 'f');
      await until('the first records', () => classicValues.length >= 6);
      const consumer = await newMember(groupId).subscribe(topic);
      let count = 0;
      await until(
        'both read',
        async () => {
          await write(topic, ...Array.from({ length: 8 }, () => `n${count++}`));
          return consumer.values.length > 0 && classicValues.some((value) => value.startsWith('n'));
        },
        60_000,
      );
      expect((await admin.listGroups({ types: ['consumer'] })).has(groupId)).toBe(true);
      await consumer.close();
      await until('a classic group again', async () => (await admin.listGroups({ types: ['classic'] })).has(groupId));
      await write(topic, 'last');
      await until('the last record', () => classicValues.includes('last'), 60_000);
    },
    120_000,
  );

  it('@platformatic/kafka: joins, reads, commits, resumes; is listed by its type and deleted when empty', async () => {
    const topic = await newTopic(2);
    const groupId = unique('group');
    await write(topic, 'one', 'two');
    const newConsumer = () =>
      new Consumer({ ...base(), groupId, groupProtocol: 'consumer', deserializers: stringDeserializers });
    const consume = async (consumer: ReturnType<typeof newConsumer>, values: string[]): Promise<void> => {
      const stream = await consumer.consume({
        topics: [topic],
        mode: MessagesStreamModes.COMMITTED,
        fallbackMode: 'earliest',
        autocommit: false,
        maxWaitTime: 500,
      });
      stream.on('data', (message) => {
        values.push(message.value);
        void message.commit();
      });
    };
    const first = newConsumer();
    const before: string[] = [];
    await consume(first, before);
    await until('both records', () => before.length === 2);
    expect((await admin.listGroups({ types: ['consumer'] })).get(groupId)).toMatchObject({
      state: 'Stable',
      groupType: 'consumer',
    });
    await until('the commits', async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
      const partitions = group?.topics.flatMap((each) => each.partitions) ?? [];
      return partitions.reduce((sum, { committedOffset }) => sum + Number(committedOffset), 0) >= 2;
    });
    await first.close(true);
    await write(topic, 'three');
    const second = newConsumer();
    const after: string[] = [];
    await consume(second, after);
    await until('the later record', () => after.length === 1);
    expect(after).toEqual(['three']);
    await second.close(true);
    await admin.deleteGroups({ groups: [groupId] });
    expect((await admin.listGroups()).has(groupId)).toBe(false);
  }, 60_000);
});
