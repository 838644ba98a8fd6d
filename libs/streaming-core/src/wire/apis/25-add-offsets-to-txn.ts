import { defineApi } from '../api.js';
import { int16, int32, int64, string } from '../schema.js';

/** Adds a group's partition of __consumer_offsets to a transaction. */
export const ADD_OFFSETS_TO_TXN = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: '0-4',
  flexibleFrom: 3,
  request: {
    transactionalId: string('0+'),
    producerId: int64('0+'),
    producerEpoch: int16('0+'),
    groupId: string('0+'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
  },
});
