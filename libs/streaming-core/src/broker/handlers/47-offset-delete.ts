import { groupResource, topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** Answered once the offsets are gone from the log too. Topics that the group reads are refused, each partition for itself. */
export function offsetDelete({ groups, topics }: BrokerServices): Handler<47> {
  return async (request, context) => {
    if (!context.authorize('DELETE', groupResource(request.groupId))) {
      return { errorCode: ERROR.GROUP_AUTHORIZATION_FAILED, topics: [] };
    }
    const mayRead = new Map(
      request.topics.map(({ name }) => [name, context.authorize('READ', topicResource(name))] as const),
    );
    const asked = request.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
    );
    const known = asked.filter(
      ({ topic, partition }) => mayRead.get(topic) && topics.get(topic)?.partitions[partition] !== undefined,
    );
    const result = await groups.deleteOffsets(request.groupId, known);
    if (!Array.isArray(result)) return { errorCode: ERROR[result], topics: [] };
    const errors = new Map(known.map((each, index) => [each, result[index]!]));
    let index = 0;
    return {
      errorCode: ERROR.NONE,
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode:
            ERROR[
              errors.get(asked[index++]!) ??
                (mayRead.get(name) ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'TOPIC_AUTHORIZATION_FAILED')
            ],
        })),
      })),
    };
  };
}
