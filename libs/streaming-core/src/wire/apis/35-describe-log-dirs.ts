import { defineApi } from '../api.js';
import { array, arrayOf, boolean, int16, int32, int64, string } from '../schema.js';

/** Log directories of a broker, and the size of each partition there. `topics: null` asks for all. */
export const DESCRIBE_LOG_DIRS = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: '1-4',
  flexibleFrom: 2,
  request: {
    topics: array(
      '0+',
      {
        topic: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      },
      { nullable: '0+' },
    ),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    errorCode: int16('3+', { ignorable: true }),
    results: array('0+', {
      errorCode: int16('0+'),
      logDir: string('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: array('0+', {
          partitionIndex: int32('0+'),
          partitionSize: int64('0+'),
          offsetLag: int64('0+'),
          isFutureKey: boolean('0+'),
        }),
      }),
      totalBytes: int64('4+', { default: -1n, ignorable: true }),
      usableBytes: int64('4+', { default: -1n, ignorable: true }),
    }),
  },
});
