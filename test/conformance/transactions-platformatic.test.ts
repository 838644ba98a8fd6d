/** Transactions of @platformatic/kafka; and what librdkafka, which reads committed records by default, makes of them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
  type Message,
} from '@platformatic/kafka';
import { itWithLibrdkafka, librdkafkaClient } from './librdkafka.ts';
import { topicByPlatformatic } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, unique, until, type Target } from './target.ts';

type Text = Message<string, string, string, string>;

let target: Target;
let admin: Admin;
const open: { close(): Promise<void> }[] = [];

const base = () => ({
  clientId: 'platformatic',
  bootstrapBrokers: [target.bootstrapServers],
  retries: 20,
  retryDelay: 50,
});

beforeAll(async () => {
  target = await startTarget();
  admin = new Admin(base());
}, START_TIMEOUT_MS);

afterAll(async () => {
  for (const client of open) await client.close();
  await admin.close();
  await target.stop();
}, 30_000);

function newTopic(partitions?: number): Promise<string> {
  return topicByPlatformatic(admin, 'transactions', partitions);
}

function newProducer(transactionalId = unique('tx')): Producer<string, string, string, string> {
  const producer = new Producer({ ...base(), serializers: stringSerializers, idempotent: true, transactionalId });
  open.push(producer);
  return producer;
}

function newConsumer(groupId = unique('group')): Consumer<string, string, string, string> {
  return new Consumer({ ...base(), groupId, deserializers: stringDeserializers });
}

async function consume(
  topic: string,
  onMessage: (message: Text) => void,
): Promise<Consumer<string, string, string, string>> {
  const consumer = newConsumer();
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: false,
    isolationLevel: 1,
    maxWaitTime: 100,
  });
  open.push({ close: () => consumer.close(true) });
  stream.on('data', onMessage);
  return consumer;
}

async function valuesOf(topic: string): Promise<string[]> {
  const values: string[] = [];
  await consume(topic, ({ value }) => values.push(value));
  return values;
}

describe('transactions, @platformatic/kafka', () => {
  it('commits as a whole, and hides what is aborted', async () => {
    const topic = await newTopic();
    const [kept, lost] = [newProducer(), newProducer()];
    const aborted = await lost.beginTransaction();
    await aborted.send({ messages: [{ topic, value: 'lost' }] });
    const committed = await kept.beginTransaction();
    await committed.send({
      messages: [
        { topic, value: 'a' },
        { topic, value: 'b' },
      ],
    });
    await committed.commit();
    await aborted.abort();
    // Read when it is over: the library leaves out what was aborted only if it gets the marker in the same answer.
    const seen = await valuesOf(topic);
    await until('what is committed is seen', () => seen.length === 2);
    expect(seen).toEqual(['a', 'b']);
    const again = await kept.beginTransaction();
    await again.send({ messages: [{ topic, value: 'c' }] });
    await again.commit();
    await until('the next is seen', () => seen.length === 3);
    expect(seen).toEqual(['a', 'b', 'c']);
  }, 60_000);

  it('commits what it consumed with what it produced', async () => {
    const [source, sink] = [await newTopic(), await newTopic()];
    const feeder = newProducer();
    const feeding = await feeder.beginTransaction();
    await feeding.send({ messages: ['1', '2', '3'].map((value) => ({ topic: source, value })) });
    await feeding.commit();
    const messages: Text[] = [];
    const consumer = await consume(source, (message) => messages.push(message));
    await until('the source is read', () => messages.length === 3);
    const producer = newProducer();
    for (const [index, message] of messages.entries()) {
      const transaction = await producer.beginTransaction();
      await transaction.addConsumer(consumer);
      await transaction.send({ messages: [{ topic: sink, value: `done ${message.value}` }] });
      await transaction.addOffset(message);
      if (index === 2) await transaction.abort();
      else await transaction.commit();
    }
    const done = await valuesOf(sink);
    await until('the sink is written', () => done.length === 2);
    expect(done).toEqual(['done 1', 'done 2']);
    await until('the offset counts', async () => {
      const [group] = await admin.listConsumerGroupOffsets({ groups: [consumer.groupId] });
      return group?.topics[0]?.partitions[0]?.committedOffset === messages[1]!.offset + 1n;
    });
  }, 60_000);

  it('is fenced by who takes over its transactional id', async () => {
    const [topic, transactionalId] = [await newTopic(), unique('tx')];
    const zombie = newProducer(transactionalId);
    const transaction = await zombie.beginTransaction();
    await transaction.send({ messages: [{ topic, value: 'zombie' }] });
    const heir = newProducer(transactionalId);
    // Unless told otherwise the library asks as producer 0 of epoch 0, which only a new transactional id lets in.
    const next = await heir.beginTransaction({ producerId: -1n, producerEpoch: -1 });
    await next.send({ messages: [{ topic, value: 'heir' }] });
    await next.commit();
    await expect(transaction.commit()).rejects.toThrow();
    const seen = await valuesOf(topic);
    await until('the heir is seen', () => seen.length > 0);
    expect(seen).toEqual(['heir']);
  }, 60_000);

  itWithLibrdkafka(
    'shows librdkafka what is committed, past many aborted ones',
    async () => {
      const topic = await newTopic();
      const producer = newProducer();
      const kept: string[] = [];
      for (let index = 0; index < 12; index++) {
        const transaction = await producer.beginTransaction();
        await transaction.send({ messages: [{ topic, value: String(index) }] });
        if (index % 3 === 1) {
          await transaction.commit();
          kept.push(String(index));
        } else await transaction.abort();
      }
      const client = librdkafkaClient(target.bootstrapServers);
      const configuration = { 'auto.offset.reset': 'earliest', 'session.timeout.ms': 6_000 };
      const consumer = client.createConsumer({ groupId: unique('group'), enableAutoCommit: false, configuration });
      await consumer.subscribe(topic);
      const seen: string[] = [];
      await until('all is seen', async () => {
        seen.push(...(await consumer.recvBatch(100, 100)).map(({ payload }) => String(payload)));
        return seen.length >= kept.length;
      });
      await consumer.disconnect();
      expect(seen).toEqual(kept);
    },
    60_000,
  );
});
