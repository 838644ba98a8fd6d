import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordBatch, RecordBatchError, completeBatches } from './record-batch.js';
import { decodeBatch, decodeRecords, encodeBatch, type RecordInput } from './record-codec.js';
import { checkIntact, validateProduced } from './validate-batch.js';

const golden = Object.entries(
  JSON.parse(
    readFileSync(new URL('../../../test/wire/apache-kafka-4.2-batches.json', import.meta.url), 'utf8'),
  ) as Record<string, string>,
);

/** What Apache Kafka wrote into the golden batches. */
const goldenRecords: RecordInput[] = Array.from({ length: 40 }, (_, index) => ({
  timestamp: 1_700_000_000_000n + BigInt(index * 10 - (index % 3) * 15),
  key: index % 5 === 4 ? null : Buffer.from(`key-${index}`),
  value: index % 7 === 6 ? null : Buffer.from(`a value that repeats, a value that repeats, number ${index} é`),
  headers:
    index % 2 === 0
      ? []
      : [
          { key: 'event-type', value: Buffer.from(`t${index}`) },
          { key: 'none', value: null },
        ],
}));

describe('batches of Apache Kafka 4.2', () => {
  it.each(golden)('%s', (_, hex) => {
    const bytes = Buffer.from(hex, 'hex');
    const { batch, records } = decodeBatch(bytes);
    checkIntact(batch);
    expect(batch).toMatchObject({
      baseOffset: 1234567890123n,
      partitionLeaderEpoch: 5,
      magic: 2,
      recordCount: 40,
      lastOffsetDelta: 39,
      producerId: 9007199254740993n,
      producerEpoch: 3,
      baseSequence: 17,
      lastSequence: 56,
      nextOffset: 1234567890163n,
      isTransactional: false,
      isControl: false,
      sizeBytes: bytes.length,
    });
    expect(batch.maxTimestamp).toBe(
      goldenRecords.reduce((max, { timestamp }) => (timestamp > max ? timestamp : max), 0n),
    );
    expect(records).toEqual(
      goldenRecords.map((record, index) => ({ ...record, offset: 1234567890123n + BigInt(index) })),
    );
    expect(validateProduced(bytes, { batchBytesMax: 10_000 }).recordCount).toBe(40);
  });

  it('are written byte for byte the same', () => {
    const bytes = encodeBatch({
      records: goldenRecords,
      baseOffset: 1234567890123n,
      partitionLeaderEpoch: 5,
      producerId: 9007199254740993n,
      producerEpoch: 3,
      baseSequence: 17,
    });
    expect(bytes.toString('hex')).toBe(Object.fromEntries(golden)['none']);
  });
});

describe('encode and decode', () => {
  const anyRecord = fc.record({
    timestamp: fc.bigInt({ min: -1n, max: 2n ** 62n }),
    key: fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes))),
    value: fc.option(fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes))),
    headers: fc.array(
      fc.record({
        key: fc.string(),
        value: fc.option(fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes))),
      }),
      { maxLength: 2 },
    ),
  });

  it('any records come back, compressed or not', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { minLength: 1, maxLength: 8 }),
        fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
        (records, compression) => {
          const bytes = encodeBatch({ records, compression, baseOffset: 100n });
          const batch = validateProduced(bytes, { batchBytesMax: 100_000 });
          expect(decodeRecords(batch)).toEqual(
            records.map((record, index) => ({ ...record, offset: 100n + BigInt(index) })),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps gaps and the last offset, as compaction leaves them', () => {
    const record = { timestamp: 1n, key: Buffer.from('k'), value: null };
    const bytes = encodeBatch({
      baseOffset: 10n,
      lastOffset: 19n,
      records: [
        { ...record, offset: 12n },
        { ...record, offset: 15n },
      ],
    });
    const { batch, records } = decodeBatch(bytes);
    expect([batch.baseOffset, batch.lastOffset]).toEqual([10n, 19n]);
    expect(records.map(({ offset }) => offset)).toEqual([12n, 15n]);
  });

  it('stops a decompression bomb at the limit', () => {
    const bomb = withPayload(gzipSync(Buffer.alloc(50_000_000)), 1);
    expect(() => decodeRecords(bomb, 1_000_000)).toThrow(expect.objectContaining({ errorName: 'MESSAGE_TOO_LARGE' }));
  });

  it('any damage to a payload gives records or a RecordBatchError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...golden.map(([, hex]) => Buffer.from(hex, 'hex'))),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (bytes, hits) => {
          const damaged = Buffer.from(bytes);
          for (const [at, byte] of hits) damaged[61 + (at % (damaged.length - 61))] = byte;
          try {
            decodeRecords(new RecordBatch(damaged), 100_000);
          } catch (error) {
            if (!(error instanceof RecordBatchError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('completeBatches', () => {
  it('walks several batches and leaves out a last one that is cut', () => {
    const batches = [3n, 5n, 9n].map((baseOffset) =>
      encodeBatch({ baseOffset, records: [{ timestamp: 1n, key: null, value: Buffer.alloc(20) }] }),
    );
    const whole = Buffer.concat(batches);
    const offsets = (buffer: Buffer): bigint[] => [...completeBatches(buffer)].map((batch) => batch.baseOffset);
    expect(offsets(whole)).toEqual([3n, 5n, 9n]);
    expect(offsets(whole.subarray(0, whole.length - 1))).toEqual([3n, 5n]);
    expect(offsets(whole.subarray(0, 11))).toEqual([]);
  });
});

function withPayload(payload: Buffer, attributes: number): RecordBatch {
  const header = encodeBatch({ records: [{ timestamp: 1n, key: null, value: null }] }).subarray(0, 61);
  const bytes = Buffer.concat([header, payload]);
  bytes.writeInt32BE(49 + payload.length, 8);
  bytes.writeInt16BE(attributes, 21);
  return new RecordBatch(bytes);
}
