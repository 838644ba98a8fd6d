import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, type Admin, type Consumer, type Producer } from 'kafkajs';
import { topicByKafkaJs } from './clients.ts';
import { START_TIMEOUT_MS, startTarget, unique, until, type Target } from './target.ts';

let target: Target;
let kafka: Kafka;
let admin: Admin;
const open: { disconnect(): Promise<void> }[] = [];

beforeAll(async () => {
  target = await startTarget();
  kafka = new Kafka({
    brokers: [target.bootstrapServers],
    clientId: 'kafkajs-transactions',
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 20 },
  });
  admin = kafka.admin();
  await admin.connect();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await Promise.all(open.map((client) => client.disconnect()));
  await admin.disconnect();
  await target.stop();
}, 60_000);

function newTopic(partitions?: number): Promise<string> {
  return topicByKafkaJs(admin, 'transactions', partitions);
}

async function newProducer(transactionalId = unique('tx'), transactionTimeout = 60_000): Promise<Producer> {
  const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1, transactionTimeout });
  open.push(producer);
  await producer.connect();
  return producer;
}

/** Reads from the beginning and writes values down, as `partition:value`. */
async function consume(topic: string, readUncommitted = false, groupId = unique('group')): Promise<string[]> {
  const seen: string[] = [];
  const consumer: Consumer = kafka.consumer({ groupId, readUncommitted, maxWaitTimeInMs: 100 });
  open.push(consumer);
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      seen.push(`${partition}:${String(message.value)}`);
      return Promise.resolve();
    },
  });
  return seen;
}

