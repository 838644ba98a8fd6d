import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Kafka, logLevel } from 'kafkajs';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { Billing, placeOrders } from '../src/billing.ts';

void describe('billing', () => {
  let broker: TestBroker;
  let kafka: Kafka;
  let billing: Billing;

  beforeEach(async () => {
    broker = await startTestBroker({ topics: { orders: 3, 'orders.dlq': 1 } });
    const retry = { initialRetryTime: 10, maxRetryTime: 100, retries: 20 };
    kafka = new Kafka({ clientId: 'shop', brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, retry });
    billing = new Billing(kafka);
  });

  afterEach(async () => {
    broker.faults.clear();
    await billing.stop();
    await broker.stop();
  });

  void it('bills every order', async () => {
    await broker.produce('orders', [
      { key: 'a', value: { orderId: 'a', cents: 100 } },
      { key: 'b', value: { orderId: 'b', cents: 250 } },
    ]);
    await billing.start();
    await broker.waitFor({ group: 'billing', topic: 'orders', lag: 0 });
    assert.deepEqual(Object.fromEntries(billing.invoices), { a: 100, b: 250 });
  });

  void it('writes an order once although its acknowledgement was lost', async () => {
    const producer = kafka.producer({ idempotent: true });
    await producer.connect();
    const lost = broker.faults.dropConnection('Produce', { when: 'after', topic: 'orders' });
    await placeOrders(producer, [{ orderId: 'a', cents: 100 }]);
    await producer.disconnect();
    assert.equal(lost.hits, 1);
    assert.equal((await broker.records('orders')).length, 1);
  });

  void it('puts poison aside and goes on', async () => {
    await broker.produce('orders', [
      { value: 'not an order', partition: 0 },
      { value: { orderId: 'a', cents: 100 }, partition: 0 },
    ]);
    await billing.start();
    await broker.waitFor({ group: 'billing', topic: 'orders', lag: 0 });
    assert.deepEqual([...billing.invoices.keys()], ['a']);
    assert.deepEqual(
      (await broker.records('orders.dlq')).map(({ value }) => value),
      ['not an order'],
    );
  });

  void it('bills each order once through a rebalance and an ended session', async () => {
    await billing.start();
    await broker.waitFor({ group: 'billing', members: 1 });
    await broker.faults.rebalance('billing');
    await broker.produce('orders', [{ value: { orderId: 'a', cents: 100 } }]);
    await broker.waitFor({ group: 'billing', topic: 'orders', lag: 0 });
    await broker.faults.expireSession('billing');
    await broker.produce('orders', [{ value: { orderId: 'b', cents: 250 } }]);
    await broker.waitFor({ group: 'billing', topic: 'orders', lag: 0 });
    assert.deepEqual(Object.fromEntries(billing.invoices), { a: 100, b: 250 });
  });
});
