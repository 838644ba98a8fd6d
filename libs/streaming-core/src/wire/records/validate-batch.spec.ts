import { describe, expect, it } from '@jest/globals';
import { BATCH_FIELD, RecordBatch } from './record-batch.js';
import { decodeRecords, encodeBatch, type BatchInput } from './record-codec.js';
import { validateProduced } from './validate-batch.js';

const records = [
  { timestamp: 1000n, key: Buffer.from('k0'), value: Buffer.from('v0') },
  { timestamp: 1001n, key: Buffer.from('k1'), value: Buffer.from('v1') },
];
const rules = { batchBytesMax: 1000 };

/** A good batch, changed, with its checksum set right again. */
function changed(change: (bytes: Buffer) => Buffer | undefined, input: Partial<BatchInput> = {}): Buffer {
  const good = encodeBatch({ records, ...input });
  const bytes = change(good) ?? good;
  const batch = new RecordBatch(bytes);
  if (batch.sizeBytes > 61 && batch.sizeBytes <= bytes.length) bytes.writeUInt32BE(batch.computeCrc(), BATCH_FIELD.crc);
  return bytes;
}

const setInt16 = (at: number, value: number) => (bytes: Buffer) => void bytes.writeInt16BE(value, at);
const setInt32 = (at: number, value: number) => (bytes: Buffer) => void bytes.writeInt32BE(value, at);
const setInt64 = (at: number, value: bigint) => (bytes: Buffer) => void bytes.writeBigInt64BE(value, at);
const setByte = (at: number, value: number) => (bytes: Buffer) => void (bytes[at] = value);
/** The first record: length, attributes, timestamp delta, offset delta, key length, ... one byte each. */
const FIRST_RECORD = 61;
const SECOND_RECORD = FIRST_RECORD + 11;

