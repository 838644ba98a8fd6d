import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import type { RequestInput } from '../wire/apis/registry.js';
import { ERROR } from '../wire/error-codes.js';
import { RecordBatch } from '../wire/records/record-batch.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { checkIntact } from '../wire/records/validate-batch.js';
import { startTestBroker, type TestBroker } from './test-broker.js';

const batch = (value: string) =>
  encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: BigInt(Date.now()) }] });

let broker: TestBroker;
let client: RawClient;

/** One record to each of these partitions; the error of each, in order. */
async function produce(value: string, partitions = [0], topic = 'orders', from = client): Promise<number[]> {
  const partitionData = partitions.map((index) => ({ index, records: batch(value) }));
  const topicData = [{ name: topic, partitionData }];
  const { responses } = await from.ask(0, 7, { acks: -1, timeoutMs: 1_000, topicData });
  const results = responses.flatMap(({ partitionResponses }) => partitionResponses);
  return partitions.map((index) => results.find((each) => each.index === index)!.errorCode);
}

const values = async (partition = 0): Promise<(string | null)[]> =>
  (await broker.records('orders', { partition })).map(({ value }) => value);

beforeEach(async () => {
  broker = await startTestBroker({ topics: { orders: 3, other: 1 } });
  client = new RawClient(broker.port);
});
afterEach(async () => {
  client.close();
  await broker.stop();
});

