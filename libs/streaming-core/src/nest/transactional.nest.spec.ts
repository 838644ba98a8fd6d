import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFixture, countedSchema, until, type Counted } from './fixtures/nest-fixture.js';
import { OnBatch, StreamConsumer, type BatchContext, type EventBatch } from './stream-consumer.decorators.js';
import { StreamPublisher } from './stream-publisher.js';
import { StreamingConsumers } from './streaming-consumers.js';
import { defineTopic } from './topic.js';

const Orders = defineTopic({ name: 'orders', schema: countedSchema, key: ({ id }) => id, partitions: 2 });
const Bills = defineTopic({ name: 'bills', schema: countedSchema, key: ({ id }) => id, partitions: 2 });

describe('a transactional batch handler', () => {
  let fixture: NestFixture;
  beforeEach(async () => {
    fixture = await NestFixture.start({ orders: 2, bills: 2 });
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  it('writes its outputs and offsets together: once, however often it fails half-way', async () => {
    let failures = 3;
    let calls = 0;
    @StreamConsumer({ groupId: 'billing', maxBatchRecords: 2 })
    class Billing {
      @OnBatch(Orders, { transactional: true })
      async bill({ events }: EventBatch<Counted>, { publisher }: BatchContext): Promise<void> {
        calls++;
        await publisher.send(Bills, ...events.map(({ event }) => event));
        if (failures-- > 0) throw new Error('after the outputs are written');
      }
    }
    const first = await fixture.app([Billing]);
    const orders = Array.from({ length: 10 }, (_, n) => ({ id: `o-${n}`, n }));
    await first.get(StreamPublisher).send(Orders, ...orders);
    const bills = async (): Promise<number[]> =>
      (await fixture.records('bills'))
        .map(({ value }) => (JSON.parse(value?.toString() ?? '') as Counted).n)
        .sort((a, b) => a - b);
    await until('all bills', async () => (await bills()).length >= 10);
    await until('no lag', () => first.get(StreamingConsumers).status().consumers[0]!.lag === 0);
    await first.close();
    expect(calls).toBeGreaterThan(3);
    const second = await fixture.app([Billing]);
    await second.get(StreamPublisher).send(Orders, { id: 'o-10', n: 10 });
    await until('the next', async () => (await bills()).length >= 11);
    expect(await bills()).toEqual(Array.from({ length: 11 }, (_, n) => n));
  });
});
