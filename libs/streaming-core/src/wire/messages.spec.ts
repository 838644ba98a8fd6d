import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import {
  UnsupportedRequestError,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  encodeUnsupportedApiVersions,
} from './messages.js';
import { encodeBatch } from './records/record-codec.js';
import { WireError } from './wire-error.js';

const header = { correlationId: 7, clientId: 'me' };
const hex = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString('hex');
const frameOf = (chunks: readonly Buffer[]): Buffer => Buffer.concat(chunks).subarray(4);

describe('headers', () => {
  it('puts size, key, version, correlation id and client id before a request (header 1)', () => {
    const frame = encodeRequest(12, 3, header, { groupId: 'g', generationId: 5, memberId: 'm' });
    expect(hex(frame)).toBe(
      ['00000018', '000c', '0003', '00000007', '00026d65', '000167', '00000005', '00016d', 'ffff'].join(''),
    );
  });

  it('adds a tagged-field block from the flexible version on, but keeps the client id in the old form (header 2)', () => {
    const frame = encodeRequest(12, 4, header, { groupId: 'g', generationId: 5, memberId: 'm' });
    expect(hex(frame)).toBe(
      ['00000017', '000c', '0004', '00000007', '00026d65', '00', '0267', '00000005', '026d', '00', '00'].join(''),
    );
  });

  it('answers with header 0 before the flexible version, header 1 from it on', () => {
    expect(hex(encodeResponse(12, 3, 7, { errorCode: 27 }))).toBe('0000000a' + '00000007' + '00000000' + '001b');
    expect(hex(encodeResponse(12, 4, 7, { errorCode: 27 }))).toBe(
      '0000000c' + '00000007' + '00' + '00000000' + '001b' + '00',
    );
  });

  it('answers ApiVersions with header 0 in every version', () => {
    expect(hex(encodeResponse(18, 3, 7, { errorCode: 0, apiKeys: [] }))).toBe(
      '0000000c' + '00000007' + '0000' + '01' + '00000000' + '00',
    );
  });

  it('tells clients of a newer ApiVersions to come down: version 0 body, error 35, its own range only', () => {
    expect(hex(encodeUnsupportedApiVersions(7))).toBe('00000010' + '00000007' + '0023' + '00000001' + '001200000004');
  });

  it('gives null for a client without an id', () => {
    const frame = frameOf(encodeRequest(18, 0, { correlationId: 1, clientId: null }, {}));
    expect(decodeRequest(frame)).toEqual({
      apiKey: 18,
      apiVersion: 0,
      correlationId: 1,
      clientId: null,
      body: expect.anything(),
    });
  });
});

describe('requests that are not spoken here', () => {
  it.each([
    ['an unknown key', 999, 0, 'UNKNOWN_API'],
    ['a negative key', -1, 0, 'UNKNOWN_API'],
    ['a version too new', 18, 99, 'UNSUPPORTED_VERSION'],
    ['a version too old', 0, 2, 'UNSUPPORTED_VERSION'],
    ['a negative version', 3, -1, 'UNSUPPORTED_VERSION'],
  ])('%s', (_, apiKey, apiVersion, code) => {
    const frame = Buffer.alloc(12);
    frame.writeInt16BE(apiKey, 0);
    frame.writeInt16BE(apiVersion, 2);
    frame.writeInt32BE(77, 4);
    const error = thrownBy(() => decodeRequest(frame));
    expect(error).toBeInstanceOf(UnsupportedRequestError);
    expect(error).toMatchObject({ code, apiKey, apiVersion, correlationId: 77 });
  });
});

