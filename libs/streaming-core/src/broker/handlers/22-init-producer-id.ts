import { CLUSTER, transactionalIdResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

const NO_PRODUCER = { producerId: -1n, producerEpoch: -1 };
/** First version that knows PRODUCER_FENCED. */
const FENCED_FROM = 4;

/**
 * Ids for idempotent producers; id and epoch for transactional ones, which fences whoever had the transactional id before. If
 * that one has a transaction open it is aborted first: CONCURRENT_TRANSACTIONS asks the client to come again.
 */
export function initProducerId({ producerIds, transactions, logger }: BrokerServices): Handler<22> {
  return async ({ transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch }, context) => {
    const failed = (errorCode: number) => ({ errorCode, ...NO_PRODUCER });
    const refusal = refuse(transactionalId, context);
    if (refusal !== ERROR.NONE) return failed(refusal);
    const isHalf = (producerId === -1n) !== (producerEpoch === -1);
    if (isHalf || producerId < -1n || producerEpoch < -1) return failed(ERROR.INVALID_REQUEST);
    // Kafka too gives a fresh id to a producer without a transactional id, whatever it brings.
    if (transactionalId === null) {
      try {
        return { errorCode: ERROR.NONE, producerId: producerIds.next(), producerEpoch: 0 };
      } catch (error) {
        logger.error({ err: error }, 'cannot write down which producer ids are given away');
        // What Kafka says while it has none to give, and the one error that every idempotent producer retries.
        return failed(ERROR.COORDINATOR_LOAD_IN_PROGRESS);
      }
    }
    const expected = producerId === -1n ? null : { producerId, producerEpoch };
    const { error, ...producer } = await transactions.service.init(transactionalId, { timeoutMs, expected });
    const isOld = error === 'PRODUCER_FENCED' && context.apiVersion < FENCED_FROM;
    return { errorCode: ERROR[isOld ? 'INVALID_PRODUCER_EPOCH' : error], ...producer };
  };
}

function refuse(transactionalId: string | null, context: RequestContext): number {
  if (transactionalId !== null) {
    const isAllowed = context.authorize('WRITE', transactionalIdResource(transactionalId));
    return isAllowed ? ERROR.NONE : ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  const isAllowed = context.authorize('IDEMPOTENT_WRITE', CLUSTER) || context.authorizeAny('WRITE', 'TOPIC');
  return isAllowed ? ERROR.NONE : ERROR.CLUSTER_AUTHORIZATION_FAILED;
}
