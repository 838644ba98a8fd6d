import { defineApi } from '../api.js';
import { array, arrayOf, int16, int32, string } from '../schema.js';

/** Moves replicas between the log directories of a broker. */
export const ALTER_REPLICA_LOG_DIRS = defineApi({
  key: 34,
  name: 'AlterReplicaLogDirs',
  versions: '1-2',
  flexibleFrom: 2,
  request: {
    dirs: array('0+', {
      path: string('0+'),
      topics: array('0+', {
        name: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32('0+', { default: 0 }),
    results: array('0+', {
      topicName: string('0+'),
      partitions: array('0+', {
        partitionIndex: int32('0+'),
        errorCode: int16('0+'),
      }),
    }),
  },
});
