import { groupResource, transactionalIdResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

const GROUP_KEY_TYPE = 0;
const TRANSACTION_KEY_TYPE = 1;
const BATCH_FROM = 4;

/**
 * With one broker every group and every transactional id is coordinated here. Share groups are not served: the error is one that
 * clients do not retry.
 */
export function findCoordinator({ cluster, offsetsTopic, transactions, logger }: BrokerServices): Handler<10> {
  const find = (keyType: number, key: string, context: RequestContext) => {
    const nobody = { nodeId: -1, host: '', port: -1 };
    const isTransaction = keyType === TRANSACTION_KEY_TYPE;
    if (keyType !== GROUP_KEY_TYPE && !isTransaction) {
      const errorMessage = 'only groups and transactions have a coordinator here';
      return { errorCode: ERROR.INVALID_REQUEST, errorMessage, ...nobody };
    }
    const resource = isTransaction ? transactionalIdResource(key) : groupResource(key);
    if (!context.authorize('DESCRIBE', resource)) {
      const refused = isTransaction ? 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' : 'GROUP_AUTHORIZATION_FAILED';
      return { errorCode: ERROR[refused], errorMessage: null, ...nobody };
    }
    try {
      if (isTransaction) transactions.topic.ensure();
      else offsetsTopic.ensure();
    } catch (error) {
      logger.error({ err: error }, 'cannot create the topic of a coordinator');
      const errorMessage = error instanceof Error ? error.message : String(error);
      return { errorCode: ERROR.COORDINATOR_NOT_AVAILABLE, errorMessage, ...nobody };
    }
    const { nodeId, host, port } = cluster.self(context.listener);
    return { errorCode: ERROR.NONE, errorMessage: null, nodeId, host, port };
  };
  return (request, context) => {
    if (context.apiVersion < BATCH_FROM) return find(request.keyType, request.key, context);
    // Each key once, however often it is named: a small request must not make a huge answer.
    const keys = [...new Set(request.coordinatorKeys)];
    return { coordinators: keys.map((key) => ({ key, ...find(request.keyType, key, context) })) };
  };
}
