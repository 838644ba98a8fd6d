import { defineApi } from '../api.js';
import { array, arrayOf, boolean, int16, int32, int64, int8, string } from '../schema.js';

/** Ends transactions in partitions: a coordinator tells leaders. For brokers only. */
export const WRITE_TXN_MARKERS = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: '1-2',
  flexibleFrom: 1,
  request: {
    markers: array('0+', {
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      transactionResult: boolean('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitionIndexes: arrayOf('0+', 'int32'),
      }),
      coordinatorEpoch: int32('0+'),
      transactionVersion: int8('2+', { default: 0, ignorable: true }),
    }),
  },
  response: {
    markers: array('0+', {
      producerId: int64('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: array('0+', {
          partitionIndex: int32('0+'),
          errorCode: int16('0+'),
        }),
      }),
    }),
  },
});
