import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const GROUP_KEY_TYPE = 0;
const BATCH_FROM = 4;

/** With one broker every group is coordinated here. Transactions and share groups have no coordinator yet. */
export function findCoordinator({ cluster, offsetsTopic }: BrokerServices): Handler<10> {
  const find = (keyType: number, key: string) => {
    const nobody = { nodeId: -1, host: '', port: -1 };
    if (keyType !== GROUP_KEY_TYPE) {
      return { errorCode: ERROR.COORDINATOR_NOT_AVAILABLE, errorMessage: 'only groups have a coordinator', ...nobody };
    }
    if (key === '') return { errorCode: ERROR.INVALID_GROUP_ID, errorMessage: 'an empty group id', ...nobody };
    offsetsTopic.ensure();
    const { nodeId, host, port } = cluster.self();
    return { errorCode: ERROR.NONE, errorMessage: null, nodeId, host, port };
  };
  return (request, { apiVersion }) => {
    if (apiVersion < BATCH_FROM) return find(request.keyType, request.key);
    return { coordinators: request.coordinatorKeys.map((key) => ({ key, ...find(request.keyType, key) })) };
  };
}
