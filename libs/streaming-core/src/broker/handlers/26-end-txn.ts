import { transactionalIdResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version that knows PRODUCER_FENCED. */
const FENCED_FROM = 2;
/** First version in which the producer gets a new epoch with the answer (KIP-890). */
const NEW_EPOCH_FROM = 5;

/** Commits or aborts. Answered once the outcome is durable; the markers follow, and nothing can undo it. */
export function endTxn({ transactions }: BrokerServices): Handler<26> {
  return async ({ transactionalId, producerId, producerEpoch, committed }, context) => {
    if (!context.authorize('WRITE', transactionalIdResource(transactionalId))) {
      return { errorCode: ERROR.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
    }
    const { error, ...producer } = await transactions.service.end(transactionalId, {
      producerId,
      producerEpoch,
      isCommit: committed,
      clientVersion: context.apiVersion >= NEW_EPOCH_FROM ? 2 : 0,
    });
    const isOld = error === 'PRODUCER_FENCED' && context.apiVersion < FENCED_FROM;
    return { errorCode: ERROR[isOld ? 'INVALID_PRODUCER_EPOCH' : error], ...producer };
  };
}
