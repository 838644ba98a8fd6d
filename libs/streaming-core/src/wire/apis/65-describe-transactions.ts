import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, int64, string } from '../schema.js';

/** State of transactions by transactional id (KIP-664). */
export const DESCRIBE_TRANSACTIONS = defineApi({
  key: 65,
  name: 'DescribeTransactions',
  versions: '0',
  flexibleFrom: 0,
  request: {
    transactionalIds: arrayOf('0+', 'string'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    transactionStates: array('0+', {
      errorCode: int16('0+'),
      transactionalId: string('0+'),
      transactionState: string('0+'),
      transactionTimeoutMs: int32('0+'),
      transactionStartTimeMs: int64('0+'),
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      topics: array('0+', {
        topic: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      }),
    }),
  },
});
