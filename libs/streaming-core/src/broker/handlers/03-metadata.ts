import { CLUSTER, topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { ZERO_UUID } from '../../wire/schema.js';
import { TopicError, type Topic } from '../topic-catalog.js';
import { isInternalTopic, topicNameProblem } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

/** First version that asks by id; 10 and 11 have the fields, and Kafka refuses to look at them. */
const NULLABLE_NAME_FROM = 12;
/** Topics that one request may create: each costs the disk some milliseconds. The client asks again for the rest. */
const CREATED_MAX = 100;

/** Brokers and topics. A topic that is asked for by name and missing is created, if client and broker allow it. */
export function metadata(services: BrokerServices): Handler<3> {
  const { cluster, topics, config } = services;
  return (request, context) => {
    const { apiVersion } = context;
    if (apiVersion < NULLABLE_NAME_FROM && request.topics?.some(isById)) return refused(request.topics);
    const { nodeId, host, port } = cluster.self(context.listener);
    const mayCreate = request.allowAutoTopicCreation && config.flag('auto.create.topics.enable');
    let toCreate = CREATED_MAX;
    const maySee = (name: string): boolean => context.authorize('DESCRIBE', topicResource(name));
    const mayCreateTopic = (name: string): boolean =>
      context.authorize('CREATE', CLUSTER) || context.authorize('CREATE', topicResource(name));
    const shown = (topic: Topic) => ({
      ...describe(topic, nodeId),
      ...(request.includeTopicAuthorizedOperations
        ? { topicAuthorizedOperations: context.authorizedOperations(topicResource(topic.name)) }
        : {}),
    });
    const byId = (topicId: string) => {
      const topic = topics.byId(topicId);
      if (topic && maySee(topic.name)) return shown(topic);
      const error = topic ? ERROR.TOPIC_AUTHORIZATION_FAILED : ERROR.UNKNOWN_TOPIC_ID;
      return missing(error, null, topicId);
    };
    const byName = (name: string) => {
      if (!maySee(name)) return missing(ERROR.TOPIC_AUTHORIZATION_FAILED, name, ZERO_UUID);
      const known = topics.get(name);
      if (known) return shown(known);
      const wantsCreation = mayCreate && topicNameProblem(name) === null;
      if (wantsCreation && !mayCreateTopic(name)) return missing(ERROR.TOPIC_AUTHORIZATION_FAILED, name, ZERO_UUID);
      const topic = mayCreate && toCreate-- > 0 ? create(services, name) : unknown(name);
      return typeof topic === 'number' ? missing(topic, name, ZERO_UUID) : shown(topic);
    };
    const wantsAll = request.topics === null || (apiVersion === 0 && request.topics.length === 0);
    const asked = wantsAll
      ? topics
          .all()
          .filter(({ name }) => maySee(name))
          .map(shown)
      : // Each topic once, however often it is named: a small request must not make a huge answer.
        distinct(request.topics).map(({ name, topicId }) => (name === null ? byId(topicId) : byName(name)));
    return {
      brokers: [{ nodeId, host, port }],
      clusterId: cluster.clusterId,
      controllerId: nodeId,
      topics: asked,
      ...(request.includeClusterAuthorizedOperations ? clusterOperations(context) : {}),
    };
  };
}

interface AskedTopic {
  readonly name: string | null;
  readonly topicId: string;
}

function isById({ name, topicId }: AskedTopic): boolean {
  return name === null || topicId !== ZERO_UUID;
}

function refused(topics: readonly AskedTopic[]) {
  return {
    brokers: [],
    topics: distinct(topics).map(({ name, topicId }) => missing(ERROR.INVALID_REQUEST, name ?? '', topicId)),
  };
}

function clusterOperations(context: RequestContext) {
  const isAllowed = context.authorize('DESCRIBE', CLUSTER);
  return { clusterAuthorizedOperations: isAllowed ? context.authorizedOperations(CLUSTER) : 0 };
}

function distinct(asked: readonly AskedTopic[]): AskedTopic[] {
  return [...new Map(asked.map((topic) => [topic.name ?? `id ${topic.topicId}`, topic])).values()];
}

function unknown(name: string): number {
  return topicNameProblem(name) === null ? ERROR.UNKNOWN_TOPIC_OR_PARTITION : ERROR.INVALID_TOPIC_EXCEPTION;
}

function create({ topics, config, offsetsTopic, logger }: BrokerServices, name: string): Topic | number {
  try {
    if (isInternalTopic(name)) return offsetsTopic.ensure();
    return topics.create({ name, partitions: config.number('num.partitions'), configs: {} });
  } catch (error) {
    if (error instanceof TopicError) return ERROR[error.code];
    logger.error({ err: error, topic: name }, 'cannot create topic');
    return ERROR.KAFKA_STORAGE_ERROR;
  }
}

function describe(topic: Topic, nodeId: number) {
  return {
    errorCode: ERROR.NONE as number,
    name: topic.name as string | null,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition, partitionIndex) => ({
      errorCode: partition ? ERROR.NONE : ERROR.LEADER_NOT_AVAILABLE,
      partitionIndex,
      leaderId: partition ? nodeId : -1,
      leaderEpoch: partition?.leaderEpoch ?? -1,
      replicaNodes: [nodeId],
      isrNodes: partition ? [nodeId] : [],
      offlineReplicas: partition ? [] : [nodeId],
    })),
  };
}

function missing(errorCode: number, name: string | null, topicId: string): ReturnType<typeof describe> {
  return { errorCode, name, topicId, isInternal: false, partitions: [] };
}
