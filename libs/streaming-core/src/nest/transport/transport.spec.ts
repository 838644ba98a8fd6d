import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  ServerKafka,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { firstValueFrom, from, lastValueFrom, timeout, toArray, type Observable } from 'rxjs';
import { startSecureBroker } from '../../../test/secure-broker.js';
import { NestFixture, until } from '../fixtures/nest-fixture.js';
import { parseValue, toMessage } from './reply-headers.js';
import type { StreamContext } from './stream-context.js';
import { StreamingClientProxy } from './streaming-client-proxy.js';
import { StreamingServer } from './streaming-server.js';

const seen: unknown[] = [];
let failures = 0;

@Controller()
class Prices {
  @MessagePattern('prices')
  price(@Payload() data: { sku: string }): { sku: string; price: number } {
    if (data.sku === 'none') throw new RpcException('no such thing');
    return { sku: data.sku, price: 5 };
  }

  @MessagePattern('counts')
  count(@Payload() upTo: number): Observable<number> {
    return from(Array.from({ length: upTo }, (_, n) => n + 1));
  }

  @EventPattern('orders')
  ordered(@Payload() order: unknown, @Ctx() context: unknown): void {
    if (failures-- > 0) throw new Error('not now');
    seen.push(order, (context as StreamContext).getTopic());
  }
}

@Module({ controllers: [Prices] })
class ShopModule {}

const TOPICS = { prices: 2, counts: 1, orders: 2, 'prices.reply': 2, 'counts.reply': 1 };

describe('the microservice transport', () => {
  let fixture: NestFixture;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    seen.length = 0;
    failures = 0;
    fixture = await NestFixture.start(TOPICS);
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await fixture[Symbol.asyncDispose]();
  });

  async function serve(strategy: StreamingServer | ServerKafka): Promise<INestMicroservice> {
    const options = { strategy, logger: false } as MicroserviceOptions & { logger: false };
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(ShopModule, options);
    closers.push(() => app.close());
    await app.listen();
    return app;
  }
  const server = (): StreamingServer =>
    new StreamingServer({
      brokers: fixture.broker.bootstrapServers,
      clientId: 'shop',
      groupId: 'shop',
      retry: { firstDelayMs: 1 },
    });
  function proxy(): StreamingClientProxy {
    const client = new StreamingClientProxy({ brokers: fixture.broker.bootstrapServers, clientId: 'caller' });
    closers.push(() => client.close());
    return client;
  }
  const ask = <T>(answer: Observable<T>): Promise<T> => lastValueFrom(answer.pipe(timeout(20_000)));

  it('answers requests, with one value, many, or an error', async () => {
    await serve(server());
    const client = proxy();
    const prices = await Promise.all(['a', 'b', 'c'].map((sku) => ask(client.send('prices', { sku }))));
    expect(prices).toEqual(['a', 'b', 'c'].map((sku) => ({ sku, price: 5 })));
    expect(await ask(client.send<number>('counts', 3).pipe(toArray()))).toEqual([1, 2, 3]);
    await expect(ask(client.send('prices', { sku: 'none' }))).rejects.toMatchObject({ message: 'no such thing' });
  });

  it('hands events over, again if a handler fails', async () => {
    failures = 2;
    await serve(server());
    await firstValueFrom(proxy().emit('orders', { key: 'o-1', value: { id: 'o-1' } }), { defaultValue: null });
    await until('the order', () => seen.length === 2);
    expect(seen).toEqual([{ id: 'o-1' }, 'orders']);
    expect((await fixture.records('orders')).map(({ key }) => key)).toEqual(['o-1']);
  });

  it("is spoken by Nest's own Kafka client", async () => {
    await serve(server());
    const client = new ClientKafka({
      client: { brokers: [fixture.broker.bootstrapServers], logCreator: () => () => undefined },
      consumer: { groupId: 'callers' },
    });
    closers.push(() => client.close());
    client.subscribeToResponseOf('prices');
    await client.connect();
    expect(await ask(client.send('prices', { sku: 'a' }))).toEqual({ sku: 'a', price: 5 });
    await expect(ask(client.send('prices', { sku: 'none' }))).rejects.toBeDefined();
    await lastValueFrom(client.emit('orders', { id: 'o-2' }));
    await until('the order', () => seen.length === 2);
    expect(seen[0]).toEqual({ id: 'o-2' });
  });

  it("speaks to Nest's own Kafka server", async () => {
    await serve(
      new ServerKafka({
        client: { brokers: [fixture.broker.bootstrapServers], logCreator: () => () => undefined },
        consumer: { groupId: 'theirs' },
      }),
    );
    expect(await ask(proxy().send('prices', { sku: 'a' }))).toEqual({ sku: 'a', price: 5 });
  });

  it('comes in where a password is asked for', async () => {
    await using secure = await startSecureBroker({
      config: {
        listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
        'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
        'auto.create.topics.enable': 'false',
      },
      users: { shop: 'shop-secret' },
    });
    for (const name of Object.keys(TOPICS)) secure.broker.createTopic({ name, partitions: 1, configs: {} });
    const options = {
      brokers: secure.bootstrapServers('SASL_PLAINTEXT'),
      clientId: 'shop',
      security: { sasl: { mechanism: 'SCRAM-SHA-256', username: 'shop', password: 'shop-secret' } },
    } as const;
    await serve(new StreamingServer({ ...options, groupId: 'shop' }));
    const client = new StreamingClientProxy(options);
    closers.push(() => client.close());
    expect(await ask(client.send('prices', { sku: 'a' }))).toEqual({ sku: 'a', price: 5 });
    for (const close of closers.splice(0).reverse()) await close();
  });

  it('ends what waits when it is closed', async () => {
    const client = proxy();
    const answer = ask(client.send('prices', { sku: 'a' })).catch((error: unknown) => error);
    await until('the request', async () => (await fixture.records('prices')).length === 1);
    await client.close();
    expect(await answer).toMatchObject({ message: 'the client was closed' });
  });
});

describe('messages', () => {
  it.each([
    [{ a: 1 }, { key: null, value: '{"a":1}', headers: {} }],
    ['text', { key: null, value: 'text', headers: {} }],
    [
      { key: 7, value: [1], headers: { n: 1 } },
      { key: '7', value: '[1]', headers: { n: '1' } },
    ],
    [
      { key: 'k', value: null },
      { key: 'k', value: null, headers: {} },
    ],
  ])('of %j are %j', (data, message) => {
    expect(toMessage(data)).toEqual(message);
  });

  it.each([
    ['{"a":1}', { a: 1 }],
    ['5', 5],
    ['true', true],
    ['{broken', '{broken'],
    ['text', 'text'],
  ])('read %s as %j', (text, value) => {
    expect(parseValue(Buffer.from(text))).toEqual(value);
  });
});
