import { topicResource } from '../../security/acl.js';
import type { RequestOf } from '../../wire/api.js';
import type { CREATE_PARTITIONS } from '../../wire/apis/37-create-partitions.js';
import { ERROR } from '../../wire/error-codes.js';
import type { MutationQuota } from '../quotas/client-quotas.js';
import { replicasProblem } from '../replica-assignment.js';
import type { Handler, RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import { TopicError } from '../topic-catalog.js';
import { quotaExceeded } from './19-create-topics.js';

type TopicRequest = RequestOf<typeof CREATE_PARTITIONS>['topics'][number];

/** The first version that knows THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_FROM = 3;

export function createPartitions(services: BrokerServices): Handler<37> {
  const { topics, logger } = services;
  return (request, context) => {
    const named = new Map<string, number>();
    for (const { name } of request.topics) named.set(name, (named.get(name) ?? 0) + 1);
    const unique = [...new Map(request.topics.map((topic) => [topic.name, topic])).values()];
    const quota = services.quotas.mutations(context, context.apiVersion >= STRICT_QUOTA_FROM);
    const results = unique.map((topic) => {
      const { name, count } = topic;
      try {
        if (named.get(name)! > 1) throw new TopicError('INVALID_REQUEST', 'Duplicate topic name.');
        check(services, context, quota, topic);
        if (!request.validateOnly) topics.addPartitions(name, count);
        return { name, errorCode: ERROR.NONE };
      } catch (error) {
        if (error instanceof TopicError) return { name, errorCode: ERROR[error.code], errorMessage: error.message };
        logger.error({ err: error, topic: name }, 'cannot add partitions');
        return { name, errorCode: ERROR.KAFKA_STORAGE_ERROR, errorMessage: 'the partitions could not be written' };
      }
    });
    return { throttleTimeMs: quota.throttleTimeMs(), results };
  };
}

/** @throws {TopicError} unless the topic can have, and the client may add, these partitions */
function check(
  { topics, cluster }: BrokerServices,
  context: RequestContext,
  quota: MutationQuota,
  { name, count, assignments }: TopicRequest,
): void {
  if (!context.authorize('ALTER', topicResource(name))) {
    throw new TopicError('TOPIC_AUTHORIZATION_FAILED', 'Topic authorization failed.');
  }
  const added = count - topics.checkPartitions(name, count).partitions.length;
  if (assignments !== null && assignments.length !== added) {
    const message = `Attempted to add ${added} additional partition(s), but ${assignments.length} assignment(s) were specified.`;
    throw new TopicError('INVALID_REPLICA_ASSIGNMENT', message);
  }
  const { nodeId } = cluster.self();
  for (const { brokerIds } of assignments ?? []) {
    const problem = replicasProblem(brokerIds, nodeId);
    if (problem !== null) throw new TopicError('INVALID_REPLICA_ASSIGNMENT', problem);
  }
  if (!quota.tryTake(added)) throw quotaExceeded();
}
