import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawClient } from '../../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../../testing/test-broker.js';
import { ERROR } from '../../wire/error-codes.js';
import { encodeBatch } from '../../wire/records/record-codec.js';

let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 3 } });
  client = new RawClient(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

const produce = async (index: number): Promise<void> => {
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
  await client.ask(0, 9, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: 'rides', partitionData: [{ index, records }] }],
  });
};

const fetch = async (sessionId: number, sessionEpoch: number, offsets: Readonly<Record<number, bigint>>) => {
  const answer = await client.ask(1, 12, {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000,
    sessionId,
    sessionEpoch,
    topics: [
      {
        topic: 'rides',
        partitions: Object.entries(offsets).map(([partition, fetchOffset]) => ({
          partition: Number(partition),
          fetchOffset,
          partitionMaxBytes: 1_000,
        })),
      },
    ],
    rackId: '',
  });
  const told = answer.responses.flatMap(({ partitions }) =>
    partitions.map(({ partitionIndex, records }) => ({ partitionIndex, hasRecords: (records as Buffer).length > 0 })),
  );
  return { errorCode: answer.errorCode, sessionId: answer.sessionId, told };
};

it('serves a session over the wire: all partitions at first, then those with records only', async () => {
  const first = await fetch(0, 0, { 0: 0n, 1: 0n, 2: 0n });
  expect(first.told.map(({ partitionIndex }) => partitionIndex)).toEqual([0, 1, 2]);
  const { sessionId } = first;
  expect(sessionId).toBeGreaterThan(0);
  expect(await fetch(sessionId, 1, {})).toEqual({ errorCode: 0, sessionId, told: [] });
  await produce(2);
  expect(await fetch(sessionId, 2, {})).toEqual({
    errorCode: 0,
    sessionId,
    told: [{ partitionIndex: 2, hasRecords: true }],
  });
  expect(await fetch(sessionId, 3, { 2: 1n })).toEqual({ errorCode: 0, sessionId, told: [] });
});

it('answers an unknown session with its error alone', async () => {
  expect(await fetch(77, 1, {})).toEqual({ errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, told: [] });
});
