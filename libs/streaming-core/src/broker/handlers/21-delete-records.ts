import { errorNameOf } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { Handler, RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import type { Topic } from '../topic-catalog.js';

const NO_OFFSET = -1n;

/** Moves the start of partitions up, durably, and answers where they begin now. Segments that lie wholly before go at once. */
export function deleteRecords({ topics, logger }: BrokerServices): Handler<21> {
  return (request, context) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => {
        const topic = topics.get(name);
        const refusal = refuse(topic, name, partitionIndex, context);
        if (refusal !== 'NONE') return { partitionIndex, lowWatermark: NO_OFFSET, errorCode: ERROR[refusal] };
        try {
          const lowWatermark = topic!.partitions[partitionIndex]!.deleteRecordsBefore(offset);
          return { partitionIndex, lowWatermark, errorCode: ERROR.NONE };
        } catch (error) {
          const errorName = errorNameOf(error);
          if (errorName === 'UNKNOWN_SERVER_ERROR' || errorName === 'KAFKA_STORAGE_ERROR') {
            logger.error({ topic: name, partition: partitionIndex, err: error }, 'cannot delete records');
          }
          return { partitionIndex, lowWatermark: NO_OFFSET, errorCode: ERROR[errorName] };
        }
      }),
    })),
  });
}

function refuse(topic: Topic | undefined, name: string, index: number, context: RequestContext): KafkaErrorName {
  if (!context.authorize('DELETE', topicResource(name))) return 'TOPIC_AUTHORIZATION_FAILED';
  const partition = topic?.partitions[index];
  if (topic === undefined || partition === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (topic.isInternal) return 'INVALID_TOPIC_EXCEPTION';
  if (partition === null) return 'KAFKA_STORAGE_ERROR';
  // What compaction keeps is the state of its keys: half of it would be a wrong state.
  return partition.config.deleteOldSegments ? 'NONE' : 'POLICY_VIOLATION';
}
