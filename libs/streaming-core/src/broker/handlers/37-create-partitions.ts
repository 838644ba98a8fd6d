import { ERROR } from '../../wire/error-codes.js';
import { TopicError } from '../topic-catalog.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function createPartitions({ topics, cluster, logger }: BrokerServices): Handler<37> {
  return (request) => ({
    results: request.topics.map(({ name, count, assignments }) => {
      try {
        const added = count - topics.checkPartitions(name, count).partitions.length;
        const { nodeId } = cluster.self();
        const isHere = assignments?.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId) ?? true;
        if (!isHere || (assignments && assignments.length !== added)) {
          throw new TopicError(
            'INVALID_REPLICA_ASSIGNMENT',
            `all ${added} new partitions must be on broker ${nodeId} alone`,
          );
        }
        if (!request.validateOnly) topics.addPartitions(name, count);
        return { name, errorCode: ERROR.NONE };
      } catch (error) {
        if (error instanceof TopicError) return { name, errorCode: ERROR[error.code], errorMessage: error.message };
        logger.error({ err: error, topic: name }, 'cannot add partitions');
        return { name, errorCode: ERROR.KAFKA_STORAGE_ERROR, errorMessage: 'the partitions could not be written' };
      }
    }),
  });
}
