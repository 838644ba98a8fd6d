import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const GROUP_KEY_TYPE = 0;
const BATCH_FROM = 4;

/**
 * With one broker every group is coordinated here. Transactions and share groups are not served: the error is one that clients do
 * not retry, so that who asks for a transaction is told at once.
 */
export function findCoordinator({ cluster, offsetsTopic, logger }: BrokerServices): Handler<10> {
  const find = (keyType: number, key: string) => {
    const nobody = { nodeId: -1, host: '', port: -1 };
    if (keyType !== GROUP_KEY_TYPE) {
      return { errorCode: ERROR.INVALID_REQUEST, errorMessage: 'only groups have a coordinator here', ...nobody };
    }
    if (key === '') return { errorCode: ERROR.INVALID_GROUP_ID, errorMessage: 'an empty group id', ...nobody };
    try {
      offsetsTopic.ensure();
    } catch (error) {
      logger.error({ err: error }, 'cannot create __consumer_offsets');
      const errorMessage = error instanceof Error ? error.message : String(error);
      return { errorCode: ERROR.COORDINATOR_NOT_AVAILABLE, errorMessage, ...nobody };
    }
    const { nodeId, host, port } = cluster.self();
    return { errorCode: ERROR.NONE, errorMessage: null, nodeId, host, port };
  };
  return (request, { apiVersion }) => {
    if (apiVersion < BATCH_FROM) return find(request.keyType, request.key);
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...find(request.keyType, key) })) };
  };
}
