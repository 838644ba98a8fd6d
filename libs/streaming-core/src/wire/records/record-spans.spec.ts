import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecordBatch, RecordBatchError } from './record-batch.js';
import { decodeRecords, encodeBatch, type RecordInput } from './record-codec.js';
import { filterBatch, visitRecords, type RecordSpan } from './record-spans.js';

const bytes = (maxLength: number) => fc.option(fc.uint8Array({ maxLength }), { nil: null });
const record: fc.Arbitrary<RecordInput> = fc.record({
  timestamp: fc.bigInt({ min: 0n, max: 4_000_000_000_000n }),
  key: bytes(20),
  value: bytes(200),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: bytes(5) }), { maxLength: 2 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 20 });

function spansOf(batch: RecordBatch): RecordSpan[] {
  const spans: RecordSpan[] = [];
  visitRecords(batch, (span) => void spans.push({ ...span }));
  return spans;
}

describe('the records of a batch, seen where they lie', () => {
  it('are those that a decoder finds, compressed or not', () => {
    fc.assert(
      fc.property(records, fc.constantFrom('none', 'gzip', 'zstd'), (input, compression) => {
        const batch = new RecordBatch(encodeBatch({ records: input, baseOffset: 7n, compression }));
        expect(spansOf(batch)).toEqual(
          decodeRecords(batch).map(({ offset, timestamp, key, value }) => ({
            offset,
            timestamp,
            key: key?.toString('latin1') ?? null,
            isTombstone: value === null,
          })),
        );
      }),
    );
  });

  it('stay as they are when others are taken out, in a batch that keeps its place', () => {
    fc.assert(
      fc.property(records, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (input, choice) => {
        const whole = encodeBatch({
          records: input,
          baseOffset: 40n,
          partitionLeaderEpoch: 3,
          producerId: 9n,
          producerEpoch: 1,
          baseSequence: 5,
          isTransactional: true,
        });
        const batch = new RecordBatch(whole);
        const isKept = ({ offset }: { readonly offset: bigint }) => choice[Number(offset - 40n)]!;
        const expected = decodeRecords(batch).filter(isKept);
        const filtered = filterBatch(batch, isKept);
        if (expected.length === 0) {
          expect(filtered).toBeNull();
          return;
        }
        const left = new RecordBatch(filtered!);
        expect(left.hasValidCrc()).toBe(true);
        expect(decodeRecords(left)).toEqual(expected);
        const { lastOffset, producerId, baseSequence, partitionLeaderEpoch, isTransactional } = batch;
        expect(left).toMatchObject({ lastOffset, producerId, baseSequence, partitionLeaderEpoch, isTransactional });
        const newest = expected.reduce((max, { timestamp }) => (timestamp > max ? timestamp : max), -1n);
        expect(left.maxTimestamp).toBe(newest);
      }),
    );
  });

  it('are refused when they are malformed', () => {
    const batch = encodeBatch({ records: [{ timestamp: 1n, key: Buffer.from('k'), value: Buffer.from('v') }] });
    batch[61] = 0x7f;
    expect(() => spansOf(new RecordBatch(batch))).toThrow(RecordBatchError);
    batch[61] = 0x01;
    expect(() => filterBatch(new RecordBatch(batch), () => true)).toThrow(RecordBatchError);
  });
});