describe('faults of requests', () => {
  it('fails the next request of a kind, once, without serving it', async () => {
    const fault = broker.faults.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER');
    expect(await produce('lost')).toEqual([ERROR.NOT_LEADER_OR_FOLLOWER]);
    expect(await produce('kept')).toEqual([0]);
    expect(await values()).toEqual(['kept']);
    expect({ hits: fault.hits, isActive: fault.isActive }).toEqual({ hits: 1, isActive: false });
  });

  it('fails one partition and serves the others of the same request', async () => {
    broker.faults.fail('Produce', 'KAFKA_STORAGE_ERROR', { topic: 'orders', partition: 1 });
    expect(await produce('a', [0, 1, 2])).toEqual([0, ERROR.KAFKA_STORAGE_ERROR, 0]);
    expect(await produce('b', [0], 'other')).toEqual([0]);
    expect([await values(0), await values(1), await values(2)]).toEqual([['a'], [], ['a']]);
  });

  it('refuses names that are none, which would never strike', () => {
    expect(() => broker.faults.fail('Produc' as 'Produce', 'UNKNOWN_SERVER_ERROR')).toThrow('Kafka has no API Produc');
    expect(() => broker.faults.fail('Produce', 'LEADER_AWAY' as 'NOT_COORDINATOR')).toThrow('no error LEADER_AWAY');
    expect(broker.faults.all()).toEqual([]);
  });

  it('strikes clients by name, after as many requests as it should let pass, as often as asked', async () => {
    broker.faults.fail('Produce', 'REQUEST_TIMED_OUT', { clientId: 'raw', skip: 1, times: 2 });
    broker.faults.fail('Produce', 'INVALID_RECORD', { clientId: 'somebody else' });
    const errors = [];
    for (let n = 0; n < 4; n++) errors.push(...(await produce(`${n}`)));
    expect(errors).toEqual([0, ERROR.REQUEST_TIMED_OUT, ERROR.REQUEST_TIMED_OUT, 0]);
  });

  it('lets several strike in the order in which they were made', async () => {
    broker.faults.failNext('Produce', 'NOT_LEADER_OR_FOLLOWER');
    broker.faults.failNext('Produce', 'LEADER_NOT_AVAILABLE');
    const throttled = broker.faults.throttle('Produce', 5);
    expect(await produce('1')).toEqual([ERROR.NOT_LEADER_OR_FOLLOWER]);
    expect(await produce('2')).toEqual([ERROR.LEADER_NOT_AVAILABLE]);
    expect(throttled.hits).toBe(0);
    expect(await produce('3')).toEqual([0]);
    expect(throttled.hits).toBe(1);
  });

  it('drops a connection before or after the request took effect', async () => {
    broker.faults.dropConnection('Produce');
    await expect(produce('refused')).rejects.toThrow('closed the connection');
    broker.faults.dropConnection('Produce', { when: 'after' });
    await expect(produce('unacknowledged', [0], 'orders', new RawClient(broker.port))).rejects.toThrow('closed');
    expect(await values()).toEqual(['unacknowledged']);
    expect(broker.requests.all({ api: 'Produce' }).map(({ outcome }) => outcome)).toEqual(['dropped', 'dropped']);
  });

  it('holds requests until it is cleared, and none that comes later overtakes them', async () => {
    const fault = broker.faults.stall('Produce', { times: 1 });
    const first = produce('first');
    await fault.hit();
    const second = produce('second');
    await broker.requests.next({ api: 'Produce' });
    expect(await values()).toEqual([]);
    fault.clear();
    expect(await first).toEqual([0]);
    expect(await second).toEqual([0]);
    expect(await values()).toEqual(['first', 'second']);
  });

  it('lets go of a request whose client has left, and of those behind it', async () => {
    const fault = broker.faults.stall('Produce', { times: 1 });
    const held = produce('abandoned');
    await fault.hit();
    client.close();
    await expect(held).rejects.toThrow('closed the connection');
    client = new RawClient(broker.port);
    expect(await produce('next')).toEqual([0]);
    expect(await values()).toEqual(['next']);
  });

  it('stops while a request is held', async () => {
    const fault = broker.faults.stall('*');
    const answer = produce('held');
    await fault.hit();
    await broker.stop();
    expect(await answer).toEqual([0]);
  });

  it('delays an answer, not what it answers', async () => {
    const fault = broker.faults.delay('Produce', 60_000);
    const answer = produce('slow');
    await broker.waitFor({ topic: 'orders', records: 1 });
    await fault.hit();
    fault.clear();
    expect(await answer).toEqual([0]);
  });

  it('answers a fetch that fails at once, and says which partition', async () => {
    broker.faults.failNext('Fetch', 'OFFSET_OUT_OF_RANGE', { topic: 'orders', partition: 2 });
    const partitions = [0, 2].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1_000 }));
    const { responses } = await client.ask(1, 11, {
      maxWaitMs: 60_000,
      minBytes: 1,
      topics: [{ topic: 'orders', partitions }],
      rackId: '',
    });
    const codes = responses.flatMap((topic) => topic.partitions.map((each) => [each.partitionIndex, each.errorCode]));
    expect(Object.fromEntries(codes)).toEqual({ 0: 0, 2: ERROR.OFFSET_OUT_OF_RANGE });
  });

  it('reaches a partition that a fetch does not name, because its session knows it', async () => {
    const fetch = (sessionId: number, sessionEpoch: number, topics: RequestInput<1>['topics']) =>
      client.ask(1, 11, { maxWaitMs: 0, minBytes: 0, sessionId, sessionEpoch, topics, rackId: '' });
    const all = [0, 1].map((partition) => ({ partition, fetchOffset: 0n, partitionMaxBytes: 1_000 }));
    const { sessionId } = await fetch(0, 0, [{ topic: 'orders', partitions: all }]);
    expect(sessionId).not.toBe(0);
    const fault = broker.faults.failNext('Fetch', 'OFFSET_OUT_OF_RANGE', { topic: 'orders', partition: 1 });
    expect((await fetch(sessionId, 1, [])).errorCode).toBe(ERROR.FETCH_SESSION_ID_NOT_FOUND);
    const again = await fetch(0, 0, [{ topic: 'orders', partitions: all }]);
    expect(again.sessionId).toBe(0);
    const codes = again.responses.flatMap(({ partitions }) =>
      partitions.map((each) => [each.partitionIndex, each.errorCode]),
    );
    expect(Object.fromEntries(codes)).toEqual({ 0: 0, 1: ERROR.OFFSET_OUT_OF_RANGE });
    expect(fault.hits).toBe(1);
  });

  it('fails a topic in Metadata and leaves clients the brokers', async () => {
    broker.faults.failNext('Metadata', 'LEADER_NOT_AVAILABLE', { topic: 'orders' });
    const { topics, brokers } = await client.ask(3, 5, { topics: [{ name: 'orders' }, { name: 'other' }] });
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['orders', ERROR.LEADER_NOT_AVAILABLE],
      ['other', 0],
    ]);
    expect(brokers).toHaveLength(1);
  });

  it('makes a coordinator load, for one group', async () => {
    broker.faults.coordinatorLoading({ group: 'g', times: 1 });
    const fetchOffsets = async (groupId: string) => (await client.ask(9, 5, { groupId, topics: null })).errorCode;
    expect(await fetchOffsets('other')).toBe(0);
    expect(await fetchOffsets('g')).toBe(ERROR.COORDINATOR_LOAD_IN_PROGRESS);
    expect(await fetchOffsets('g')).toBe(0);
  });
});

