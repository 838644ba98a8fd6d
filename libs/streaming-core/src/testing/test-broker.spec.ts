import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import { RawClient } from '../../test/raw-client.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { startTestBroker, type TestBroker } from './test-broker.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function produce(broker: TestBroker, value: string): Promise<bigint> {
  const client = new RawClient(broker.port);
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: 1n }] });
  const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(0, 7, { acks: -1, timeoutMs: 1_000, topicData });
  client.close();
  return responses[0]!.partitionResponses[0]!.baseOffset;
}

async function endOffset(broker: TestBroker): Promise<bigint> {
  const client = new RawClient(broker.port);
  const partitions = [{ partitionIndex: 0, timestamp: -1n }];
  const { topics } = await client.ask(2, 1, { replicaId: -1, topics: [{ name: 'rides', partitions }] });
  client.close();
  return topics[0]!.partitions[0]!.offset;
}

async function commit(broker: TestBroker, committedOffset: bigint): Promise<number> {
  const client = new RawClient(broker.port);
  const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }];
  const { topics } = await client.ask(8, 2, { groupId: 'g', topics: [{ name: 'rides', partitions }] });
  client.close();
  return topics[0]!.partitions[0]!.errorCode;
}

async function committed(broker: TestBroker): Promise<bigint> {
  const client = new RawClient(broker.port);
  const { topics } = await client.ask(9, 1, { groupId: 'g', topics: [{ name: 'rides', partitionIndexes: [0] }] });
  client.close();
  return topics[0]!.partitions[0]!.committedOffset;
}

describe.each(['memory', 'disk'] as const)('a test broker on %s', (storage) => {
  it('keeps what it acknowledged through a kill: records, topics, committed offsets', async () => {
    await using broker = await startTestBroker({ topics: { rides: 1 }, storage });
    expect(await produce(broker, 'one')).toBe(0n);
    expect(await commit(broker, 1n)).toBe(0);
    broker.kill();
    await broker.restart();
    expect(await endOffset(broker)).toBe(1n);
    expect(await committed(broker)).toBe(1n);
    expect(await produce(broker, 'two')).toBe(1n);
  });

  it('breaks off every connection when it is killed', async () => {
    await using broker = await startTestBroker({ topics: { rides: 1 }, storage });
    const client = new RawClient(broker.port);
    await client.ask(3, 1, { topics: [] });
    broker.kill();
    expect(await client.frame()).toBeNull();
  });
});

it('tells how it is, as a broker in production does', async () => {
  await using broker = await startTestBroker({ topics: { rides: 2 } });
  await produce(broker, 'one');
  expect(broker.health()).toEqual({ isReady: true, partitions: 2, offlinePartitions: 0, unwritablePartitions: 0 });
  expect(broker.prometheus()).toMatch(/^streaming_requests_total\{api="Produce"\} 1$/m);
  broker.kill();
  expect(broker.health()).toMatchObject({ isReady: false });
});

it('runs beside others without meeting them', async () => {
  await using left = await startTestBroker({ topics: { rides: 1 } });
  await using right = await startTestBroker({ topics: { rides: 1 } });
  expect(left.port).not.toBe(right.port);
  await produce(left, 'only here');
  expect(await endOffset(right)).toBe(0n);
});

it('answers a waiting fetch when it stops, and takes no more connections', async () => {
  const broker = await startTestBroker({ topics: { rides: 1 } });
  const client = new RawClient(broker.port);
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }];
  const topics = [{ topic: 'rides', partitions }];
  const answer = client.ask(1, 11, { maxWaitMs: 60_000, minBytes: 1, topics, rackId: '' });
  while (broker.metrics().fetchesWaiting === 0) await new Promise((resolve) => setImmediate(resolve));
  await broker.stop();
  expect((await answer).responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0n });
  expect(await new RawClient(broker.port).frame()).toBeNull();
});

it.each(['memory', 'disk'] as const)('on %s leaves nothing behind when it cannot start as asked', async (storage) => {
  const leftovers = () => readdirSync(os.tmpdir()).filter((name) => name.startsWith('streaming-core-test-broker-'));
  const before = leftovers();
  const port = await freePort();
  await expect(startTestBroker({ storage, port, topics: { 'no such name!': 1 } })).rejects.toThrow(/ASCII/);
  await expect(startTestBroker({ storage, port, config: { nonsense: '1' } })).rejects.toThrow(/no such setting/);
  expect(leftovers()).toEqual(before);
  // The port is free again: nothing listens on.
  await using broker = await startTestBroker({ storage, port });
  expect(broker.port).toBe(port);
});

it('refuses a time to wait that no timer can keep: it would go off at once, again and again', async () => {
  const start = startTestBroker({ config: { 'connections.max.idle.ms': '9007199254740991' } });
  await expect(start).rejects.toThrow('connections.max.idle.ms: must be at most 2147483647');
});

it('refuses settings that do not exist, naming each', async () => {
  const start = startTestBroker({ config: { 'num.partition': '1', 'num.partitions': '0' } });
  await expect(start).rejects.toThrow(/num\.partition: no such setting\nnum\.partitions: must be at least 1/);
});
