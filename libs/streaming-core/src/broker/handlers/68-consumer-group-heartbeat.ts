import { groupResource, topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** First version in which clients make their member ids themselves. */
const OWN_MEMBER_ID_FROM = 1;

/** Answered once what it changes is durable. */
export function consumerGroupHeartbeat({ groups }: BrokerServices): Handler<68> {
  return async (request, context) => {
    const { apiVersion, clientId, clientHost } = context;
    const refused = (errorCode: number, errorMessage: string | null) => ({
      errorCode,
      errorMessage,
      memberEpoch: 0,
      heartbeatIntervalMs: 0,
    });
    if (!context.authorize('READ', groupResource(request.groupId))) {
      return refused(ERROR.GROUP_AUTHORIZATION_FAILED, null);
    }
    const isHidden = (topic: string): boolean => !context.authorize('DESCRIBE', topicResource(topic));
    if (request.subscribedTopicNames?.some(isHidden)) return refused(ERROR.TOPIC_AUTHORIZATION_FAILED, null);
    if (apiVersion >= OWN_MEMBER_ID_FROM && request.memberId === '') {
      return refused(ERROR.INVALID_REQUEST, "MemberId can't be empty.");
    }
    const response = await groups.consumerHeartbeat(request.groupId, {
      memberId: request.memberId,
      memberEpoch: request.memberEpoch,
      instanceId: request.instanceId,
      rackId: request.rackId,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      clientId,
      clientHost: `/${clientHost}`,
      topicNames: request.subscribedTopicNames,
      topicRegex: request.subscribedTopicRegex,
      serverAssignor: request.serverAssignor,
      maySee: (topic) => !isHidden(topic),
      owned: request.topicPartitions,
    });
    return {
      errorCode: ERROR[response.error],
      errorMessage: response.message,
      memberId: response.memberId,
      memberEpoch: response.memberEpoch,
      heartbeatIntervalMs: response.heartbeatIntervalMs,
      assignment: response.assignment && { topicPartitions: response.assignment },
    };
  };
}
