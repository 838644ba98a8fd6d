import type { OffsetToCommit } from '../../groups/coordinator-types.js';
import { groupResource, topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

/** First version that members of KIP-848 groups may use. */
const MEMBER_EPOCHS_FROM = 9;
/** First version that names topics by id. */
const TOPIC_IDS_FROM = 10;

/** Answered once the offsets are durable. Offsets of partitions that do not exist are refused, so that what is kept is bounded. */
export function offsetCommit({ groups, topics }: BrokerServices): Handler<8> {
  return async (request, context) => {
    const { apiVersion } = context;
    const isAllowed = context.authorize('READ', groupResource(request.groupId));
    const offsets: OffsetToCommit[] = [];
    const planned = request.topics.map(({ name, topicId, partitions }) => {
      const topic = apiVersion >= TOPIC_IDS_FROM ? topics.byId(topicId) : topics.get(name);
      const missing = missingCode(topic?.name ?? (apiVersion >= TOPIC_IDS_FROM ? null : name), isAllowed, context);
      const entries = partitions.map((partition) => {
        const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = partition;
        if (missing !== ERROR.UNKNOWN_TOPIC_OR_PARTITION || topic?.partitions[partitionIndex] === undefined)
          return { partitionIndex, errorCode: missing, index: -1 };
        offsets.push({
          topic: topic.name,
          partition: partitionIndex,
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata: committedMetadata,
        });
        return { partitionIndex, errorCode: ERROR.NONE, index: offsets.length - 1 };
      });
      return { name, topicId, entries };
    });
    const { errors } = !isAllowed
      ? { errors: [] }
      : await groups.commit(request.groupId, {
          memberId: request.memberId,
          groupInstanceId: request.groupInstanceId,
          generationId: request.generationIdOrMemberEpoch,
          knowsMemberEpochs: apiVersion >= MEMBER_EPOCHS_FROM,
          retentionTimeMs: request.retentionTimeMs < 0n ? null : Number(request.retentionTimeMs),
          producer: null,
          offsets,
        });
    return {
      topics: planned.map(({ name, topicId, entries }) => ({
        name,
        topicId,
        partitions: entries.map(({ partitionIndex, errorCode, index }) => ({
          partitionIndex,
          errorCode: index < 0 ? errorCode : ERROR[errors[index]!],
        })),
      })),
    };
  };
}

/** What stands at partitions for which nothing can be committed; null is a topic whose id is not known. */
function missingCode(topic: string | null, mayReadGroup: boolean, context: RequestContext): number {
  if (!mayReadGroup) return ERROR.GROUP_AUTHORIZATION_FAILED;
  if (topic === null) return ERROR.UNKNOWN_TOPIC_ID;
  const mayRead = context.authorize('READ', topicResource(topic));
  return mayRead ? ERROR.UNKNOWN_TOPIC_OR_PARTITION : ERROR.TOPIC_AUTHORIZATION_FAILED;
}