describe('transactions, kafkajs', () => {
  it('shows a transaction to read_committed as a whole, and not before it commits', async () => {
    const topic = await newTopic(2);
    const producer = await newProducer();
    const [committed, all] = [await consume(topic), await consume(topic, true)];
    const transaction = await producer.transaction();
    await transaction.send({
      topic,
      messages: [
        { partition: 0, value: 'a' },
        { partition: 1, value: 'b' },
      ],
    });
    await until('read_uncommitted sees both', () => all.length === 2);
    expect(committed).toEqual([]);
    await transaction.commit();
    await until('read_committed sees both', () => committed.length === 2);
    expect([...committed].sort()).toEqual(['0:a', '1:b']);
  }, 60_000);

  it('hides an aborted transaction from read_committed, and nothing else', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    for (const [index, isCommitted] of [true, false, true, false, false, true].entries()) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: `${index}-x` }, { value: `${index}-y` }] });
      if (isCommitted) await transaction.commit();
      else await transaction.abort();
    }
    const [committed, all] = [await consume(topic), await consume(topic, true)];
    await until('both have read to the end', () => committed.length >= 6 && all.length >= 12);
    expect(committed).toEqual(['0-x', '0-y', '2-x', '2-y', '5-x', '5-y'].map((value) => `0:${value}`));
    expect(all).toHaveLength(12);
  }, 60_000);

  it('reads committed records up to an open transaction, and past it when it ends', async () => {
    const topic = await newTopic();
    const [slow, fast] = [await newProducer(), await newProducer()];
    const committed = await consume(topic);
    const open = await slow.transaction();
    const before = await fast.transaction();
    await before.send({ topic, messages: [{ value: 'before' }] });
    await before.commit();
    await until('the transaction before is seen', () => committed.length === 1);
    await open.send({ topic, messages: [{ value: 'open' }] });
    const behind = await fast.transaction();
    await behind.send({ topic, messages: [{ value: 'behind' }] });
    await behind.commit();
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(committed).toEqual(['0:before']);
    await open.abort();
    await until('what was behind is seen', () => committed.length === 2);
    expect(committed).toEqual(['0:before', '0:behind']);
    // kafkajs asks for the end that readers of committed records see: the first transaction and its marker lay before it.
    expect(offsets[0]!.high).toBe('2');
  }, 60_000);

  it('commits offsets with the records, or not at all', async () => {
    const [topic, groupId] = [await newTopic(), unique('group')];
    const producer = await newProducer();
    const offsetOf = async (): Promise<string> => {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return found!.partitions[0]!.offset;
    };
    const offsets = (offset: string) => ({
      consumerGroupId: groupId,
      topics: [{ topic, partitions: [{ partition: 0, offset }] }],
    });
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: [{ value: 'lost' }] });
    await aborted.sendOffsets(offsets('3'));
    await aborted.abort();
    const committed = await producer.transaction();
    expect(await offsetOf()).toBe('-1');
    await committed.send({ topic, messages: [{ value: 'kept' }] });
    await committed.sendOffsets(offsets('5'));
    await committed.commit();
    await until('the offset counts', async () => (await offsetOf()) === '5');
  }, 60_000);

  it('handles each record exactly once, through crashes of the worker between sending and committing', async () => {
    const [source, sink, groupId] = [await newTopic(), await newTopic(), unique('group')];
    const feeder = kafka.producer();
    open.push(feeder);
    await feeder.connect();
    const values = Array.from({ length: 20 }, (_, index) => String(index));
    await feeder.send({ topic: source, messages: values.map((value) => ({ value })) });
    const transactionalId = unique('worker');
    // Three workers, one after another: the first two die in the middle of a transaction.
    for (const diesAt of [7, 13, Infinity]) {
      const producer = await newProducer(transactionalId);
      const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, sessionTimeout: 10_000 });
      await consumer.connect();
      await consumer.subscribe({ topic: source, fromBeginning: true });
      let [isOver, handled] = [false, 0];
      await consumer.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          if (isOver) return;
          const transaction = await producer.transaction();
          await transaction.send({ topic: sink, messages: [{ value: `done ${String(message.value)}` }] });
          const offset = String(BigInt(message.offset) + 1n);
          await transaction.sendOffsets({
            consumerGroupId: groupId,
            topics: [{ topic: source, partitions: [{ partition, offset }] }],
          });
          handled += 1;
          if (Number(message.value) === diesAt) isOver = true;
          else await transaction.commit();
          if (Number(message.value) === values.length - 1) isOver = true;
        },
      });
      await until('the worker is over', () => isOver);
      expect(handled).toBeGreaterThan(0);
      await consumer.disconnect();
    }
    const done = await consume(sink);
    await until('all are done', () => done.length >= values.length);
    expect(done).toEqual(values.map((value) => `0:done ${value}`));
  }, 120_000);

  it('fences a zombie: who takes over the transactional id aborts its transaction and locks it out', async () => {
    const topic = await newTopic();
    const transactionalId = unique('tx');
    const zombie = await newProducer(transactionalId);
    const transaction = await zombie.transaction();
    await transaction.send({ topic, messages: [{ value: 'zombie' }] });
    const heir = await newProducer(transactionalId);
    const next = await heir.transaction();
    await next.send({ topic, messages: [{ value: 'heir' }] });
    await next.commit();
    await expect(transaction.send({ topic, messages: [{ value: 'zombie again' }] })).rejects.toThrow();
    await expect(transaction.commit()).rejects.toThrow();
    const committed = await consume(topic);
    await until('the heir is seen', () => committed.length > 0);
    expect(committed).toEqual(['0:heir']);
  }, 60_000);

  it('aborts a transaction that outlives its timeout', async () => {
    const topic = await newTopic();
    const sleeper = await newProducer(unique('tx'), 1_000);
    const transaction = await sleeper.transaction();
    await transaction.send({ topic, messages: [{ value: 'asleep' }] });
    const awake = await newProducer();
    const behind = await awake.transaction();
    await behind.send({ topic, messages: [{ value: 'behind' }] });
    await behind.commit();
    const committed = await consume(topic);
    await until('readers get past the sleeper', () => committed.length > 0, 40_000);
    expect(committed).toEqual(['0:behind']);
    await expect(transaction.commit()).rejects.toThrow();
  }, 90_000);

  it('keeps an open transaction, and what is decided, through a kill of the broker', async () => {
    const topic = await newTopic();
    const [producer, other] = [await newProducer(), await newProducer()];
    const decided = await other.transaction();
    await decided.send({ topic, messages: [{ value: 'decided' }] });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: 'before' }] });
    await decided.commit();
    await target.restart();
    await transaction.send({ topic, messages: [{ value: 'after' }] });
    const committed = await consume(topic);
    await until('what was decided is seen', () => committed.length > 0);
    expect(committed).toEqual(['0:decided']);
    await transaction.commit();
    await until('the rest is seen', () => committed.length === 3);
    expect(committed).toEqual(['0:decided', '0:before', '0:after']);
  }, 120_000);
});
