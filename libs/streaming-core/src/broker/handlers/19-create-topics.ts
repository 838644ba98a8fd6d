import type { RequestOf } from '../../wire/api.js';
import type { CREATE_TOPICS } from '../../wire/apis/19-create-topics.js';
import { ERROR } from '../../wire/error-codes.js';
import { topicEntries } from '../configs/config-entries.js';
import { TopicError, type NewTopic } from '../topic-catalog.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

type TopicRequest = RequestOf<typeof CREATE_TOPICS>['topics'][number];

export function createTopics(services: BrokerServices): Handler<19> {
  return ({ topics, validateOnly }) => {
    const names = new Set<string>();
    const twice = new Set<string>();
    for (const { name } of topics) (names.has(name) ? twice : names).add(name);
    const unique = topics.filter(({ name }) => !twice.has(name));
    return {
      topics: [
        ...unique.map((topic) => createTopic(services, topic, validateOnly)),
        ...[...twice].map((name) => failed(name, 'INVALID_REQUEST', 'the request names this topic twice')),
      ],
    };
  };
}

function createTopic(services: BrokerServices, request: TopicRequest, validateOnly: boolean) {
  const { topics, config, logger } = services;
  try {
    const newTopic = parse(services, request);
    topics.check(newTopic);
    const topic = validateOnly ? null : topics.create(newTopic);
    return {
      name: request.name,
      ...(topic ? { topicId: topic.id } : {}),
      errorCode: ERROR.NONE,
      errorMessage: null,
      numPartitions: newTopic.partitions,
      replicationFactor: 1,
      configs: topicEntries(config, newTopic.configs),
    };
  } catch (error) {
    if (error instanceof TopicError) return failed(request.name, error.code, error.message);
    logger.error({ err: error, topic: request.name }, 'cannot create topic');
    return failed(request.name, 'KAFKA_STORAGE_ERROR', 'the topic could not be written');
  }
}

/** @throws {TopicError} */
function parse({ cluster, config }: BrokerServices, request: TopicRequest): NewTopic {
  const { name, assignments, replicationFactor, numPartitions } = request;
  const configs = Object.fromEntries(
    request.configs.map(({ name: key, value }) => {
      if (value === null) throw new TopicError('INVALID_CONFIG', `${key} has no value`);
      return [key, value] as const;
    }),
  );
  if (assignments.length > 0) {
    if (numPartitions !== -1 || replicationFactor !== -1) {
      throw new TopicError(
        'INVALID_REQUEST',
        'an assignment goes with neither a partition count nor a replication factor',
      );
    }
    const { nodeId } = cluster.self();
    const isHere = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === nodeId);
    const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
    const isDense = indexes.size === assignments.length && assignments.every((_, index) => indexes.has(index));
    if (!isHere || !isDense) {
      throw new TopicError('INVALID_REPLICA_ASSIGNMENT', `every partition from 0 on must be on broker ${nodeId} alone`);
    }
    return { name, partitions: assignments.length, configs };
  }
  if (replicationFactor !== -1 && replicationFactor !== 1) {
    const message = `Unable to replicate the partition ${replicationFactor} time(s): 1 broker is there.`;
    throw new TopicError('INVALID_REPLICATION_FACTOR', message);
  }
  return { name, partitions: numPartitions === -1 ? config.number('num.partitions') : numPartitions, configs };
}

function failed(name: string, code: TopicError['code'], errorMessage: string) {
  return { name, errorCode: ERROR[code], errorMessage, numPartitions: -1, replicationFactor: -1, configs: [] };
}
