import { describe, expect, it } from '@jest/globals';
import { array, arrayOf, int16, int32, int64, int8, string } from '../schema.js';
import { WireError } from '../wire-error.js';
import { decodeRecord, defineRecord, encodeRecord, recordVersion } from './versioned-record.js';

/** The shape of Apache Kafka's TransactionLogValue. */
const VALUE = defineRecord({
  name: 'TransactionLogValue',
  versions: '0-1',
  flexibleFrom: 1,
  fields: {
    producerId: int64('0+'),
    previousProducerId: int64('1+', { default: -1n, tag: 0 }),
    producerEpoch: int16('0+'),
    transactionTimeoutMs: int32('0+'),
    transactionStatus: int8('0+'),
    transactionPartitions: array(
      '0+',
      { topic: string('0+'), partitionIds: arrayOf('0+', 'int32') },
      { nullable: '0+' },
    ),
  },
});
const MESSAGE = {
  producerId: 7n,
  producerEpoch: 1,
  transactionTimeoutMs: 60_000,
  transactionStatus: 1,
  transactionPartitions: [{ topic: 't', partitionIds: [0, 2] }],
};

describe('keys and values of internal topics', () => {
  it('puts the version before the message', () => {
    expect(encodeRecord(VALUE, 0, MESSAGE).toString('hex')).toBe(
      '0000' + '0000000000000007' + '0001' + '0000ea60' + '01' + '00000001' + '000174' + '000000020000000000000002',
    );
    expect(encodeRecord(VALUE, 1, { ...MESSAGE, previousProducerId: 3n }).toString('hex')).toBe(
      '0001' + '0000000000000007' + '0001' + '0000ea60' + '01' + '02' + '0274' + '030000000000000002' + '00' +
        '01' + '0008' + '0000000000000003', // prettier-ignore
    );
  });

  it('reads what it wrote, with the defaults of what the version lacks', () => {
    const bytes = encodeRecord(VALUE, 0, MESSAGE);
    expect(recordVersion(bytes)).toBe(0);
    expect(decodeRecord(VALUE, bytes)).toEqual({ version: 0, message: { ...MESSAGE, previousProducerId: -1n } });
  });

  it('leaves newer records to those who know them, and throws typed errors for damage', () => {
    const bytes = encodeRecord(VALUE, 1, MESSAGE);
    bytes.writeInt16BE(2, 0);
    expect(decodeRecord(VALUE, bytes)).toBeNull();
    bytes.writeInt16BE(1, 0);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeRecord(VALUE, bytes.subarray(0, length))).toThrow(WireError);
    }
    expect(() => decodeRecord(VALUE, Buffer.concat([bytes, Buffer.alloc(1)]))).toThrow(WireError);
    expect(() => encodeRecord(VALUE, 2, MESSAGE)).toThrow(WireError);
  });
});