describe('what the encoder is asked to send', () => {
  it('references record batches instead of copying them', () => {
    const records = Buffer.alloc(5000, 7);
    const chunks = encodeResponse(1, 12, 1, {
      responses: [{ topic: 't', partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 1n, records }] }],
    });
    expect(chunks).toContain(records);
    const pieces = encodeResponse(1, 12, 1, {
      responses: [
        {
          topic: 't',
          partitions: [
            {
              partitionIndex: 0,
              errorCode: 0,
              highWatermark: 1n,
              records: [records.subarray(0, 9), records.subarray(9)],
            },
          ],
        },
      ],
    });
    expect(hex(pieces)).toBe(hex(chunks));
  });

  it('drops a value that the version lacks only if the definition allows it', () => {
    const ignorable = encodeResponse(12, 0, 1, { errorCode: 0, throttleTimeMs: 5 });
    expect(decodeResponse(12, 0, frameOf(ignorable)).body.throttleTimeMs).toBe(0);
    expect(() =>
      encodeRequest(12, 2, header, { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: 'static' }),
    ).toThrow(WireError);
    // At its default it says nothing, so nothing is lost.
    encodeRequest(12, 2, header, { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null });
  });

  it('sends tagged fields only when they differ from their defaults', () => {
    const partition = { index: 0, errorCode: 6, baseOffset: -1n };
    const plain = encodeResponse(0, 10, 1, { responses: [{ name: 't', partitionResponses: [partition] }] });
    const sameAsDefault = encodeResponse(0, 10, 1, {
      responses: [{ name: 't', partitionResponses: [{ ...partition, currentLeader: { leaderId: -1 } }] }],
    });
    const withLeader = encodeResponse(0, 10, 1, {
      responses: [
        { name: 't', partitionResponses: [{ ...partition, currentLeader: { leaderId: 2, leaderEpoch: 9 } }] },
      ],
    });
    expect(hex(sameAsDefault)).toBe(hex(plain));
    const [topic] = decodeResponse(0, 10, frameOf(withLeader)).body.responses;
    expect(topic?.partitionResponses[0]?.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 9 });
  });

  it.each([
    ['an error code out of range', () => encodeResponse(12, 0, 1, { errorCode: 40_000 })],
    ['a fraction', () => encodeResponse(12, 0, 1, { errorCode: 0.5 })],
    ['NaN', () => encodeResponse(12, 0, 1, { errorCode: Number.NaN })],
    [
      'a string that its length cannot express',
      () => encodeRequest(42, 0, header, { groupsNames: ['x'.repeat(40_000)] }),
    ],
    ['an id that is no id', () => encodeRequest(20, 6, header, { topics: [{ topicId: 'nonsense' }], timeoutMs: 1 })],
    ['a version that is not spoken', () => encodeResponse(12, 9, 1, { errorCode: 0 })],
  ])('refuses %s', (_, encode) => {
    expect(thrownBy(encode)).toMatchObject({ name: 'WireError', code: 'NOT_ENCODABLE' });
  });
});

describe('beside kafkajs', () => {
  const require = createRequire(import.meta.url);
  type KafkaJsRequest = { encode(): Promise<{ buffer: Buffer }> };
  const requestOf = (name: string): ((input: object) => KafkaJsRequest) =>
    require(`kafkajs/src/protocol/requests/${name}/request`) as (input: object) => KafkaJsRequest;
  const frame = require('kafkajs/src/protocol/request') as (input: object) => Promise<{ buffer: Buffer }>;

  it('reads its Produce v7 request, batch and all', async () => {
    const request = requestOf('produce/v7')({
      acks: -1,
      timeout: 30_000,
      topicData: [
        { topic: 'RideRequests', partitions: [{ partition: 3, messages: [{ key: 'k', value: 'v', timestamp: 5 }] }] },
      ],
    });
    const decoded = decodeRequest((await frame({ correlationId: 9, clientId: 'js', request })).buffer.subarray(4));
    if (decoded.apiKey !== 0) throw new Error('not a Produce request');
    expect(decoded).toMatchObject({
      apiVersion: 7,
      correlationId: 9,
      clientId: 'js',
      body: { acks: -1, timeoutMs: 30_000 },
    });
    const partition = decoded.body.topicData[0]?.partitionData[0];
    expect(partition?.index).toBe(3);
    expect(partition?.records?.readInt8(16)).toBe(2);
  });

  it('writes the Fetch v11 request that it writes', async () => {
    const request = requestOf('fetch/v11')({
      replicaId: -1,
      maxWaitTime: 500,
      minBytes: 1,
      maxBytes: 1000,
      isolationLevel: 1,
      topics: [{ topic: 't', partitions: [{ partition: 2, fetchOffset: '9007199254740993', maxBytes: 100 }] }],
    });
    const theirs = (await frame({ correlationId: 9, clientId: 'js', request })).buffer;
    const ours = encodeRequest(
      1,
      11,
      { correlationId: 9, clientId: 'js' },
      {
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 1000,
        isolationLevel: 1,
        topics: [
          { topic: 't', partitions: [{ partition: 2, fetchOffset: 9007199254740993n, partitionMaxBytes: 100 }] },
        ],
      },
    );
    expect(hex(ours)).toBe(theirs.toString('hex'));
  });

  it('sends a Fetch v11 response that it reads', async () => {
    const { decode } = require('kafkajs/src/protocol/requests/fetch/v11/response') as {
      decode(body: Buffer): Promise<{ responses: { partitions: { messages: { key: Buffer; offset: string }[] }[] }[] }>;
    };
    const records = encodeBatch({
      baseOffset: 41n,
      records: [
        { timestamp: 1n, key: Buffer.from('a'), value: Buffer.from('x') },
        { timestamp: 2n, key: Buffer.from('b'), value: null, headers: [{ key: 'h', value: Buffer.from('1') }] },
      ],
    });
    const response = encodeResponse(1, 11, 1, {
      responses: [{ topic: 't', partitions: [{ partitionIndex: 0, errorCode: 0, highWatermark: 43n, records }] }],
    });
    const { responses } = await decode(frameOf(response).subarray(4));
    const messages = responses[0]?.partitions[0]?.messages ?? [];
    expect(messages.map(({ key, offset }) => [key.toString(), offset])).toEqual([
      ['a', '41'],
      ['b', '42'],
    ]);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
