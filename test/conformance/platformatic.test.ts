import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
  type MessagesStream,
} from '@platformatic/kafka';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target;
let admin: Admin;
let producer: Producer<string, string, string, string>;
const open: { close(): Promise<void> }[] = [];

const base = (): { clientId: string; bootstrapBrokers: string[]; retries: number } => ({
  clientId: 'platformatic',
  bootstrapBrokers: [target.bootstrapServers],
  retries: 5,
});

beforeAll(async () => {
  target = await startTarget();
  admin = new Admin(base());
  producer = new Producer({ ...base(), serializers: stringSerializers, idempotent: true });
}, START_TIMEOUT_MS);

afterAll(async () => {
  for (const client of open) await client.close();
  await producer.close();
  await admin.close();
  await target.stop();
}, 30_000);

async function newTopic(partitions = 1): Promise<string> {
  const topic = unique('platformatic');
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  return topic;
}

async function consume(
  groupId: string,
  topic: string,
  values: string[],
): Promise<Consumer<string, string, string, string>> {
  const consumer = new Consumer({
    ...base(),
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 10_000,
    heartbeatInterval: 300,
  });
  const stream: MessagesStream<string, string, string, string> = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: 'earliest',
    autocommit: false,
    maxWaitTime: 500,
  });
  open.push({ close: () => consumer.close(true) });
  stream.on('data', (message) => {
    values.push(message.value);
    void message.commit();
  });
  return consumer;
}

describe(`@platformatic/kafka on ${targetName}`, () => {
  it('writes idempotently, reads in a group, commits, and resumes', async () => {
    const topic = await newTopic();
    const groupId = unique('group');
    const messages = Array.from({ length: 20 }, (_, index) => ({
      topic,
      key: 'k',
      value: `v${index}`,
      headers: { a: 'b' },
    }));
    await producer.send({ messages });
    const before: string[] = [];
    const first = await consume(groupId, topic, before);
    await until('20 records', () => before.length === 20);
    expect(before).toEqual(messages.map(({ value }) => value));
    await until('the commit', async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
      return group?.topics[0]?.partitions[0]?.committedOffset === 20n;
    });
    await first.close(true);
    await producer.send({ messages: [{ topic, key: 'k', value: 'later' }] });
    const after: string[] = [];
    await consume(groupId, topic, after);
    await until('one more', () => after.length === 1);
    expect(after).toEqual(['later']);
  }, 60_000);

  it('administers: topics, groups, configs, offsets', async () => {
    const topic = await newTopic(2);
    expect(await admin.listTopics()).toContain(topic);
    const metadata = await admin.metadata({ topics: [topic] });
    expect(metadata.topics.get(topic)!.partitions).toHaveLength(2);
    const groupId = unique('group');
    const values: string[] = [];
    await consume(groupId, topic, values);
    const described = await admin.describeGroups({ groups: [groupId] });
    expect(described.get(groupId)).toMatchObject({ state: 'Stable' });
    expect([...(await admin.listGroups()).keys()]).toContain(groupId);
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic));
  }, 60_000);
});
