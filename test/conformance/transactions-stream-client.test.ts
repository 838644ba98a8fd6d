import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { GroupMember, PartitionBatch, StreamClient, TransactionalProducer } from 'streaming-core/client/types';
import { START_TIMEOUT_MS, startTarget, unique, until, type Target } from './target.ts';

let target: Target;
let client: StreamClient;

beforeAll(async () => {
  target = await startTarget();
  client = createStreamClient({
    brokers: target.bootstrapServers,
    clientId: 'transactions',
    deliveryTimeoutMs: 30_000,
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await client.close();
  await target.stop();
}, 60_000);

async function newTopic(partitions = 1): Promise<string> {
  const name = unique('transactions');
  await client.admin().ensureTopics([{ name, partitions }]);
  return name;
}

function newProducer(transactionalId = unique('tx'), transactionTimeoutMs = 60_000): Promise<TransactionalProducer> {
  return client.transactionalProducer({ transactionalId, transactionTimeoutMs });
}

/** All that committed transactions wrote, partition by partition. */
async function valuesIn(topic: string, partitions = 1): Promise<string[]> {
  const values: string[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of client.reader().readToEnd({ topic, partition })) {
      values.push(...records.map(({ value }) => String(value)));
    }
  }
  return values;
}

const recordsOf = (topic: string, values: readonly string[]) => values.map((value) => ({ topic, key: value, value }));

describe('transactions, stream client', () => {
  it('commits all of a transaction over many partitions, or none of it', async () => {
    const topic = await newTopic(4);
    const producer = await newProducer();
    const values = Array.from({ length: 200 }, (_, index) => String(index));
    const committed = await producer.begin();
    await committed.send(recordsOf(topic, values));
    expect(await valuesIn(topic, 4)).toEqual([]);
    await committed.commit();
    const aborted = await producer.begin();
    await aborted.send(recordsOf(topic, ['lost', 'and', 'gone']));
    await aborted.abort();
    await until('all is seen', async () => (await valuesIn(topic, 4)).length >= values.length);
    expect((await valuesIn(topic, 4)).sort()).toEqual([...values].sort());
    await producer.close();
  }, 60_000);

  it('runs many transactions, one after another, in order', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    const kept: string[] = [];
    for (let index = 0; index < 30; index++) {
      const failing = index % 5 === 3;
      const running = producer.run(async (transaction) => {
        await transaction.send(recordsOf(topic, [String(index)]));
        if (failing) throw new Error('no');
      });
      if (failing) await expect(running).rejects.toThrow('no');
      else await running.then(() => kept.push(String(index)));
    }
    await until('all is seen', async () => (await valuesIn(topic)).length >= kept.length);
    expect(await valuesIn(topic)).toEqual(kept);
    await producer.close();
  }, 60_000);

  it('goes on after an abort that gave up what was being sent', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    const given = await producer.begin();
    void given.send(recordsOf(topic, ['given up'])).catch(() => undefined);
    await given.abort();
    await expect(given.send(recordsOf(topic, ['too late']))).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await producer.run((transaction) => transaction.send(recordsOf(topic, ['kept'])));
    await until('it is seen', async () => (await valuesIn(topic)).length > 0);
    expect(await valuesIn(topic)).toEqual(['kept']);
    await producer.close();
  }, 60_000);

  it('tells a fenced producer so, with a code', async () => {
    const topic = await newTopic();
    const transactionalId = unique('tx');
    const zombie = await newProducer(transactionalId);
    const transaction = await zombie.begin();
    await transaction.send(recordsOf(topic, ['zombie']));
    const heir = await newProducer(transactionalId);
    await heir.run((next) => next.send(recordsOf(topic, ['heir'])));
    await expect(transaction.send(recordsOf(topic, ['zombie again']))).rejects.toMatchObject({
      code: 'PRODUCER_FENCED',
    });
    await expect(zombie.begin()).rejects.toMatchObject({ code: 'PRODUCER_FENCED' });
    await until('the heir is seen', async () => (await valuesIn(topic)).length > 0);
    expect(await valuesIn(topic)).toEqual(['heir']);
    await zombie.close();
    await heir.close();
  }, 60_000);

  it('consumes, processes and produces exactly once while members come and go', async () => {
    const [source, sink, groupId] = [await newTopic(2), await newTopic(2), unique('group')];
    const count = 60;
    const plain = await client.producer();
    const values = Array.from({ length: count }, (_, index) => String(index));
    await plain.send(recordsOf(source, values));
    const worker = async (fails: () => boolean): Promise<() => Promise<void>> => {
      const producer = await newProducer();
      const consumer = client.consumer({ groupId, topics: [source], commit: 'manual', maxBatchRecords: 5 });
      let turn: Promise<unknown> = Promise.resolve();
      const handle = ({ topic, partition, records }: PartitionBatch, member: GroupMember): Promise<void> =>
        producer.run(async (transaction) => {
          await transaction.send(
            records.map(({ key, value }) => ({ topic: sink, key, value: `done ${String(value)}` })),
          );
          const offset = records.at(-1)!.offset + 1n;
          await transaction.sendOffsets(member, [{ topic, partition, offset }]);
          if (fails()) throw new Error('the worker stumbles');
        });
      // A producer has one transaction at a time: the partitions take turns.
      const onBatch = (batch: PartitionBatch): Promise<void> => {
        // Of now: when its turn comes the partition may be the other worker's.
        const member = consumer.member();
        const handling = turn.then(() => handle(batch, member));
        turn = handling.catch(() => undefined);
        return handling;
      };
      await consumer.start({ onBatch });
      return async () => {
        await consumer.close();
        await producer.close();
      };
    };
    let stumbles = 0;
    const first = await worker(() => stumbles++ % 3 === 1);
    const second = await worker(() => false);
    await first();
    await until('all are done', async () => (await valuesIn(sink, 2)).length >= count, 40_000);
    expect((await valuesIn(sink, 2)).sort()).toEqual(values.map((value) => `done ${value}`).sort());
    await second();
  }, 90_000);

  it('lets no member commit offsets that has left the group', async () => {
    const [source, groupId] = [await newTopic(), unique('group')];
    const consumer = client.consumer({ groupId, topics: [source], commit: 'manual' });
    await consumer.start({ onBatch: () => Promise.resolve() });
    const member = consumer.member();
    await consumer.close();
    const producer = await newProducer();
    const transaction = await producer.begin();
    const offsets = [{ topic: source, partition: 0, offset: 5n }];
    await expect(transaction.sendOffsets(member, offsets)).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'TRANSACTION_FAILED' });
    await transaction.abort();
    await producer.close();
  }, 60_000);

  it('goes on with its transaction through a kill of the broker', async () => {
    const topic = await newTopic();
    const producer = await newProducer();
    const transaction = await producer.begin();
    await transaction.send(recordsOf(topic, ['before']));
    await target.restart();
    await transaction.send(recordsOf(topic, ['after']));
    await transaction.commit();
    await until('both are seen', async () => (await valuesIn(topic)).length === 2);
    expect(await valuesIn(topic)).toEqual(['before', 'after']);
    await producer.close();
  }, 120_000);
});
