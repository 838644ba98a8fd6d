import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { framed, header, RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { ERROR } from '../wire/error-codes.js';
import { decodeResponse } from '../wire/messages.js';
import { encodeBatch } from '../wire/records/record-codec.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const SESSIONS_MAX = 5;

let broker: TestBroker;
let warnings: { reason?: string }[];
let bystander: RawClient;
const clients: RawClient[] = [];

beforeEach(async () => {
  warnings = [];
  const ignore = (): void => undefined;
  broker = await startTestBroker({
    topics: { rides: 1 },
    config: {
      'socket.request.max.bytes': '65536',
      'max.partitions': '50',
      'max.incremental.fetch.session.cache.slots': String(SESSIONS_MAX),
    },
    logger: {
      debug: ignore,
      info: ignore,
      warn: (details) => void warnings.push(details),
      error: (details) => void warnings.push(details),
    },
  });
  bystander = newClient();
  await bystander.ask(3, 1, { topics: [] });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await broker.stop();
});

function newClient(): RawClient {
  const client = new RawClient(broker.port);
  clients.push(client);
  return client;
}

/** The connection that sent it is closed with one line in the log; a neighbour notices nothing. */
async function expectRefused(bytes: Buffer, reason?: string): Promise<void> {
  const client = newClient();
  client.write(bytes);
  expect(await client.frame()).toBeNull();
  const lines = warnings.filter((line) => line.reason !== undefined);
  expect(lines).toHaveLength(1);
  if (reason !== undefined) expect(lines[0]).toMatchObject({ reason });
  const { brokers } = await bystander.ask(3, 1, { topics: [] });
  expect(brokers).toHaveLength(1);
}

describe('framing', () => {
  it.each([
    ['1 a negative size', hex('ffffffff'), 'NEGATIVE_SIZE'],
    ['2 a size over the limit', hex('00010001 00'), 'TOO_LARGE'],
    ['3 a size of 0', hex('00000000'), 'TOO_SHORT'],
    ['3 a size under a header', hex('00000009 000000000000000000'), 'TOO_SHORT'],
    ['4 HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'HTTP'],
    ['4 an HTTP answer', Buffer.from('HTTP/1.1 200 OK\r\n'), 'HTTP'],
    ['4 TLS', hex('160301020001000 1'), 'TLS'],
    ['9 trailing bytes', framed(header(18, 0), Buffer.from([0])), 'TRAILING_BYTES'],
  ])('%s', (_, bytes, reason) => expectRefused(bytes, reason));

  it('5 a byte now and then does not keep a connection open', async () => {
    await using impatient = await startTestBroker({ config: { 'connections.max.idle.ms': '200' } });
    const client = new RawClient(impatient.port);
    clients.push(client);
    client.write(hex('00000064'));
    const drip = setInterval(() => client.write(Buffer.from([0])), 50);
    expect(await client.frame()).toBeNull();
    clearInterval(drip);
    expect(impatient.metrics().connectionsRefused).toEqual({ IDLE: 1 });
  });

  it('6 a half-close in the middle of a frame', async () => {
    const client = newClient();
    client.socket.end(hex('00000064 0003'));
    expect(await client.frame()).toBeNull();
    expect((await bystander.ask(3, 1, { topics: [] })).brokers).toHaveLength(1);
  });

  it('8 endless pipelining without reading stops being read', async () => {
    const client = newClient();
    client.socket.pause();
    const request = framed(header(18, 0));
    const many = Buffer.concat(Array.from({ length: 5_000 }, () => request));
    let accepted = 0;
    for (let round = 0; round < 400 && client.socket.writableLength < 8 << 20; round++) {
      accepted += 5_000;
      client.write(many);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The broker left most of it in the pipe.
    expect(client.socket.writableLength).toBeGreaterThan(1 << 20);
    expect(broker.metrics().apis['ApiVersions']!.requests).toBeLessThan(accepted);
    expect((await bystander.ask(3, 1, { topics: [] })).brokers).toHaveLength(1);
  });
});

describe('headers and primitives', () => {
  it.each([
    ['10 an unknown API key', framed(header(999, 0)), 'UNKNOWN_API'],
    ['10 a negative API key', framed(header(-1, 0)), 'UNKNOWN_API'],
    ['11 a negative version', framed(header(3, -1)), 'UNSUPPORTED_VERSION'],
    ['11 an unsupported version', framed(header(3, 99)), 'UNSUPPORTED_VERSION'],
    ['12 a flexible version in the old form', framed(header(3, 9), hex('00000001 0001 61 01')), undefined],
    ['13 bad UTF-8 in a topic name', framed(header(3, 1), hex('00000001 0002 c328')), 'BAD_UTF8'],
    ['14 an overlong varint', framed(header(3, 9), hex('00 ffffffffffffffffff01 00')), 'OVERLONG_VARINT'],
    ['15 a length of -2', framed(header(3, 1), hex('00000001 fffe')), 'NEGATIVE_LENGTH'],
    ['16 a length beyond the remaining bytes', framed(header(3, 1), hex('00000001 7fff 61')), 'UNDERFLOW'],
    ['17 null where a string must be', framed(header(3, 1), hex('00000001 ffff')), 'NULL_NOT_ALLOWED'],
    ['18 an array of 2^31-1 in a small frame', framed(header(3, 1), hex('7fffffff')), 'ARRAY_TOO_LARGE'],
    ['19 an array of more elements than bytes', framed(header(42, 0), hex('00000064 0000 0000')), 'ARRAY_TOO_LARGE'],
    ['20 a tagged field twice', framed(header(3, 9), hex('02 00 01 00 00 01 00')), 'BAD_TAGGED_FIELDS'],
    ['20 a tagged field longer than the frame', framed(header(3, 9), hex('01 00 7f 00')), 'UNDERFLOW'],
  ])('%s', (_, bytes, reason) => expectRefused(bytes, reason));

  it('11 an ApiVersions request of the future is answered in version 0 with error 35', async () => {
    const client = newClient();
    client.write(framed(header(18, 77, 5), hex('00 02 61 02 62 00')));
    const { correlationId, body } = decodeResponse(18, 0, (await client.frame())!);
    expect(correlationId).toBe(5);
    expect(body).toMatchObject({ errorCode: ERROR.UNSUPPORTED_VERSION, apiKeys: [{ apiKey: 18 }] });
    const { apiKeys } = await client.ask(18, 3, { clientSoftwareName: 'a', clientSoftwareVersion: 'b' });
    expect(apiKeys.length).toBeGreaterThan(20);
  });

  it('21 offsets beyond 2^53 are kept exactly', async () => {
    const committedOffset = 2n ** 62n + 1n;
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }];
    await bystander.ask(8, 2, { groupId: 'g', topics: [{ name: 'rides', partitions }] });
    const fetched = await bystander.ask(9, 1, { groupId: 'g', topics: [{ name: 'rides', partitionIndexes: [0] }] });
    expect(fetched.topics[0]!.partitions[0]!.committedOffset).toBe(committedOffset);
  });

  it('22 the same topic-partition twice is refused once', async () => {
    const partition = { partitionIndex: 0, timestamp: -1n };
    const { topics } = await bystander.ask(2, 1, {
      replicaId: -1,
      topics: [{ name: 'rides', partitions: [partition, partition] }],
    });
    expect(topics[0]!.partitions.map(({ errorCode }) => errorCode)).toEqual([ERROR.INVALID_REQUEST]);
  });

  it('23 a million empty topics are not even decoded', async () => {
    await using roomy = await startTestBroker();
    const client = new RawClient(roomy.port);
    clients.push(client);
    const million = Buffer.alloc(4 + 2_000_000);
    million.writeInt32BE(1_000_000);
    client.write(framed(header(3, 1), million));
    expect(await client.frame()).toBeNull();
    expect(roomy.metrics().connectionsRefused).toEqual({ ARRAY_TOO_LARGE: 1 });
  });

  it('23 thousands of unknown topics are not all created', async () => {
    const names = Array.from({ length: 3_000 }, (_, index) => ({ name: `t${index}` }));
    const { topics } = await bystander.ask(3, 4, { topics: names, allowAutoTopicCreation: true });
    expect(topics.filter(({ errorCode }) => errorCode === 0)).toHaveLength(49);
    // Beyond max.partitions a topic is refused; beyond what one request may create it is left for the next.
    expect(topics.filter(({ errorCode }) => errorCode === ERROR.POLICY_VIOLATION)).toHaveLength(51);
    expect(topics.filter(({ errorCode }) => errorCode === ERROR.UNKNOWN_TOPIC_OR_PARTITION)).toHaveLength(2_900);
  });

  it.each(['../x', '.', '..', '', 'a\0b', 'x'.repeat(250), 'a/b', 'ü'])('24 topic %p is not created', async (name) => {
    const created = await bystander.ask(19, 2, {
      topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1_000,
    });
    expect(created.topics[0]!.errorCode).toBe(ERROR.INVALID_TOPIC_EXCEPTION);
    const asked = await bystander.ask(3, 4, { topics: [{ name }], allowAutoTopicCreation: true });
    expect(asked.topics[0]!.errorCode).toBe(ERROR.INVALID_TOPIC_EXCEPTION);
  });

  it('24 topics named like parts of an object are topics like any other', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const before = await bystander.ask(3, 4, { topics: [{ name }], allowAutoTopicCreation: false });
      expect(before.topics[0]!.errorCode).toBe(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
      const created = await bystander.ask(3, 4, { topics: [{ name }], allowAutoTopicCreation: true });
      expect(created.topics[0]).toMatchObject({ errorCode: 0, name });
    }
  });
});

