import { defineApi } from '../api.js';
import { array, boolean, float64, int16, int32, int8, string } from '../schema.js';

/** Quotas that match a filter (KIP-546). Match type 0 is exact, 1 the default entity, 2 any. */
export const DESCRIBE_CLIENT_QUOTAS = defineApi({
  key: 48,
  name: 'DescribeClientQuotas',
  versions: '0-1',
  flexibleFrom: 1,
  request: {
    components: array('0+', {
      entityType: string('0+'),
      matchType: int8('0+'),
      match: string('0+', { nullable: '0+' }),
    }),
    strict: boolean('0+'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    entries: array(
      '0+',
      {
        entity: array('0+', {
          entityType: string('0+'),
          entityName: string('0+', { nullable: '0+' }),
        }),
        values: array('0+', {
          key: string('0+'),
          value: float64('0+'),
        }),
      },
      { nullable: '0+' },
    ),
  },
});
