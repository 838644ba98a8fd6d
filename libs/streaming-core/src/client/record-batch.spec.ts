import { describe, expect, it } from '@jest/globals';
import { Reader, crc32c, createRecordsBatch, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { RecordBatchError } from '../wire/records/record-batch.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { RecordBatchBuilder, estimatedRecordBytes } from './record-batch-builder.js';
import { readRecordBatches } from './record-batch-reader.js';
import type { OutgoingRecord } from './types.js';

const identity = { producerId: 77n, producerEpoch: 3 };

const outgoing = fc.record({
  topic: fc.constant('t'),
  key: fc.option(fc.string({ unit: 'binary' }), { nil: null }),
  value: fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' })),
});

function encode(records: readonly OutgoingRecord[], baseOffset = 0n): Buffer {
  const builder = new RecordBatchBuilder();
  for (const record of records) builder.add(record, 0);
  const bytes = Buffer.from(builder.finish(identity, 9));
  bytes.writeBigInt64BE(baseOffset, 0); // as the broker stamps it
  return bytes;
}

/** A lone surrogate has no UTF-8 form: what is written is what Buffer makes of it. */
const utf8 = (text: string): string => Buffer.from(text).toString();

describe('record batches', () => {
  it('read back what was written', () => {
    fc.assert(
      fc.property(fc.array(outgoing, { minLength: 1, maxLength: 20 }), fc.bigInt(0n, 1n << 50n), (records, base) => {
        const decoded = readRecordBatches('t', 2, encode(records, base), base);
        expect(decoded.nextOffset).toBe(base + BigInt(records.length));
        expect(decoded.records.length).toBe(records.length);
        decoded.records.forEach((record, i) => {
          const wanted = records[i]!;
          expect(record.offset).toBe(base + BigInt(i));
          expect(record.timestamp).toBe(wanted.timestamp);
          expect(record.key).toBe(wanted.key === null ? null : utf8(wanted.key));
          expect(record.value).toEqual(wanted.value === null ? null : Buffer.from(wanted.value as string));
          expect([...record.headers]).toEqual(
            Object.entries(wanted.headers).map(([name, value]) => [utf8(name), utf8(value)]),
          );
        });
      }),
    );
  });

  it('are the bytes that the broker’s own codec writes', () => {
    const records: OutgoingRecord[] = [
      { topic: 't', key: 'k', value: 'v', timestamp: 1_700_000_000_000, headers: { a: 'b' } },
      { topic: 't', key: null, value: null, timestamp: 1_700_000_000_500 },
    ];
    const same = encodeBatch({
      records: [
        {
          timestamp: 1_700_000_000_000n,
          key: Buffer.from('k'),
          value: Buffer.from('v'),
          headers: [{ key: 'a', value: Buffer.from('b') }],
        },
        { timestamp: 1_700_000_000_500n, key: null, value: null },
      ],
      ...identity,
      baseSequence: 9,
    });
    expect(encode(records)).toEqual(same);
  });

  it('are the bytes that another client reads, header included', () => {
    const records: OutgoingRecord[] = [
      { topic: 't', key: 'k', value: 'v', timestamp: 1_700_000_000_000, headers: { a: 'b' } },
      { topic: 't', key: null, value: null, timestamp: 1_700_000_000_500 },
    ];
    const batch = readRecordsBatch(Reader.from(encode(records)));
    expect(batch).toMatchObject({ magic: 2, attributes: 0, lastOffsetDelta: 1, firstSequence: 9 });
    expect(batch).toMatchObject({ producerId: 77n, producerEpoch: 3, maxTimestamp: 1_700_000_000_500n });
    expect(batch.records.map(({ key, value }) => [key?.toString(), value?.toString()])).toEqual([
      ['k', 'v'],
      [undefined, undefined],
    ]);
  });

  it.each(['gzip', 'zstd', 'lz4', 'snappy'] as const)(
    'are read when another client wrote them with %s',
    (compression) => {
      const message = { topic: 't', partition: 0, key: Buffer.from('k'), value: Buffer.from('v'.repeat(500)) };
      const bytes = createRecordsBatch([message, { ...message }], { compression }).buffer;
      const { records } = readRecordBatches('t', 0, bytes, 0n);
      expect(records.map(({ key, value }) => [key, value?.toString()])).toEqual([
        ['k', 'v'.repeat(500)],
        ['k', 'v'.repeat(500)],
      ]);
    },
  );

  it('are read up to a damaged one, which throws once it is the first', () => {
    const records = ['a', 'b'].map((value) => ({ topic: 't', key: null, value }));
    const damaged = Buffer.concat([encode(records, 10n), encode(records, 12n)]);
    damaged[damaged.length - 1]! ^= 1;
    expect(readRecordBatches('t', 0, damaged, 10n)).toMatchObject({ nextOffset: 12n, records: { length: 2 } });
    expect(() => readRecordBatches('t', 0, damaged, 12n)).toThrow('checksum');
  });

  it('are read from the middle, and a cut-off one is left for the next fetch', () => {
    const records = ['a', 'b', 'c'].map((value) => ({ topic: 't', key: null, value }));
    const whole = Buffer.concat([encode(records, 10n), encode(records, 13n)]);
    const fromMiddle = readRecordBatches('t', 0, whole, 12n);
    expect(fromMiddle.records.map(({ offset }) => offset)).toEqual([12n, 13n, 14n, 15n]);
    const cut = readRecordBatches('t', 0, whole.subarray(0, -1), 12n);
    expect(cut.records.map(({ offset }) => offset)).toEqual([12n]);
    expect(cut.nextOffset).toBe(13n);
  });

  it('are refused when a bit is wrong', () => {
    const bytes = encode([{ topic: 't', key: null, value: 'value' }]);
    fc.assert(
      fc.property(fc.integer({ min: 21, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const broken = Buffer.from(bytes);
        broken[at]! ^= 1 << bit;
        expect(() => readRecordBatches('t', 0, broken, 0n)).toThrow(RecordBatchError);
      }),
    );
  });

  it('leave out what an aborted transaction wrote, up to its marker', () => {
    const transactional = (value: string, baseOffset: bigint): Buffer => {
      const bytes = encode([{ topic: 't', key: null, value }], baseOffset);
      return reattribute(bytes, 1 << 4);
    };
    const marker = Buffer.from(encode([{ topic: 't', key: '\0\0\0\0', value: null }], 11n));
    const log = Buffer.concat([
      transactional('aborted', 10n),
      reattribute(marker, (1 << 4) | (1 << 5)),
      transactional('committed', 12n),
    ]);
    const { records, nextOffset } = readRecordBatches('t', 0, log, 10n, [{ producerId: 77n, firstOffset: 10n }]);
    expect(records.map(({ value }) => value?.toString())).toEqual(['committed']);
    expect(nextOffset).toBe(13n);
  });

  it('go on past a marker that compaction has emptied', () => {
    const more = { producerId: 77n, producerEpoch: 0, isTransactional: true };
    const emptied = encodeBatch({ records: [], baseOffset: 10n, lastOffset: 10n, isControl: true, ...more });
    const kept = encodeBatch({ records: [{ timestamp: 1n, key: null, value: Buffer.from('kept') }], baseOffset: 11n });
    const { records, nextOffset } = readRecordBatches('t', 0, Buffer.concat([emptied, kept]), 10n);
    expect(records.map(({ value }) => value?.toString())).toEqual(['kept']);
    expect(nextOffset).toBe(12n);
  });

  it('are never larger than the estimate by which the buffer is bounded, for ASCII text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.dictionary(fc.string(), fc.string()), (key, value, headers) => {
        const record = { topic: 't', key, value, headers };
        const builder = new RecordBatchBuilder();
        const before = builder.byteLength;
        builder.add(record, Date.now());
        expect(builder.byteLength - before).toBeLessThanOrEqual(estimatedRecordBytes(record));
      }),
    );
  });
});

/** Sets the attributes and makes the checksum right again, as the library does it. */
function reattribute(batch: Buffer, attributes: number): Buffer {
  const bytes = Buffer.from(batch);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}