describe('a group of the consumer protocol (KIP-848)', () => {
  const heartbeat = (memberId: string, memberEpoch: number, more: Partial<RequestInput<68>> = {}) =>
    client.ask(68, 1, { groupId: 'g', memberId, memberEpoch, ...more });
  const join = { rebalanceTimeoutMs: 30_000, subscribedTopicNames: ['orders'], topicPartitions: [] };

  it('rebalances when told to, and loses a member whose session is ended', async () => {
    const { memberId, memberEpoch } = await heartbeat('m', 0, join);
    expect((await broker.group('g')).members).toMatchObject([{ memberId, clientId: 'raw' }]);
    await broker.faults.rebalance('g');
    expect((await broker.group('g')).members).toHaveLength(1);
    // The group has been through two epochs: with the passer-by, and without it.
    const { groups } = await client.ask(69, 0, { groupIds: ['g'], includeAuthorizedOperations: false });
    expect(groups[0]!.groupEpoch).toBeGreaterThan(memberEpoch + 1);
    expect(await broker.faults.expireSession('g', { clientId: 'raw' })).toEqual([memberId]);
    expect((await heartbeat(memberId!, memberEpoch)).errorCode).toBe(ERROR.UNKNOWN_MEMBER_ID);
  });
});

describe('faults of connections', () => {
  it('refuses new ones and breaks off open ones', async () => {
    await produce('one');
    const refusal = broker.faults.refuseConnections({ times: 1 });
    expect(broker.faults.breakConnections()).toBe(1);
    expect(await client.frame()).toBeNull();
    expect(await new RawClient(broker.port).frame()).toBeNull();
    expect(refusal.hits).toBe(1);
    client = new RawClient(broker.port);
    expect(await produce('two')).toEqual([0]);
  });
});

