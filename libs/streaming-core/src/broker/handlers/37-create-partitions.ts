import { ERROR } from '../../wire/error-codes.js';
import { TopicError } from '../topic-catalog.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

export function createPartitions({ topics, cluster, logger }: BrokerServices): Handler<37> {
  return (request) => {
    const named = new Map<string, number>();
    for (const { name } of request.topics) named.set(name, (named.get(name) ?? 0) + 1);
    const unique = [...new Map(request.topics.map((topic) => [topic.name, topic])).values()];
    const results = unique.map(({ name, count, assignments }) => {
      try {
        if (named.get(name)! > 1) throw new TopicError('INVALID_REQUEST', 'the request names this topic twice');
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
    });
    return { results };
  };
}