describe('validateProduced', () => {
  it('takes a good batch and says what it is, without a copy', () => {
    const bytes = encodeBatch({ records });
    const batch = validateProduced(bytes, rules);
    expect([batch.recordCount, batch.buffer === bytes]).toEqual([2, true]);
  });

  it.each<[string, Buffer | null, string]>([
    ['no records at all', null, 'INVALID_RECORD'],
    ['an empty set', Buffer.alloc(0), 'INVALID_RECORD'],
    ['a negative length', changed(setInt32(BATCH_FIELD.batchLength, -1)), 'CORRUPT_MESSAGE'],
    ['a length shorter than a header', changed(setInt32(BATCH_FIELD.batchLength, 48)), 'CORRUPT_MESSAGE'],
    ['a length past the end', changed(setInt32(BATCH_FIELD.batchLength, 0x7fffffff)), 'CORRUPT_MESSAGE'],
    ['a batch that is cut', encodeBatch({ records }).subarray(0, 70), 'CORRUPT_MESSAGE'],
    ['seventeen bytes', encodeBatch({ records }).subarray(0, 17), 'CORRUPT_MESSAGE'],
    ['bytes after the batch', Buffer.concat([encodeBatch({ records }), Buffer.alloc(1)]), 'INVALID_RECORD'],
    ['two batches', Buffer.concat([encodeBatch({ records }), encodeBatch({ records })]), 'INVALID_RECORD'],
    [
      'a batch over the limit',
      encodeBatch({ records: [{ ...records[0]!, value: Buffer.alloc(1000) }] }),
      'MESSAGE_TOO_LARGE',
    ],
    ['magic 0', changed(setByte(BATCH_FIELD.magic, 0)), 'INVALID_RECORD'],
    ['magic 1', changed(setByte(BATCH_FIELD.magic, 1)), 'INVALID_RECORD'],
    ['magic 3', changed(setByte(BATCH_FIELD.magic, 3)), 'INVALID_RECORD'],
    ['a flipped bit', flipped(encodeBatch({ records })), 'CORRUPT_MESSAGE'],
    ['codec 5', changed(setInt16(BATCH_FIELD.attributes, 5)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['codec 7', changed(setInt16(BATCH_FIELD.attributes, 7)), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['a record count of -1', changed(setInt32(BATCH_FIELD.recordCount, -1)), 'INVALID_RECORD'],
    ['no records in a batch', encodeBatch({ records: [] }), 'INVALID_RECORD'],
    ['a count unlike the offsets', changed(setInt32(BATCH_FIELD.lastOffsetDelta, 2)), 'INVALID_RECORD'],
    ['a negative offset delta', changed(setInt32(BATCH_FIELD.lastOffsetDelta, -1)), 'INVALID_RECORD'],
    ['a control batch', encodeBatch({ records, isControl: true }), 'INVALID_RECORD'],
    ['append time from a client', changed(setInt16(BATCH_FIELD.attributes, 8)), 'INVALID_TIMESTAMP'],
    ['an absurd timestamp', changed(setInt64(BATCH_FIELD.maxTimestamp, -5n)), 'INVALID_TIMESTAMP'],
    ['a transaction without a producer', encodeBatch({ records, isTransactional: true }), 'INVALID_RECORD'],
    ['a producer id of -2', encodeBatch({ records, producerId: -2n }), 'INVALID_RECORD'],
    ['a producer without an epoch', encodeBatch({ records, producerId: 1n, baseSequence: 0 }), 'INVALID_RECORD'],
    ['a producer without a sequence', encodeBatch({ records, producerId: 1n, producerEpoch: 0 }), 'INVALID_RECORD'],
    ['a gap in the offsets', changed(setByte(SECOND_RECORD + 3, 4)), 'INVALID_RECORD'],
    ['a record longer than the batch', changed(setByte(FIRST_RECORD, 0x7e)), 'INVALID_RECORD'],
    ['a record of negative length', changed(setByte(FIRST_RECORD, 0x01)), 'INVALID_RECORD'],
    ['a key longer than its record', changed(setByte(FIRST_RECORD + 4, 0x7e)), 'INVALID_RECORD'],
    ['a key of length -2', changed(setByte(FIRST_RECORD + 4, 0x03)), 'INVALID_RECORD'],
    ['headers that are not there', changed(setByte(SECOND_RECORD - 1, 0x7e)), 'INVALID_RECORD'],
    ['a negative number of headers', changed(setByte(SECOND_RECORD - 1, 0x01)), 'INVALID_RECORD'],
  ])('refuses %s', (_, bytes, errorName) => {
    expect(() => validateProduced(bytes, rules)).toThrow(
      expect.objectContaining({ name: 'RecordBatchError', errorName }),
    );
  });

  it('takes a header whose key is not UTF-8, and every reader reads it', () => {
    const headers = [{ key: 'né', value: null }];
    const bytes = encodeBatch({ records: [{ timestamp: 1n, key: null, value: null, headers }] });
    bytes[bytes.lastIndexOf('né') + 2] = 0xff;
    bytes.writeUInt32BE(new RecordBatch(bytes).computeCrc(), BATCH_FIELD.crc);
    expect(decodeRecords(validateProduced(bytes, rules))[0]!.headers[0]!.key).toBe('n\ufffd\ufffd');
  });

  it('refuses a timestamp of more than 64 bits', () => {
    const timestamps = [-1n, 2n ** 62n];
    const bytes = encodeBatch({ records: timestamps.map((timestamp) => ({ timestamp, key: null, value: null })) });
    // The tenth byte of a varint of 64 bits has one bit; the second record's timestamp ends there.
    const at = bytes.length - 5;
    expect(bytes[at]).toBe(1);
    expect(() => validateProduced(bytes, rules)).not.toThrow();
    bytes[at] = 2;
    bytes.writeUInt32BE(new RecordBatch(bytes).computeCrc(), BATCH_FIELD.crc);
    expect(() => validateProduced(bytes, rules)).toThrow(expect.objectContaining({ errorName: 'INVALID_RECORD' }));
  });

  it('wraps timestamps around that overflow, so that they can be written again', () => {
    const timestamps = [2n ** 62n, -(2n ** 63n)];
    const bytes = encodeBatch({ records: timestamps.map((timestamp) => ({ timestamp, key: null, value: null })) });
    expect(decodeRecords(new RecordBatch(bytes)).map(({ timestamp }) => timestamp)).toEqual(timestamps);
  });

  it('does not open a compressed batch', () => {
    const bytes = changed((good) => void good.fill(0xff, 61), { compression: 'gzip' });
    expect(validateProduced(bytes, rules).compressionCode).toBe(1);
  });

  it('lets a sequence wrap', () => {
    const bytes = encodeBatch({ records, producerId: 1n, producerEpoch: 0, baseSequence: 0x7fffffff });
    expect(validateProduced(bytes, rules).lastSequence).toBe(0);
  });
});

describe('stamping', () => {
  it('gives offset and epoch without touching the checksum', () => {
    const batch = validateProduced(encodeBatch({ records }), rules);
    batch.stamp(77n, 4);
    expect([batch.baseOffset, batch.lastOffset, batch.partitionLeaderEpoch]).toEqual([77n, 78n, 4]);
    expect(batch.hasValidCrc()).toBe(true);
  });

  it('sets append time with a new checksum', () => {
    const batch = validateProduced(encodeBatch({ records }), rules);
    batch.stampLogAppendTime(5555n);
    expect([batch.usesLogAppendTime, batch.maxTimestamp, batch.hasValidCrc()]).toEqual([true, 5555n, true]);
  });
});

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 2]! ^= 1;
  return bytes;
}
