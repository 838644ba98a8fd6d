import { defineApi } from '../api.js';
import { boolean, int16, int32, int64, string } from '../schema.js';

/** Commits or aborts a transaction. From version 5 the answer carries the producer's next epoch (KIP-890). */
export const END_TXN = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: '0-5',
  flexibleFrom: 3,
  request: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    committed: boolean('0+'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    producerId: int64('5+', { default: -1n, ignorable: true }),
    producerEpoch: int16('5+', { default: -1, ignorable: true }),
  },
});
