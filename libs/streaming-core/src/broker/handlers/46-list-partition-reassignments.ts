import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';

/** None is ever under way: there is no other broker to move a partition to. */
export const listPartitionReassignments: Handler<46> = (_, context) => {
  if (context.authorize('DESCRIBE', CLUSTER)) return { errorCode: ERROR.NONE, errorMessage: null, topics: [] };
  const errorMessage = 'Cluster authorization failed.';
  return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, errorMessage, topics: [] };
};
