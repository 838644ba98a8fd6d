import { errorNameOf } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

const UNKNOWN = { leaderEpoch: -1, endOffset: -1n };

/** Where a leader epoch ended, for clients that look whether what they have read is still in the log (KIP-101, KIP-320). */
export function offsetForLeaderEpoch({ topics, logger }: BrokerServices): Handler<23> {
  return (request, context) => ({
    topics: request.topics.map(({ topic, partitions }) => {
      const isAllowed = context.authorize('DESCRIBE', topicResource(topic));
      return {
        topic,
        partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch }) => {
          const failed = (errorCode: number) => ({ partition: index, errorCode, ...UNKNOWN });
          if (!isAllowed) return failed(ERROR.TOPIC_AUTHORIZATION_FAILED);
          const partition = topics.get(topic)?.partitions[index];
          if (partition === undefined) return failed(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
          if (partition === null) return failed(ERROR.KAFKA_STORAGE_ERROR);
          try {
            const { epoch, endOffset } = partition.endOfEpoch(leaderEpoch, currentLeaderEpoch);
            return { partition: index, errorCode: ERROR.NONE, leaderEpoch: epoch, endOffset };
          } catch (error) {
            const errorName = errorNameOf(error);
            if (errorName === 'UNKNOWN_SERVER_ERROR') {
              logger.error({ topic, partition: index, err: error }, 'epoch look-up failed');
            }
            return failed(ERROR[errorName]);
          }
        }),
      };
    }),
  });
}