describe.each(['memory', 'disk'] as const)('faults of storage on %s', (storage) => {
  beforeEach(async () => {
    client.close();
    await broker.stop();
    broker = await startTestBroker({ topics: { orders: 3, other: 1 }, storage, clock: 'manual' });
    client = new RawClient(broker.port);
  });

  it('fails what waited for a failed fsync; it is not in the log, now or later', async () => {
    await produce('before');
    const fault = broker.faults.failFsync({ topic: 'orders', partition: 0, times: 1 });
    expect(await produce('x', [0, 1])).toEqual([ERROR.KAFKA_STORAGE_ERROR, 0]);
    await fault.hit();
    // The partition tries the disk again once a second.
    expect(await produce('too soon')).toEqual([ERROR.KAFKA_STORAGE_ERROR]);
    await broker.clock.advance(1_000);
    expect(await produce('after')).toEqual([0]);
    expect(await values()).toEqual(['before', 'after']);
    await broker.restart();
    expect(await values()).toEqual(['before', 'after']);
  });

  it('acknowledges nothing while fsync is stalled', async () => {
    const fault = broker.faults.stallFsync({ topic: 'orders' });
    const answer = produce('late');
    await fault.hit();
    expect(await values()).toEqual([]);
    fault.clear();
    expect(await answer).toEqual([0]);
    expect(await values()).toEqual(['late']);
  });

  it('acknowledges later when fsync takes longer', async () => {
    const fault = broker.faults.delayFsync(60_000, { topic: 'orders', partition: 1, times: 1 });
    const slow = produce('slow', [1], 'orders', new RawClient(broker.port));
    await fault.hit();
    expect(await produce('quick', [0])).toEqual([0]);
    expect([await values(0), await values(1)]).toEqual([['quick'], []]);
    fault.clear();
    expect(await slow).toEqual([0]);
  });

  it('takes writes again when a full disk has room', async () => {
    const full = broker.faults.fullDisk();
    expect(await produce('no room')).toEqual([ERROR.KAFKA_STORAGE_ERROR]);
    full.clear();
    await broker.clock.advance(1_000);
    expect(await produce('room')).toEqual([0]);
    expect(await values()).toEqual(['room']);
  });

  it('damages a stored batch: readers get bytes with a wrong checksum', async () => {
    await produce('good');
    await produce('bad');
    const fault = broker.faults.corruptBatch({ topic: 'orders', offset: 1 });
    const partitions = [{ partition: 0, fetchOffset: 1n, partitionMaxBytes: 1_000 }];
    const topics = [{ topic: 'orders', partitions }];
    const fetched = async () => {
      const { responses } = await client.ask(1, 11, { maxWaitMs: 0, minBytes: 0, topics, rackId: '' });
      return new RecordBatch(responses[0]!.partitions[0]!.records!);
    };
    const damaged = await fetched();
    expect(() => checkIntact(damaged)).toThrow('checksum');
    await fault.hit();
    fault.clear();
    checkIntact(await fetched());
    expect(() => broker.faults.corruptBatch({ topic: 'orders', offset: 7 })).toThrow('orders-0 has no record');
  });
});

describe('what faults tell', () => {
  it('fails a test whose faults did not strike, naming them', () => {
    broker.faults.failNext('Produce', 'INVALID_RECORD', { topic: 'orders' });
    broker.faults.delay('Fetch', 10);
    expect(() => broker.faults.assertAllHit()).toThrow(
      /fail Produce with INVALID_RECORD \(1 times, topic orders\): hit 0 of 1 times\ndelay Fetch by 10 ms: never hit/,
    );
    broker.faults.clear();
    broker.faults.assertAllHit();
  });

  it('waits for a strike no longer than asked', async () => {
    const fault = broker.faults.failNext('Produce', 'INVALID_RECORD');
    await expect(fault.hit({ timeoutMs: 1 })).rejects.toThrow('hit 0 of 1 times after 1 ms');
    expect(() => broker.faults.failNext('Produce', 'INVALID_RECORD', { times: 0 })).toThrow(RangeError);
  });

  it('ends with the block that made it', async () => {
    {
      using fault = broker.faults.fail('Produce', 'INVALID_RECORD');
      expect(await produce('x')).toEqual([ERROR.INVALID_RECORD]);
      expect(fault.hits).toBe(1);
    }
    expect(await produce('y')).toEqual([0]);
  });

  it('shows what clients asked, with what struck it', async () => {
    broker.faults.failNext('Produce', 'INVALID_RECORD', { topic: 'orders' });
    await produce('x', [2]);
    const [request] = broker.requests.all({ api: 'Produce' });
    expect(request).toMatchObject({
      api: 'Produce',
      version: 7,
      clientId: 'raw',
      topics: { orders: [2] },
      outcome: 'answered',
      errors: ['INVALID_RECORD'],
      faults: ['fail Produce with INVALID_RECORD (1 times, topic orders)'],
    });
    expect(broker.requests.count({ topic: 'other' })).toBe(0);
    broker.requests.clear();
    expect(broker.requests.all()).toEqual([]);
  });
});
