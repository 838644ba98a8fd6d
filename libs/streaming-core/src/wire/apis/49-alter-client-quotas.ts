import { defineApi } from '../api.js';
import { array, boolean, float64, int16, int32, string } from '../schema.js';

/** Sets and removes quotas of users, client ids and addresses (KIP-546). */
export const ALTER_CLIENT_QUOTAS = defineApi({
  key: 49,
  name: 'AlterClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: {
    entries: array('0+', {
      entity: array('0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
      ops: array('0+', {
        key: string('0+'),
        value: float64('0+'),
        remove: boolean('0+'),
      }),
    }),
    validateOnly: boolean('0+'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    entries: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      entity: array('0+', {
        entityType: string('0+'),
        entityName: string('0+', { nullable: '0+' }),
      }),
    }),
  },
});
