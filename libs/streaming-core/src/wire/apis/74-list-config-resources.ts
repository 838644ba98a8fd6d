import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, int8, string } from '../schema.js';

/** Names of resources that have settings of their own (KIP-1142). In version 0, as ListClientMetricsResources, only of client metrics. */
export const LIST_CONFIG_RESOURCES = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: '0-1',
  flexibleFrom: 0,
  request: {
    resourceTypes: arrayOf('1+', 'int8'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('0+'),
    configResources: array('0+', {
      resourceName: string('0+'),
      resourceType: int8('1+', { default: 16, ignorable: true }),
    }),
  },
});
