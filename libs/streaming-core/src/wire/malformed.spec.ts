import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleMessage } from '../../test/wire/sample-message.js';
import { ALL_APIS } from './apis/registry.js';
import { compileStruct } from './compile.js';
import { decodeRequest, encodeRequest } from './messages.js';
import { Reader } from './reader.js';
import { WireError, type WireErrorCode } from './wire-error.js';
import { Writer } from './writer.js';

const header = { correlationId: 1, clientId: 'c' };
/** Header of a Metadata request in version 1 (plain) and 9 (flexible), before its body. */
const METADATA_1 = '0003' + '0001' + '00000001' + '000163';
const METADATA_9 = '0003' + '0009' + '00000001' + '000163' + '00';
const HEARTBEAT_0 = '000c' + '0000' + '00000001' + '000163';

describe('malformed requests', () => {
  const cases: [what: string, frame: string, code: WireErrorCode][] = [
    ['an empty frame', '', 'UNDERFLOW'],
    ['a frame that ends in its header', '0003' + '0001' + '0000', 'UNDERFLOW'],
    ['a client id longer than the frame', '0003' + '0001' + '00000001' + '7fff' + '63', 'UNDERFLOW'],
    ['a client id of length -2', '0003' + '0001' + '00000001' + 'fffe', 'NEGATIVE_LENGTH'],
    ['bytes after the end', METADATA_1 + '00000000' + '00', 'TRAILING_BYTES'],
    ['a flexible body under a plain version', METADATA_1 + '01' + '01' + '00', 'UNDERFLOW'],
    [
      'a plain body under a flexible version',
      METADATA_9 + '00000001' + '0001' + '74' + '01' + '00' + '00',
      'TRAILING_BYTES',
    ],
    ['text that is not UTF-8', METADATA_1 + '00000001' + '0002' + 'c328', 'BAD_UTF8'],
    ['a surrogate in UTF-8', METADATA_1 + '00000001' + '0003' + 'eda080', 'BAD_UTF8'],
    ['a varint of six bytes', METADATA_9 + '808080808000', 'OVERLONG_VARINT'],
    ['a varint of more than 32 bits', METADATA_9 + 'ffffffff1f', 'OVERLONG_VARINT'],
    ['a varint that the frame cuts', METADATA_9 + 'ffff', 'UNDERFLOW'],
    ['a string of length -2', METADATA_1 + '00000001' + 'fffe', 'NEGATIVE_LENGTH'],
    ['an array of length -2', METADATA_1 + 'fffffffe', 'NEGATIVE_LENGTH'],
    ['a string past the end', METADATA_1 + '00000001' + '0009' + '74', 'UNDERFLOW'],
    ['null for a group id', HEARTBEAT_0 + 'ffff' + '00000001' + '0000', 'NULL_NOT_ALLOWED'],
    ['a null topic name', METADATA_1 + '00000001' + 'ffff', 'NULL_NOT_ALLOWED'],
    ['an array of 2^31-1 elements', METADATA_1 + '7fffffff' + '0000', 'ARRAY_TOO_LARGE'],
    ['a compact array of 2^32-2 elements', METADATA_9 + 'ffffffff0f' + '00', 'ARRAY_TOO_LARGE'],
    ['an array larger than its elements could be', METADATA_1 + '00000003' + '0000' + '0000', 'ARRAY_TOO_LARGE'],
    ['the same tag twice', METADATA_9 + '01' + '000000' + '02' + '0500' + '0500', 'BAD_TAGGED_FIELDS'],
    ['tags out of order', METADATA_9 + '01' + '000000' + '02' + '0500' + '0400', 'BAD_TAGGED_FIELDS'],
    ['more tags than bytes', METADATA_9 + '01' + '000000' + 'ff01' + '0500', 'BAD_TAGGED_FIELDS'],
    ['a tag longer than the frame', METADATA_9 + '01' + '000000' + '01' + '057f', 'UNDERFLOW'],
    ['a tag that claims more than remains', METADATA_9 + '01' + '000000' + '01' + '05ff7f' + '00', 'UNDERFLOW'],
  ];

  it.each(cases)('%s', (_, frame, code) => {
    expect(codeOf(() => decodeRequest(Buffer.from(frame, 'hex')))).toBe(code);
  });

  it('a known tag whose content does not fill its length', () => {
    // Fetch v12, cluster id (tag 0) with one byte too many.
    const frame = Buffer.concat(
      encodeRequest(1, 12, header, { clusterId: 'abc', maxWaitMs: 0, minBytes: 0, topics: [] }),
    ).subarray(4);
    const at = frame.lastIndexOf('abc') - 2;
    const longer = Buffer.concat([frame.subarray(0, at), Buffer.from([5]), frame.subarray(at + 1), Buffer.from([0])]);
    expect(codeOf(() => decodeRequest(longer))).toBe('TRAILING_BYTES');
  });

  it('an unknown tag is passed over', () => {
    const decoded = decodeRequest(Buffer.from(METADATA_9 + '01' + '000000' + '01' + '0502' + 'abcd', 'hex'));
    expect(decoded).toMatchObject({ apiKey: 3, body: { topics: [] } });
  });

  it('keeps integers past 2^53 and odd names as they came', () => {
    const names = ['../x', '.', '\0', '__proto__', 'x'.repeat(250)];
    const frame = Buffer.concat(
      encodeRequest(8, 2, header, {
        groupId: 'g',
        topics: names.map((name) => ({
          name,
          partitions: [
            { partitionIndex: 0, committedOffset: 9007199254740993n, committedMetadata: null },
            { partitionIndex: 0, committedOffset: -(2n ** 63n), committedMetadata: '' },
          ],
        })),
      }),
    );
    const decoded = decodeRequest(frame.subarray(4));
    if (decoded.apiKey !== 8) throw new Error('not OffsetCommit');
    expect(decoded.body.topics.map(({ name }) => name)).toEqual(names);
    expect(decoded.body.topics[0]?.partitions.map(({ committedOffset }) => committedOffset)).toEqual([
      9007199254740993n,
      -(2n ** 63n),
    ]);
  });
});

