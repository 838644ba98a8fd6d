import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import type { RequestInput } from '../wire/apis/registry.js';
import { encodeBatch } from '../wire/records/record-codec.js';

/** What is expected here is what Apache Kafka 4.1 answered to the same bytes. */

let broker: TestBroker;
let client: RawClient;
const batch = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 1 } });
  client = new RawClient(broker.port);
  for (let count = 0; count < 2; count++) {
    const topicData = [{ name: 'rides', partitionData: [{ index: 0, records: Buffer.from(batch) }] }];
    await client.ask(0, 9, { acks: -1, timeoutMs: 1_000, topicData });
  }
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

const fetch = async (options: Partial<RequestInput<1>>, partitionMaxBytes = 1_000, partition = 0) => {
  const topics = [{ topic: 'rides', partitions: [{ partition, fetchOffset: 0n, partitionMaxBytes }] }];
  const answer = await client.ask(1, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000,
    topics,
    rackId: '',
    ...options,
  });
  return { errorCode: answer.errorCode, partition: answer.responses[0]?.partitions[0] };
};

it.each([
  ['the request', 0, 1_000],
  ['the partition', 1_000, 0],
])('gives the first batch though %s is limited to 0 bytes', async (_, maxBytes, partitionMaxBytes) => {
  const { partition } = await fetch({ maxBytes }, partitionMaxBytes);
  expect(partition!.records).toHaveLength(batch.length);
});

it('lists no aborted transactions to who reads what is committed, and none at all to others', async () => {
  expect((await fetch({ isolationLevel: 1 })).partition!.abortedTransactions).toEqual([]);
  expect((await fetch({ isolationLevel: 0 })).partition!.abortedTransactions).toBeNull();
});

it('gives empty records, not null, for a partition that does not exist', async () => {
  const { partition } = await fetch({}, 1_000, 9);
  expect(partition).toMatchObject({
    errorCode: 3,
    highWatermark: -1n,
    records: Buffer.alloc(0),
    abortedTransactions: [],
  });
});

it.each([0, 5])('knows no fetch session, %i neither', async (sessionId) => {
  expect((await fetch({ sessionId, sessionEpoch: 1 })).errorCode).toBe(70);
});