describe('records', () => {
  const produce = async (records: Buffer | null, acks = 1) => {
    const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
    const { responses } = await bystander.ask(0, 7, { acks, timeoutMs: 1_000, topicData });
    return responses[0]!.partitionResponses[0]!.errorCode;
  };
  const batch = encodeBatch({ records: [{ key: null, value: Buffer.from('ride'), timestamp: 1n }] });
  const changed = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(batch);
    copy.set(bytes, at);
    return copy;
  };

  it.each([
    ['25 a negative length', changed(8, 0xff, 0xff, 0xff, 0xff), 'CORRUPT_MESSAGE'],
    ['25 a length past the end', changed(8, 0, 0, 1, 0), 'CORRUPT_MESSAGE'],
    ['26 a wrong checksum', changed(17, 1, 2, 3, 4), 'CORRUPT_MESSAGE'],
    ['27 format 0', changed(16, 0), 'INVALID_RECORD'],
    ['27 format 3', changed(16, 3), 'INVALID_RECORD'],
    ['no records', null, 'INVALID_RECORD'],
    ['32 two batches', Buffer.concat([batch, batch]), 'INVALID_RECORD'],
  ] as const)('%s', async (_, records, error) => {
    expect(await produce(records)).toBe(ERROR[error]);
    const { topics } = await bystander.ask(2, 1, {
      replicaId: -1,
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    });
    expect(topics[0]!.partitions[0]!.offset).toBe(0n);
  });

  it('39 acks=7 is refused', async () => {
    expect(await produce(batch, 7)).toBe(ERROR.INVALID_REQUIRED_ACKS);
  });

  it('clients do not write to the internal topic', async () => {
    await bystander.ask(10, 0, { key: 'g' });
    const topicData = [{ name: '__consumer_offsets', partitionData: [{ index: 0, records: batch }] }];
    const { responses } = await bystander.ask(0, 7, { acks: 1, timeoutMs: 1_000, topicData });
    expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(ERROR.INVALID_TOPIC_EXCEPTION);
  });
});

