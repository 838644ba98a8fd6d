import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import type { StreamClient, TopicPartition } from '../client/types.js';
import { streamPublisherToken } from './connection-tokens.js';
import { NestFixture, countedSchema, until, type Counted } from './fixtures/nest-fixture.js';
import { defineStateTopic, inPartition } from './state-restore.js';
import {
  InjectProducer,
  OnEvent,
  OnPartitionsAssigned,
  OnPartitionsRevoked,
  StreamConsumer,
  type AssignmentContext,
  type EventContext,
} from './stream-consumer.decorators.js';
import { StreamPublisher } from './stream-publisher.js';
import { StreamingConsumers } from './streaming-consumers.js';
import { StreamingModule } from './streaming.module.js';
import { streamClientToken } from './tokens.js';
import { defineTopic } from './topic.js';
import { TopicProducer } from './topic-producer.js';
import { currentTrace } from './trace-context.js';

const Orders = defineTopic({ name: 'orders', schema: countedSchema, key: ({ id }) => id, partitions: 2 });
const Bills = defineTopic({ name: 'bills', schema: countedSchema, key: ({ id }) => id, partitions: 1 });

describe('the streaming module', () => {
  let fixture: NestFixture;
  beforeEach(async () => {
    fixture = await NestFixture.start();
  });
  afterEach(() => fixture[Symbol.asyncDispose]());

  it('creates typed topics, and refuses to send what the schema refuses', async () => {
    @Injectable()
    class Shop {
      constructor(@InjectProducer(Orders) readonly orders: TopicProducer<Counted>) {}
    }
    const app = await fixture.app([Shop], {}, [StreamingModule.forFeature([Orders])]);
    const { orders } = app.get(Shop);
    await orders.send({ id: 'a', n: 1 });
    await orders.sendWith({ partition: 1, headers: { v: '2' } }, { id: 'a', n: 2 });
    const bad = { id: 'a' } as unknown as Counted;
    await expect(orders.send({ id: 'a', n: 3 }, bad)).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      message: 'orders: n: expected number',
    });
    const records = await fixture.records('orders');
    expect(records.map(({ value }) => value?.toString()).sort()).toEqual(['{"id":"a","n":1}', '{"id":"a","n":2}']);
    expect(records.find(({ headers }) => headers.has('v'))?.partition).toBe(1);
  });

  it('carries the trace of a record into its handler, and on into what the handler sends', async () => {
    const traces: (string | undefined)[] = [];
    @StreamConsumer({ groupId: 'billing' })
    class Billing {
      constructor(readonly publisher: StreamPublisher) {}
      @OnEvent(Orders)
      async bill(order: Counted): Promise<void> {
        traces.push(currentTrace()?.traceId);
        await this.publisher.send(Bills, order);
      }
    }
    const app = await fixture.app([Billing], {}, [StreamingModule.forFeature([Bills])]);
    const producer = await fixture.client.producer();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, tracestate: 'a=1' };
    await producer.send([{ topic: 'orders', key: 'a', value: '{"id":"a","n":1}', headers }]);
    await until('the bill', async () => (await fixture.records('bills')).length === 1);
    const [bill] = await fixture.records('bills');
    expect(traces).toEqual([traceId]);
    expect(bill?.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(bill?.headers.get('tracestate')).toBe('a=1');
    expect(app.get(StreamingConsumers).status().ok).toBe(true);
  });

  it('handles keys beside each other, commits to the lowest unfinished, and goes on from there', async () => {
    const handled: string[] = [];
    let letGo = Promise.withResolvers<undefined>();
    @StreamConsumer({ groupId: 'slow', concurrency: 2, inFlightMax: 4 })
    class Slow {
      @OnEvent(Orders)
      async handle({ id, n }: Counted, { signal }: EventContext): Promise<void> {
        if (id === 'slow') {
          const stopped = new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
          );
          await Promise.race([letGo.promise, stopped]);
        }
        handled.push(`${id}${n}`);
      }
    }
    const app = await fixture.app([Slow]);
    const send = (events: Counted[]) =>
      Promise.all(events.map((event) => app.get(StreamPublisher).to(Orders).sendWith(inPartition(0), event)));
    await send([{ id: 'slow', n: 0 }, ...[0, 1, 2, 3, 4].map((n) => ({ id: 'fast', n }))]);
    await until('the window to be full', () => handled.length === 3);
    const status = () => app.get(StreamingConsumers).status().consumers[0]!;
    await until('the end to be known', () => status().connected && status().lag === 6);
    await app.close();
    expect(handled).toEqual(['fast0', 'fast1', 'fast2']);
    letGo.resolve(undefined);
    letGo = Promise.withResolvers();
    letGo.resolve(undefined);
    const next = await fixture.app([Slow]);
    await until('the rest', () => handled.length === 9);
    expect(handled.slice(3).filter((entry) => entry.startsWith('fast'))).toEqual(
      [0, 1, 2, 3, 4].map((n) => `fast${n}`),
    );
    await until('no lag', () => next.get(StreamingConsumers).status().consumers[0]!.lag === 0);
  });

  it('restores state before the first event is handled', async () => {
    const Balances = defineStateTopic({ groupId: 'bank', schema: countedSchema, key: ({ id }) => id, partitions: 2 });
    const balances = new Map<string, number>();
    const seen: [string, number | undefined][] = [];
    @StreamConsumer({ groupId: 'bank' })
    class Bank {
      constructor(readonly publisher: StreamPublisher) {}
      @OnPartitionsAssigned()
      async restore(partitions: readonly TopicPartition[], context: AssignmentContext): Promise<void> {
        for (const { partition } of partitions) {
          await context.restore(Balances, partition, (id, balance) => {
            if (balance) balances.set(id, balance.n);
            else balances.delete(id);
          });
        }
      }
      @OnPartitionsRevoked()
      forget(): void {
        balances.clear();
      }
      @OnEvent(Orders)
      async take({ id, n }: Counted, { record }: EventContext): Promise<void> {
        seen.push([id, balances.get(id)]);
        balances.set(id, (balances.get(id) ?? 0) + n);
        await this.publisher.to(Balances).sendWith(inPartition(record.partition), { id, n: balances.get(id)! });
        if (n === 0) await this.publisher.to(Balances).delete(id, inPartition(record.partition));
      }
    }
    const start = () => fixture.app([Bank], {}, [StreamingModule.forFeature([Balances])]);
    const first = await start();
    await first.get(StreamPublisher).send(Orders, { id: 'a', n: 5 }, { id: 'b', n: 7 }, { id: 'b', n: 0 });
    await until('three', () => seen.length === 3);
    await first.close();
    expect(balances.size).toBe(0);
    const second = await start();
    await second.get(StreamPublisher).send(Orders, { id: 'a', n: 1 }, { id: 'b', n: 1 });
    await until('two more', () => seen.length === 5);
    expect(seen.slice(3).sort()).toEqual([
      ['a', 5],
      ['b', undefined],
    ]);
  });

  it('pauses and resumes a group without leaving it', async () => {
    const handled: number[] = [];
    @StreamConsumer({ groupId: 'pausing' })
    class Pausing {
      @OnEvent(Orders)
      handle({ n }: Counted): void {
        handled.push(n);
      }
    }
    const app = await fixture.app([Pausing]);
    const consumers = app.get(StreamingConsumers);
    consumers.pause('pausing');
    await app.get(StreamPublisher).send(Orders, { id: 'a', n: 1 });
    await until('the lag', () => consumers.status().consumers[0]!.lag === 1);
    expect([handled, consumers.status().consumers[0]!.paused]).toEqual([[], true]);
    consumers.resume('pausing');
    await until('the event', () => handled.length === 1);
    expect(() => consumers.pause('unknown')).toThrow('no consumer of group unknown runs here');
  });

  it('keeps named connections apart', async () => {
    const handled: number[] = [];
    @StreamConsumer({ groupId: 'g', connection: 'other' })
    class Other {
      @OnEvent(Bills)
      handle({ n }: Counted): void {
        handled.push(n);
      }
    }
    const other = { connection: 'other', brokers: fixture.broker.bootstrapServers, clientId: 'other' };
    const app = await fixture.app([Other], {}, [StreamingModule.forRoot(other)]);
    expect(app.get<StreamClient>(streamClientToken('other'))).not.toBe(app.get<StreamClient>(streamClientToken()));
    await app.get<StreamPublisher>(streamPublisherToken('other')).send(Bills, { id: 'a', n: 1 });
    await until('the event', () => handled.length === 1);
    expect(app.get(StreamingConsumers).status().consumers).toEqual([]);
  });

  it('refuses a consumer on a connection that is not there', async () => {
    @StreamConsumer({ groupId: 'g', connection: 'nowhere' })
    class Lost {
      @OnEvent(Bills)
      handle(): void {
        // never called
      }
    }
    await expect(fixture.app([Lost])).rejects.toThrow('Lost reads from connection "nowhere", which no StreamingModule');
  });
});
