import { defineApi } from '../api.js';
import { array, int16, int32, string } from '../schema.js';

/** Deletes a group's committed offsets of partitions that it does not subscribe to. */
export const OFFSET_DELETE = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: '0',
  flexibleFrom: Infinity,
  request: {
    groupId: string('0+'),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
      }),
    }),
  },
  response: {
    errorCode: int16('0+'),
    throttleTimeMs: int32('0+', { default: 0, ignorable: true }),
    topics: array('0+', {
      name: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  },
});
