import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { OnBatch, OnEvent, StreamConsumer, type EventBatch, type EventContext } from './stream-consumer.decorators.js';
import type { StreamPublisher } from './stream-publisher.js';
import { defineCompactedTopic, defineTopic, type EventOf, type InputOf } from './topic.js';
import type { TopicProducer } from './topic-producer.js';

/** What the compiler must refuse stands behind `@ts-expect-error`: `npm run typecheck` fails if it does not. */
const Orders = defineTopic({
  name: 'orders',
  schema: z.object({ id: z.string(), amount: z.coerce.number().positive(), note: z.string().default('') }),
  key: (order) => order.id,
});
const Prices = defineCompactedTopic({
  name: 'prices',
  schema: z.object({ sku: z.string(), price: z.number() }),
  key: ({ sku }) => sku,
});

type Order = EventOf<typeof Orders>;
const order: Order = { id: 'o', amount: 1, note: '' };
const input: InputOf<typeof Orders> = { id: 'o', amount: '1' };

@StreamConsumer({ groupId: 'types' })
class Handlers {
  @OnEvent(Orders)
  good(event: Order, { attempt }: EventContext): [string, number, number] {
    return [event.note, event.amount, attempt];
  }

  @OnBatch(Orders)
  batch({ events }: EventBatch<Order>): string[] {
    return events.map(({ event }) => event.note);
  }

  @OnEvent(Prices)
  price(event: EventOf<typeof Prices>): number | undefined {
    return event?.price;
  }

  // @ts-expect-error the event has no such field
  @OnEvent(Orders)
  wrongField(event: { id: string; total: number }): number {
    return event.total;
  }

  // @ts-expect-error a tombstone is null
  @OnEvent(Prices)
  noTombstones(event: { sku: string; price: number }): number {
    return event.price;
  }

  // @ts-expect-error a batch is not an event
  @OnEvent(Orders)
  notABatch(batch: EventBatch<Order>): number {
    return batch.events.length;
  }
}

async function producing(publisher: StreamPublisher, prices: TopicProducer<InputOf<typeof Prices>>): Promise<void> {
  await publisher.send(Orders, input, { id: 'o', amount: 2, note: 'n' });
  await prices.send({ sku: 's', price: 1 });
  // @ts-expect-error amount is missing
  await publisher.send(Orders, { id: 'o' });
  // @ts-expect-error the event of another topic
  await publisher.send(Prices, input);
  // @ts-expect-error price is a number
  await prices.send({ sku: 's', price: '1' });
  // @ts-expect-error a compacted topic needs keys
  defineCompactedTopic({ name: 'x', schema: z.string() });
  // @ts-expect-error the key is made of the event
  defineTopic({ name: 'x', schema: z.object({ id: z.string() }), key: (event) => String(event.name) });
}

describe('typed topics', () => {
  it('infer what is sent and what is handled, from a zod schema', async () => {
    expect([order.note, typeof Handlers, typeof producing]).toEqual(['', 'function', 'function']);
    const record = await Orders.encode(input);
    expect(record).toEqual({ topic: 'orders', key: 'o', value: '{"id":"o","amount":"1"}', headers: {} });
    const read = { topic: 'orders', partition: 0, offset: 0n, timestamp: 1, key: 'o', headers: new Map() };
    expect(await Orders.decode({ ...read, value: Buffer.from(record.value!) })).toEqual({ ok: true, event: order });
    expect(await Orders.decode({ ...read, value: Buffer.from('{"id":1,"amount":-1}') })).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^id: .*; amount: /),
    });
    expect(await Orders.decode({ ...read, value: Buffer.from('{') })).toEqual({
      ok: false,
      reason: 'value is not JSON',
    });
    expect(await Orders.decode({ ...read, value: null })).toEqual({ ok: false, reason: 'the record has no value' });
    expect(await Prices.decode({ ...read, value: null })).toEqual({ ok: true, event: null });
    await expect(Orders.encode({ id: 'o', amount: -1 })).rejects.toMatchObject({ code: 'INVALID_RECORD' });
    expect(() => defineTopic({ name: 'a b', schema: z.string() })).toThrow('not a topic name: "a b"');
  });
});
