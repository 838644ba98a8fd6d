import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { GroupMember } from '../client/types.js';
import { BatchMember } from './batch-transactions.js';
import { NestFixture, countedSchema, until, type Counted } from './fixtures/nest-fixture.js';
import { OnBatch, StreamConsumer, type BatchContext, type EventBatch } from './stream-consumer.decorators.js';
import { StreamPublisher } from './stream-publisher.js';
import { StreamingConsumers } from './streaming-consumers.js';
import { defineTopic } from './topic.js';

const Orders = defineTopic({ name: 'orders', schema: countedSchema, key: ({ id }) => id, partitions: 2 });
const Parcels = defineTopic({ name: 'parcels', schema: countedSchema, key: ({ id }) => id, partitions: 1 });
const Bills = defineTopic({ name: 'bills', schema: countedSchema, key: ({ id }) => id, partitions: 2 });

const billed = async (fixture: NestFixture): Promise<number[]> =>
  (await fixture.records('bills'))
    .map(({ value }) => (JSON.parse(value?.toString() ?? '') as Counted).n)
    .sort((a, b) => a - b);

describe('a transactional batch handler', () => {
  let fixture: NestFixture;
  beforeEach(async () => {
    fixture = await NestFixture.start({ orders: 2, parcels: 1, bills: 2 });
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
    const bills = () => billed(fixture);
    await until('all bills', async () => (await bills()).length >= 10);
    await until('no lag', () => first.get(StreamingConsumers).status().consumers[0]!.lag === 0);
    await first.close();
    expect(calls).toBeGreaterThan(3);
    const second = await fixture.app([Billing]);
    await second.get(StreamPublisher).send(Orders, { id: 'o-10', n: 10 });
    await until('the next', async () => (await bills()).length >= 11);
    expect(await bills()).toEqual(Array.from({ length: 11 }, (_, n) => n));
  });

  it.each(['EndTxn', 'TxnOffsetCommit'] as const)('handles nothing twice when no %s is answered', async (api) => {
    @StreamConsumer({ groupId: 'billing', maxBatchRecords: 2 })
    class Billing {
      @OnBatch(Orders, { transactional: true })
      async bill({ events }: EventBatch<Counted>, { publisher }: BatchContext): Promise<void> {
        await publisher.send(Bills, ...events.map(({ event }) => event));
      }
    }
    const { faults, requests } = fixture.broker;
    const app = await fixture.app([Billing], { deliveryTimeoutMs: 500 });
    const orders = (from: number) => Array.from({ length: 4 }, (_, n) => ({ id: 'one', n: from + n }));
    await app.get(StreamPublisher).send(Orders, ...orders(0));
    await until('the first bills', async () => (await billed(fixture)).length >= 4);
    // It took effect, but the producer does not hear of it, until it gives up and another one takes its transactional id.
    const lost = faults.dropConnection(api, { when: 'after', times: Infinity });
    const settled = requests.next({ api: 'InitProducerId' });
    await app.get(StreamPublisher).send(Orders, ...orders(4));
    expect((await settled).transactionalId).toMatch(/^billing-orders-/);
    lost.clear();
    await app.get(StreamPublisher).send(Orders, ...orders(8));
    await until('the last bills', async () => (await billed(fixture)).includes(11));
    expect(await billed(fixture)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it('handles a batch again if the commit that nobody answered came to nothing', async () => {
    @StreamConsumer({ groupId: 'billing' })
    class Billing {
      @OnBatch(Orders, { transactional: true })
      async bill({ events }: EventBatch<Counted>, { publisher }: BatchContext): Promise<void> {
        await publisher.send(Bills, ...events.map(({ event }) => event));
      }
    }
    const { faults, requests } = fixture.broker;
    const app = await fixture.app([Billing], { deliveryTimeoutMs: 500 });
    const lost = faults.dropConnection('EndTxn', { when: 'before', times: Infinity });
    await app.get(StreamPublisher).send(Orders, { id: 'one', n: 0 });
    await lost.hit();
    await requests.next({ api: 'InitProducerId' });
    lost.clear();
    await until('the bill', async () => (await billed(fixture)).length > 0);
    await until('no lag', () => app.get(StreamingConsumers).status().consumers[0]!.lag === 0);
    expect(await billed(fixture)).toEqual([0]);
  });

  it("commits nothing for a partition that is another member's by now", async () => {
    const { promise: handling, resolve: begun } = Promise.withResolvers<AbortSignal>();
    const { promise: released, resolve: release } = Promise.withResolvers<undefined>();
    let calls = 0;
    @StreamConsumer({ groupId: 'billing' })
    class Billing {
      @OnBatch(Parcels, { transactional: true })
      async bill({ events }: EventBatch<Counted>, { publisher, signal }: BatchContext): Promise<void> {
        await publisher.send(Bills, ...events.map(({ event }) => event));
        if (++calls > 1) return;
        begun(signal);
        await released;
      }
    }
    const { broker } = fixture;
    const first = await fixture.app([Billing], { clientId: 'first' });
    await first.get(StreamPublisher).send(Parcels, { id: 'one', n: 0 });
    const taken = await handling;
    const second = await fixture.app([Billing], { clientId: 'second' });
    second.get(StreamingConsumers).pause('billing');
    await broker.faults.expireSession('billing', { clientId: 'first' });
    const assigned = () => second.get(StreamingConsumers).status().consumers[0]!.assigned;
    await until('the second has the partition', () => assigned() === 1);
    await until('it reads', () => broker.requests.count({ api: 'Fetch', clientId: 'second', topic: 'parcels' }) > 0);
    await until('the first has heard of it', () => taken.aborted);
    // The second knows from where on it will handle: what the first commits now would be handled twice.
    const ended = broker.requests.next({ api: 'EndTxn', clientId: 'first' });
    release(undefined);
    await ended;
    second.get(StreamingConsumers).resume('billing');
    await until('the bill', async () => (await billed(fixture)).length > 0);
    await until('no lag', () => second.get(StreamingConsumers).status().consumers[0]!.lag === 0);
    expect(await billed(fixture)).toEqual([0]);
  });
});

describe('the member for whom a batch is handled', () => {
  const inGeneration = (generation: number): GroupMember => ({
    groupId: 'g',
    memberId: generation < 0 ? '' : 'm',
    generation,
  });

  it.each([
    ['outlives rebalances while the partition stays', [1, 2], [], 2],
    ['is the one that was told to give the partition up', [1, 2], [3], 2],
    ['is the one that had the partition when the session was lost', [1, -1], [4], 1],
  ])('%s', (_, before, after, expected) => {
    const taken = new AbortController();
    let current = inGeneration(before[0]!);
    const member = new BatchMember({ member: () => current }, taken.signal);
    current = inGeneration(before[1]!);
    if (after.length > 0) taken.abort();
    for (const generation of after) current = inGeneration(generation);
    expect(member.now()).toEqual(inGeneration(expected));
  });
});