describe('fetching', () => {
  const fetch = (request: {
    replicaId?: number;
    maxBytes?: number;
    partitionMaxBytes?: number;
    sessionId?: number;
    sessionEpoch?: number;
    fetchOffset?: bigint;
  }) =>
    bystander.ask(1, 11, {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [
        {
          topic: 'rides',
          partitions: [
            {
              partition: 0,
              fetchOffset: request.fetchOffset ?? 0n,
              partitionMaxBytes: request.partitionMaxBytes ?? 1_000,
            },
          ],
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
      ...(request.replicaId === undefined ? {} : { replicaId: request.replicaId }),
      ...(request.maxBytes === undefined ? {} : { maxBytes: request.maxBytes }),
      ...(request.sessionId === undefined
        ? {}
        : { sessionId: request.sessionId, sessionEpoch: request.sessionEpoch ?? 1 }),
    });

  it("40 a replica's fetch by a client is refused", async () => {
    const { responses } = await fetch({ replicaId: 2 });
    expect(responses[0]!.partitions[0]!.errorCode).toBe(ERROR.CLUSTER_AUTHORIZATION_FAILED);
  });

  it.each([-1, 0, 2 ** 31 - 1])('41 maxBytes of %p is served', async (maxBytes) => {
    const { responses } = await fetch({ maxBytes, partitionMaxBytes: maxBytes });
    expect(responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0n });
  });

  it('42 a flood of sessions gets no more than there are slots: who comes later is served without one', async () => {
    const sessions: number[] = [];
    for (let flood = 0; flood < SESSIONS_MAX + 20; flood++) {
      const { errorCode, sessionId } = await fetch({ sessionId: 0, sessionEpoch: 0 });
      expect(errorCode).toBe(0);
      sessions.push(sessionId);
    }
    expect(sessions.filter((id) => id !== 0)).toHaveLength(SESSIONS_MAX);
    expect(sessions.slice(SESSIONS_MAX).every((id) => id === 0)).toBe(true);
    expect((await fetch({ sessionId: 7, sessionEpoch: 1 })).errorCode).toBe(ERROR.FETCH_SESSION_ID_NOT_FOUND);
  });

  it('an offset that is not there is out of range', async () => {
    const { responses } = await fetch({ fetchOffset: 5n });
    expect(responses[0]!.partitions[0]!.errorCode).toBe(ERROR.OFFSET_OUT_OF_RANGE);
  });
});
