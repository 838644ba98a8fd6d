/** What a test does to a broker, as a stock client (kafkajs) feels it. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel, type Consumer, type Producer } from 'kafkajs';
import { startTestBroker, type TestBroker, type TestBrokerOptions } from './test-broker.js';

const GROUP = 'billing';
let broker: TestBroker;
const open: (Consumer | Producer)[] = [];

async function start(options: TestBrokerOptions = {}): Promise<void> {
  broker = await startTestBroker({ topics: { orders: 2 }, ...options });
}

const kafka = (clientId = 'shop') =>
  new Kafka({
    clientId,
    brokers: [broker.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 10, maxRetryTime: 50, retries: 50 },
  });

async function member(clientId: string, seen: string[] = []): Promise<Consumer> {
  // kafkajs sends heartbeats between fetches: long polls make it slow to notice anything.
  const polling = { maxWaitTimeInMs: 50, heartbeatInterval: 20 };
  const consumer = kafka(clientId).consumer({ groupId: GROUP, sessionTimeout: 10_000, ...polling });
  open.push(consumer);
  await consumer.connect();
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(String(message.value));
      return Promise.resolve();
    },
  });
  return consumer;
}

async function producer(idempotent = true): Promise<Producer> {
  const made = kafka().producer({ idempotent, maxInFlightRequests: 1, transactionTimeout: 30_000 });
  open.push(made);
  await made.connect();
  return made;
}

afterEach(async () => {
  broker.faults.clear();
  await Promise.all(open.splice(0).map((client) => client.disconnect()));
  await broker.stop();
});

describe('a producer', () => {
  it('writes once what it had to send twice, because the acknowledgement was lost', async () => {
    await start();
    const shop = await producer();
    const lost = broker.faults.dropConnection('Produce', { when: 'after' });
    await shop.send({ topic: 'orders', messages: [{ key: 'a', value: 'only once', headers: { by: 'shop' } }] });
    await lost.hit();
    expect(broker.requests.count({ api: 'Produce', topic: 'orders' })).toBe(2);
    const records = await broker.records('orders');
    expect(records).toMatchObject([{ key: 'a', value: 'only once', headers: { by: 'shop' }, offset: 0 }]);
  });
});

describe('a transaction', () => {
  it('that was aborted is not among the records; a producer that was fenced cannot go on', async () => {
    await start();
    const shop = kafka().producer({
      transactionalId: 'tx',
      maxInFlightRequests: 1,
      idempotent: true,
      retry: { retries: 1 },
    });
    open.push(shop);
    await shop.connect();
    const send = async (value: string, end: 'commit' | 'abort'): Promise<void> => {
      const transaction = await shop.transaction();
      await transaction.send({ topic: 'orders', messages: [{ value, partition: 0 }] });
      await transaction[end]();
    };
    await send('committed', 'commit');
    await send('aborted', 'abort');
    const values = async (isolation: 'read_committed' | 'read_uncommitted') =>
      (await broker.records('orders', { isolation })).map(({ value }) => value);
    expect(await values('read_committed')).toEqual(['committed']);
    expect(await values('read_uncommitted')).toEqual(['committed', 'aborted']);
    await broker.faults.fenceProducer('tx');
    await expect(send('too late', 'commit')).rejects.toThrow(/fenced|epoch/i);
    expect(await values('read_committed')).toEqual(['committed']);
  });
});

describe('a group', () => {
  it('is waited for until it has read everything, and shows what it committed', async () => {
    await start();
    const placed = await broker.produce('orders', [
      'one',
      { key: 'k', value: { two: 2 } },
      { value: 'three', partition: 0 },
    ]);
    const seen: string[] = [];
    await member('worker', seen);
    await broker.waitFor({ group: GROUP, lag: 0 });
    expect(seen.sort()).toEqual(['one', 'three', '{"two":2}']);
    const counts: Record<number, number> = {};
    for (const { partition } of placed) counts[partition] = (counts[partition] ?? 0) + 1;
    expect(await broker.committed(GROUP)).toEqual({ orders: counts });
    const written = await broker.records('orders');
    expect(written.find(({ key }) => key === 'k')?.json()).toEqual({ two: 2 });
  });

  it('rebalances when told to, and goes on', async () => {
    await start();
    const seen: string[] = [];
    await member('a', seen);
    await broker.waitFor({ group: GROUP, members: 1 });
    const joins = broker.requests.count({ api: 'JoinGroup' });
    await broker.faults.rebalance(GROUP);
    await broker.waitFor({ group: GROUP, members: 1 });
    expect(broker.requests.count({ api: 'JoinGroup' })).toBeGreaterThan(joins);
    await broker.produce('orders', ['after']);
    await broker.waitFor({ group: GROUP, lag: 0 });
    expect(seen).toEqual(['after']);
    await expect(broker.faults.rebalance('nobody')).rejects.toThrow('no members');
  });

  it('loses a member whose session is ended, who joins again under another id', async () => {
    await start();
    await member('a');
    await member('b');
    await broker.waitFor({ group: GROUP, members: 2 });
    const [removed] = await broker.faults.expireSession(GROUP, { clientId: 'a' });
    await broker.requests.next({ api: 'JoinGroup', clientId: 'a' });
    await broker.waitFor({ group: GROUP, members: 2 });
    const { members } = await broker.group(GROUP);
    expect(members.map(({ clientId }) => clientId).sort()).toEqual(['a', 'b']);
    expect(members.map(({ memberId }) => memberId)).not.toContain(removed);
    await expect(broker.faults.expireSession(GROUP, { clientId: 'c' })).rejects.toThrow('no such member');
  });

  it('waits out a coordinator that loads', async () => {
    await start();
    const loading = broker.faults.coordinatorLoading({ group: GROUP, times: 2 });
    await member('a');
    // kafkajs restarts its consumer in the background: one that is disconnected before it fetches comes back for ever.
    await broker.requests.next({ api: 'Fetch', clientId: 'a' });
    expect(loading.hits).toBe(2);
  });
});

describe('a broker whose clock a test moves', () => {
  it('ends sessions when their time has come, and not before', async () => {
    await start({ clock: 'manual' });
    await member('silent');
    await broker.waitFor({ group: GROUP, members: 1 });
    broker.faults.stall('Heartbeat');
    await broker.requests.next({ api: 'Heartbeat' });
    await broker.clock.advance(9_000);
    expect((await broker.group(GROUP)).members).toHaveLength(1);
    await broker.clock.advance(11_000);
    expect((await broker.group(GROUP)).members).toHaveLength(0);
  });

  it('deletes what is older than the retention time', async () => {
    const config = { 'retention.ms': '86400000', 'segment.ms': '3600000' };
    await start({ clock: 'manual', topics: { orders: { partitions: 1, config } } });
    await broker.produce('orders', ['old']);
    await broker.clock.advance(2 * 3_600_000);
    await broker.produce('orders', ['young']);
    expect(await broker.records('orders')).toHaveLength(2);
    await broker.clock.advance(23 * 3_600_000);
    expect((await broker.records('orders')).map(({ value }) => value)).toEqual(['young']);
  });

  it('lets a consumer poll and leave while it stands still', async () => {
    await start({ clock: 'manual' });
    const consumer = await member('patient');
    await broker.requests.next({ api: 'Fetch' });
    await consumer.disconnect();
    expect((await broker.group(GROUP)).members).toHaveLength(0);
  });

  it('does not move by itself, nor back', async () => {
    await start();
    await expect(broker.clock.advance(1)).rejects.toThrow("clock: 'manual'");
    await broker.stop();
    await start({ clock: 'manual' });
    await expect(broker.clock.advance(-1)).rejects.toThrow(RangeError);
  });
});

it('says what it waited for in vain', async () => {
  await start();
  const wait = (condition: Parameters<TestBroker['waitFor']>[0]) => broker.waitFor(condition, { timeoutMs: 1 });
  await expect(wait({ group: GROUP, lag: 0 })).rejects.toThrow('the group has committed nothing');
  await expect(wait({ group: GROUP, members: 1 })).rejects.toThrow('the group is Dead with 0 members');
  await expect(wait({ topic: 'orders', records: 1 })).rejects.toThrow('there are 0 records');
  await broker.produce('orders', [{ value: 'x', partition: 1 }]);
  await expect(wait({ group: GROUP, topic: 'orders', lag: 0 })).rejects.toThrow('orders-1 lags by 1');
  await broker.waitFor({ group: GROUP, topic: 'orders', lag: 1 });
});
