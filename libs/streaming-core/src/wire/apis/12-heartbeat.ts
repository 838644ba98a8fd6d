import { defineApi } from '../api.js';
import { int16, int32, string } from '../schema.js';

/** Keeps a classic group's member alive and tells it of a rebalance. */
export const HEARTBEAT = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexibleFrom: 4,
  request: {
    groupId: string('0+'),
    generationId: int32('0+'),
    memberId: string('0+'),
    groupInstanceId: string('3+', { nullable: '3+', default: null }),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
  },
});
