import { defineApi } from '../api.js';
import { array, boolean, int16, int32, int8, string } from '../schema.js';

/** Raises or lowers the cluster's finalized features. Upgrade type 1 upgrades, 2 downgrades safely, 3 unsafely (KIP-584). */
export const UPDATE_FEATURES = defineApi({
  key: 57,
  name: 'UpdateFeatures',
  versions: '0-2',
  flexibleFrom: 0,
  request: {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array('0+', {
      feature: string('0+'),
      maxVersionLevel: int16('0+'),
      allowDowngrade: boolean('0'),
      upgradeType: int8('1+', { default: 1 }),
    }),
    validateOnly: boolean('1+', { default: false }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      '0-1',
      {
        feature: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
      },
      { ignorable: true },
    ),
  },
});
