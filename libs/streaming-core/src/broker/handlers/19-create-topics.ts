import { CLUSTER, topicResource } from '../../security/acl.js';
import type { RequestOf } from '../../wire/api.js';
import type { CREATE_TOPICS } from '../../wire/apis/19-create-topics.js';
import { ERROR } from '../../wire/error-codes.js';
import { topicEntries } from '../configs/config-entries.js';
import type { MutationQuota } from '../quotas/client-quotas.js';
import { assignmentsProblem } from '../replica-assignment.js';
import type { Handler, RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import { TopicError, type NewTopic } from '../topic-catalog.js';

type TopicRequest = RequestOf<typeof CREATE_TOPICS>['topics'][number];

/** The first version that knows THROTTLING_QUOTA_EXCEEDED (KIP-599). */
const STRICT_QUOTA_FROM = 6;
const BROKERS = 1;

export function createTopics(services: BrokerServices): Handler<19> {
  return ({ topics, validateOnly }, context) => {
    const names = new Set<string>();
    const twice = new Set<string>();
    for (const { name } of topics) (names.has(name) ? twice : names).add(name);
    const unique = topics.filter(({ name }) => !twice.has(name));
    const most = services.config.number('max.partitions');
    if (topics.length > most) {
      // None of them would fit; said at once, a small request does not make a huge answer.
      const problem = `This broker holds at most ${most} partitions (max.partitions).`;
      return { topics: [...names].map((name) => failed(name, 'POLICY_VIOLATION', problem)) };
    }
    const quota = services.quotas.mutations(context, context.apiVersion >= STRICT_QUOTA_FROM);
    const results = [
      ...unique.map((topic) => createTopic(services, context, quota, topic, validateOnly)),
      ...[...twice].map((name) => failed(name, 'INVALID_REQUEST', 'Duplicate topic name.')),
    ];
    return { throttleTimeMs: quota.throttleTimeMs(), topics: results };
  };
}

function createTopic(
  services: BrokerServices,
  context: RequestContext,
  quota: MutationQuota,
  request: TopicRequest,
  validateOnly: boolean,
) {
  const { topics, config, logger } = services;
  const { name } = request;
  try {
    const resource = topicResource(name);
    if (!context.authorize('CREATE', CLUSTER) && !context.authorize('CREATE', resource)) {
      throw new TopicError('TOPIC_AUTHORIZATION_FAILED', 'Authorization failed.');
    }
    const newTopic = parse(services, request);
    topics.check(newTopic);
    if (!quota.tryTake(newTopic.partitions)) throw quotaExceeded();
    const topic = validateOnly ? null : topics.create(newTopic);
    const mayDescribe = context.authorize('DESCRIBE_CONFIGS', resource);
    return {
      name,
      ...(topic ? { topicId: topic.id } : {}),
      errorCode: ERROR.NONE,
      errorMessage: null,
      topicConfigErrorCode: mayDescribe ? ERROR.NONE : ERROR.TOPIC_AUTHORIZATION_FAILED,
      numPartitions: mayDescribe ? newTopic.partitions : -1,
      replicationFactor: mayDescribe ? 1 : -1,
      configs: mayDescribe ? topicEntries(config, newTopic.configs) : [],
    };
  } catch (error) {
    if (error instanceof TopicError) return failed(name, error.code, error.message);
    logger.error({ err: error, topic: name }, 'cannot create topic');
    return failed(name, 'KAFKA_STORAGE_ERROR', 'the topic could not be written');
  }
}

/** What all that creates, grows or deletes topics answers a client that did too much of it. */
export function quotaExceeded(): TopicError {
  return new TopicError('THROTTLING_QUOTA_EXCEEDED', 'The throttling quota has been exceeded.');
}

/** The rules of Apache Kafka's controller, on one broker. @throws {TopicError} */
function parse({ cluster, config }: BrokerServices, request: TopicRequest): NewTopic {
  const { name, assignments, replicationFactor, numPartitions } = request;
  const configs = Object.fromEntries(
    request.configs.map(({ name: key, value }) => {
      if (value === null) throw new TopicError('INVALID_CONFIG', `Null value not supported for topic configs: ${key}`);
      return [key, value] as const;
    }),
  );
  if (assignments.length > 0) {
    for (const [field, value] of Object.entries({ 'replication factor': replicationFactor, numPartitions })) {
      if (value === -1) continue;
      const message = `A manual partition assignment was specified, but ${field} was not set to -1.`;
      throw new TopicError('INVALID_REQUEST', message);
    }
    const problem = assignmentsProblem(assignments, cluster.self().nodeId);
    if (problem !== null) throw new TopicError('INVALID_REPLICA_ASSIGNMENT', problem);
    return { name, partitions: assignments.length, configs };
  }
  if (replicationFactor < -1 || replicationFactor === 0) {
    const message = 'Replication factor must be larger than 0, or -1 to use the default value.';
    throw new TopicError('INVALID_REPLICATION_FACTOR', message);
  }
  if (numPartitions < -1 || numPartitions === 0) {
    const message = 'Number of partitions was set to an invalid non-positive value.';
    throw new TopicError('INVALID_PARTITIONS', message);
  }
  if (replicationFactor > BROKERS) {
    const message =
      `Unable to replicate the partition ${replicationFactor} time(s): The target replication factor of ${replicationFactor} ` +
      `cannot be reached because only ${BROKERS} broker(s) are registered.`;
    throw new TopicError('INVALID_REPLICATION_FACTOR', message);
  }
  return { name, partitions: numPartitions === -1 ? config.number('num.partitions') : numPartitions, configs };
}

function failed(name: string, code: TopicError['code'], errorMessage: string) {
  return { name, errorCode: ERROR[code], errorMessage, numPartitions: -1, replicationFactor: -1, configs: [] };
}
