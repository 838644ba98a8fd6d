import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

const NO_PRODUCER = { producerId: -1n, producerEpoch: -1 };

/** Ids for idempotent producers. */
export function initProducerId({ producerIds }: BrokerServices): Handler<22> {
  return ({ transactionalId, producerId, producerEpoch }) => {
    // Transactions are not served, and trying again would not help.
    if (transactionalId !== null) return { errorCode: ERROR.INVALID_REQUEST, ...NO_PRODUCER };
    // Kafka too gives a fresh id to a producer without a transactional id, whatever it brings.
    const isHalf = (producerId === -1n) !== (producerEpoch === -1);
    if (isHalf || producerId < -1n || producerEpoch < -1) return { errorCode: ERROR.INVALID_REQUEST, ...NO_PRODUCER };
    return { errorCode: ERROR.NONE, producerId: producerIds.next(), producerEpoch: 0 };
  };
}
