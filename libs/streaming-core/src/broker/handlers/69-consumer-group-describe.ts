import type { ConsumerGroup } from '../../groups/consumer/consumer-group.js';
import { phaseOf, targetOf } from '../../groups/consumer/group-state.js';
import { preferredAssignor } from '../../groups/consumer/draft.js';
import { listOf, type Partitions } from '../../groups/consumer/partitions.js';
import { subscribedTopicNames } from '../../groups/consumer/subscriptions.js';
import type { GroupError } from '../../groups/group-errors.js';
import { groupResource, topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';
import type { TopicCatalog } from '../topic-catalog.js';

const MEMBER_TYPE = { classic: 0, consumer: 1 } as const;

export function consumerGroupDescribe({ groups, topics }: BrokerServices): Handler<69> {
  const partitionsOf = (partitions: Partitions) => ({
    // A topic that was deleted a moment ago has no name any more.
    topicPartitions: listOf(partitions).flatMap(({ topicId, partitions: numbers }) => {
      const topicName = topics.byId(topicId)?.name;
      return topicName === undefined ? [] : [{ topicId, topicName, partitions: numbers }];
    }),
  });
  const described = ({ groupId, state }: ConsumerGroup) => ({
    errorCode: ERROR.NONE,
    groupId,
    groupState: phaseOf(state),
    groupEpoch: state.epoch,
    assignmentEpoch: state.targetEpoch,
    assignorName: preferredAssignor(state, groups.config),
    members: Array.from(state.members.values(), ({ memberId, subscription, current }) => ({
      memberId,
      instanceId: subscription.instanceId,
      rackId: subscription.rackId,
      memberEpoch: current.epoch,
      clientId: subscription.clientId,
      clientHost: subscription.clientHost,
      subscribedTopicNames: subscription.topicNames,
      // Never null, although it may be: as Kafka has it.
      subscribedTopicRegex: subscription.topicRegex ?? '',
      assignment: partitionsOf(current.assigned),
      targetAssignment: partitionsOf(targetOf(state, memberId)),
      memberType: subscription.classic === null ? MEMBER_TYPE.consumer : MEMBER_TYPE.classic,
    })),
  });
  return ({ groupIds, includeAuthorizedOperations }, context) => ({
    groups: [...new Set(groupIds)].map((groupId) => {
      const error = groupId === '' ? 'INVALID_GROUP_ID' : groups.coordinator.availability(groupId);
      if (!context.authorize('DESCRIBE', groupResource(groupId))) {
        return failed(groupId, 'GROUP_AUTHORIZATION_FAILED', null);
      }
      if (error !== 'NONE') return failed(groupId, error, null);
      const group = groups.coordinator.group(groupId);
      if (group?.type === 'consumer') {
        const isHidden = (topic: string): boolean => !context.authorize('DESCRIBE', topicResource(topic));
        if ([...topicsOf(group, topics)].some(isHidden))
          return failed(groupId, 'TOPIC_AUTHORIZATION_FAILED', HIDDEN_TOPICS);
        const operations = includeAuthorizedOperations
          ? { authorizedOperations: context.authorizedOperations(groupResource(groupId)) }
          : {};
        return { ...described(group), ...operations };
      }
      const message = group ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`;
      return failed(groupId, 'GROUP_ID_NOT_FOUND', message);
    }),
  });
}

const HIDDEN_TOPICS = 'The group has described topic(s) that the client is not authorized to describe.';

/** All that the description would name; what a regular expression matched once may be assigned still. */
function topicsOf({ state }: ConsumerGroup, topics: TopicCatalog): Set<string> {
  const names = new Set(subscribedTopicNames(state));
  for (const { memberId, current } of state.members.values()) {
    for (const topicId of [...current.assigned.keys(), ...targetOf(state, memberId).keys()]) {
      const name = topics.byId(topicId)?.name;
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}

function failed(
  groupId: string,
  error: GroupError | 'GROUP_AUTHORIZATION_FAILED' | 'TOPIC_AUTHORIZATION_FAILED',
  errorMessage: string | null,
) {
  return {
    errorCode: ERROR[error],
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}
