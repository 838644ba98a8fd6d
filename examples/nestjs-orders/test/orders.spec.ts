import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestMicroservice } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { kafkaOptions, OrdersModule } from '../src/orders.app.js';
import { Stock } from '../src/stock.js';

let broker: TestBroker;
let app: INestMicroservice;
let stock: Stock;

const order = (orderId: string, count: number) => ({ key: orderId, value: { orderId, article: 'chair', count } });

beforeEach(async () => {
  broker = await startTestBroker({ topics: { orders: 2, stock: 1 } });
  const brokers = [broker.bootstrapServers];
  const module = await Test.createTestingModule({ imports: [OrdersModule.forBrokers(brokers)] }).compile();
  app = module.createNestMicroservice<MicroserviceOptions>({ ...kafkaOptions(brokers), logger: false });
  stock = module.get(Stock);
  await app.listen();
  await broker.waitFor({ group: 'orders-server', members: 1 });
});

afterEach(async () => {
  broker.faults.clear();
  await app.close();
  await broker.stop();
});

describe('orders', () => {
  it('are taken from the stock, which is told', async () => {
    await broker.produce('orders', [order('a', 3), order('b', 1)]);
    await broker.waitFor({ group: 'orders-server', lag: 0, topic: 'orders' });
    expect(stock.pieces('chair')).toBe(6);
    const told = (await broker.records('stock')).map((record) => record.json());
    expect(told).toContainEqual({ orderId: 'a', left: expect.any(Number) });
  });

  it('are taken once although the stock event could not be written at first', async () => {
    const full = broker.faults.failNext('Produce', 'NOT_ENOUGH_REPLICAS', { topic: 'stock', times: 2 });
    await broker.produce('orders', [order('a', 3)]);
    await broker.waitFor({ group: 'orders-server', lag: 0, topic: 'orders' });
    expect(full.hits).toBe(2);
    expect(stock.pieces('chair')).toBe(7);
    expect(await broker.records('stock')).toHaveLength(1);
  });

  it('are taken once although the commit of their offset was lost in a rebalance', async () => {
    const lost = broker.faults.failNext('OffsetCommit', 'REBALANCE_IN_PROGRESS', { group: 'orders-server' });
    await broker.produce('orders', [order('a', 3)]);
    await broker.waitFor({ group: 'orders-server', lag: 0, topic: 'orders' });
    expect(lost.hits).toBe(1);
    expect(stock.pieces('chair')).toBe(7);
  });
});
