import { defineApi } from '../api.js';
import { int16, int32, int64, string } from '../schema.js';

/** Gives a producer its id and epoch. Version 6 (two-phase commit) is not stable in Apache Kafka 4.2 and is left out. */
export const INIT_PRODUCER_ID = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: '0-5',
  flexibleFrom: 2,
  request: {
    transactionalId: string('0+', { nullable: '0+' }),
    transactionTimeoutMs: int32('0+'),
    producerId: int64('3+', { default: -1n }),
    producerEpoch: int16('3+', { default: -1 }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0, ignorable: true }),
    errorCode: int16('0+'),
    producerId: int64('0+', { default: -1n }),
    producerEpoch: int16('0+'),
  },
});
