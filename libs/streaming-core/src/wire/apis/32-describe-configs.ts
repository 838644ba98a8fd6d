import { defineApi } from '../api.js';
import { array, arrayOf, boolean, int16, int32, int8, string } from '../schema.js';

/** Settings of topics (resource type 2) and brokers (4). */
export const DESCRIBE_CONFIGS = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: '1-4',
  flexibleFrom: 4,
  request: {
    resources: array('0+', {
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configurationKeys: arrayOf('0+', 'string', { nullable: '0+' }),
    }),
    includeSynonyms: boolean('1+'),
    includeDocumentation: boolean('3+'),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', {
      errorCode: int16('0+'),
      errorMessage: string('0+', { nullable: '0+' }),
      resourceType: int8('0+'),
      resourceName: string('0+'),
      configs: array('0+', {
        name: string('0+'),
        value: string('0+', { nullable: '0+' }),
        readOnly: boolean('0+'),
        configSource: int8('1+', { default: -1, ignorable: true }),
        isSensitive: boolean('0+'),
        synonyms: array(
          '1+',
          {
            name: string('1+'),
            value: string('1+', { nullable: '0+' }),
            source: int8('1+'),
          },
          { ignorable: true },
        ),
        configType: int8('3+', { ignorable: true }),
        documentation: string('3+', { nullable: '0+', ignorable: true }),
      }),
    }),
  },
});