describe('fuzz', () => {
  it('random bytes under every header give a message or a WireError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_APIS),
        fc.nat(20),
        fc.uint8Array({ maxLength: 200 }),
        (api, version, noise) => {
          const frame = Buffer.concat([Buffer.alloc(8), noise]);
          frame.writeInt16BE(api.key, 0);
          frame.writeInt16BE(version, 2);
          onlyWireErrors(() => decodeRequest(frame));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('valid messages with bytes changed, cut, doubled or inserted give a message or a WireError', () => {
    const encoded = ALL_APIS.flatMap((api) =>
      (['request', 'response'] as const).flatMap((side) =>
        [api.versions.min, api.flexibleFrom, api.versions.max].map((version) => {
          const codec = compileStruct(api[side], version, version >= api.flexibleFrom);
          const writer = new Writer();
          codec.encode(writer, sampleMessage(api[side], version, true));
          return { codec, bytes: Buffer.concat(writer.finish()) };
        }),
      ),
    );
    const damage = fc.record({ at: fc.nat(), kind: fc.nat(3), byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0x10) });
    fc.assert(
      fc.property(
        fc.constantFrom(...encoded),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        ({ codec, bytes }, hits) => {
          const damaged = hits.reduce(applyDamage, bytes);
          onlyWireErrors(() => codec.decode(new Reader(damaged)));
        },
      ),
      { numRuns: 5000 },
    );
  });

  /** The body of a flexible OffsetFetch request with so many topics of three bytes each. */
  const offsetFetch = (topics: number): Buffer => {
    const writer = new Writer();
    writer.string('g', true);
    writer.arrayLength(topics, true);
    return Buffer.concat([...writer.finish(), Buffer.alloc(topics * 3, Buffer.from([1, 1, 0])), Buffer.from([0])]);
  };
  const offsetFetchCodec = compileStruct(ALL_APIS.find(({ key }) => key === 9)!.request, 6, true);

  it('a frame of empty elements costs a small multiple of its size', () => {
    const count = 1 << 18;
    const body = offsetFetch(count);
    const before = process.memoryUsage();
    const decoded = offsetFetchCodec.decode(new Reader(body));
    const after = process.memoryUsage();
    expect((decoded['topics'] as unknown[]).length).toBe(count);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(body.length * 64);
  });

  it('a message has so many elements and no more, however large the frame', () => {
    expect(codeOf(() => offsetFetchCodec.decode(new Reader(offsetFetch((1 << 18) + 1))))).toBe('ARRAY_TOO_LARGE');
  });
});

function applyDamage(bytes: Buffer, { at, kind, byte }: { at: number; kind: number; byte: number }): Buffer {
  const position = bytes.length === 0 ? 0 : at % bytes.length;
  const copy = Buffer.from(bytes);
  if (kind === 0 && copy.length > 0) copy[position] = byte;
  if (kind === 1) return copy.subarray(0, position);
  if (kind === 2) return Buffer.concat([copy, copy.subarray(position)]);
  if (kind === 3) return Buffer.concat([copy.subarray(0, position), Buffer.from([byte]), copy.subarray(position)]);
  return copy;
}

function onlyWireErrors(act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
  return undefined;
}
