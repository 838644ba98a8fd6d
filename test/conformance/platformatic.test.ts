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
import { platformaticOptions, topicByPlatformatic } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

let target: Target;
let admin: Admin;
let producer: Producer<string, string, string, string>;
const open: { close(): Promise<void> }[] = [];

const base = () => platformaticOptions(target, 'platformatic');

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

function newTopic(partitions?: number): Promise<string> {
  return topicByPlatformatic(admin, 'platformatic', partitions);
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

  it('gives back keys, headers, timestamps and tombstones, from where it is told, and finds places by time', async () => {
    const topic = await newTopic();
    const at = 1_700_000_000_000n;
    const headers = { type: 'ride' };
    const written = ['a', 'b', 'c'].map((value, index) => {
      return { topic, key: 'k', value, headers, timestamp: at + BigInt(index) };
    });
    await producer.send({ messages: written });
    await producer.send({ messages: [{ topic, key: 'k', timestamp: at + 3n }] });
    const consumer = new Consumer({ ...base(), groupId: unique('group'), deserializers: stringDeserializers });
    open.push({ close: () => consumer.close(true) });
    const ends = await consumer.listOffsets({ topics: [topic] });
    expect(ends.get(topic)).toEqual([4n]);
    const places = await consumer.listOffsetsWithTimestamps({ topics: [topic], timestamp: at + 2n });
    expect(places.get(topic)!.get(0)).toMatchObject({ offset: 2n, timestamp: at + 2n });
    const stream = await consumer.consume({
      topics: [topic],
      mode: MessagesStreamModes.MANUAL,
      offsets: [{ topic, partition: 0, offset: 1n }],
      maxWaitTime: 200,
    });
    const seen: unknown[] = [];
    stream.on('data', ({ offset, key, value, timestamp, headers: all }) => {
      seen.push({ offset, key, value: value as string | null | undefined, timestamp, type: all.get('type') });
    });
    await until('all from there', () => seen.length === 3);
    expect(seen).toEqual([
      { offset: 1n, key: 'k', value: 'b', timestamp: at + 1n, type: 'ride' },
      { offset: 2n, key: 'k', value: 'c', timestamp: at + 2n, type: 'ride' },
      { offset: 3n, key: 'k', value: undefined, timestamp: at + 3n, type: undefined },
    ]);
  }, 60_000);

  it('is told what cannot be written, and goes on', async () => {
    const topic = await newTopic();
    const impatient = new Producer({ ...base(), retries: 0, serializers: stringSerializers });
    open.push(impatient);
    const send = (to: string, value: string) => impatient.send({ messages: [{ topic: to, key: 'k', value }] });
    await expect(send(topic, 'x'.repeat(2_000_000))).rejects.toThrow();
    await expect(send(unique('nowhere'), 'x')).rejects.toThrow();
    expect((await send(topic, 'x')).offsets).toMatchObject([{ offset: 0n }]);
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
