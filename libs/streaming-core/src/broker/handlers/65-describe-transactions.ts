import { topicResource, transactionalIdResource } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** What the coordinator knows of transactional ids. Partitions of topics that the asker may not see are left out. */
export function describeTransactions({ transactions }: BrokerServices): Handler<65> {
  return (request, context) => {
    const describe = (transactionalId: string) => {
      const { coordinator } = transactions.service;
      const failed = (error: KafkaErrorName) => ({ transactionalId, errorCode: ERROR[error], ...UNKNOWN });
      if (!context.authorize('DESCRIBE', transactionalIdResource(transactionalId))) {
        return failed('TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
      }
      if (transactionalId === '') return failed('INVALID_REQUEST');
      const unavailable = coordinator.availability(transactionalId);
      if (unavailable !== 'NONE') return failed(unavailable);
      const metadata = coordinator.get(transactionalId);
      if (metadata === undefined) return failed('TRANSACTIONAL_ID_NOT_FOUND');
      const byTopic = Map.groupBy(metadata.partitions.values(), ({ topic }) => topic);
      return {
        transactionalId,
        errorCode: ERROR.NONE,
        transactionState: metadata.state,
        transactionTimeoutMs: metadata.timeoutMs,
        transactionStartTimeMs: BigInt(metadata.startedAtMs),
        producerId: metadata.producerId,
        producerEpoch: metadata.producerEpoch,
        topics: Array.from(byTopic, ([topic, entries]) => ({
          topic,
          partitions: entries.map(({ partition }) => partition),
        })).filter(({ topic }) => context.authorize('DESCRIBE', topicResource(topic))),
      };
    };
    return { transactionStates: [...new Set(request.transactionalIds)].map(describe) };
  };
}

const UNKNOWN = {
  transactionState: '',
  transactionTimeoutMs: 0,
  transactionStartTimeMs: 0n,
  producerId: 0n,
  producerEpoch: 0,
  topics: [],
};
