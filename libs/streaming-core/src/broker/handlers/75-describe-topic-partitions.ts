import { topicResource } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { ZERO_UUID } from '../../wire/schema.js';
import type { Handler, RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import type { Topic } from '../topic-catalog.js';
import { topicNameProblem } from '../topic-name.js';

/** Kafka's `max.request.partition.size.limit`. */
const PARTITIONS_MAX = 2_000;

/** Topics with their partitions, a page at a time, by name (KIP-966). Without names, all topics that the client may see. */
export function describeTopicPartitions({ topics, cluster }: BrokerServices): Handler<75> {
  return (request, context) => {
    const { cursor } = request;
    const isAll = request.topics.length === 0;
    const names = [...new Set(isAll ? topics.all().map(({ name }) => name) : request.topics.map(({ name }) => name))]
      .filter((name) => cursor === null || name >= cursor.topicName)
      .sort();
    if (cursor !== null && cursor.partitionIndex < 0) {
      return { topics: names.map((name) => failed(name, 'INVALID_REQUEST')), nextCursor: null };
    }
    const { nodeId } = cluster.self(context.listener);
    const described: (ReturnType<typeof failed> | ReturnType<typeof describe>)[] = [];
    let left = Math.min(Math.max(1, request.responsePartitionLimit), PARTITIONS_MAX);
    for (const name of names) {
      if (!context.authorize('DESCRIBE', topicResource(name))) {
        if (!isAll) described.push(failed(name, 'TOPIC_AUTHORIZATION_FAILED'));
        continue;
      }
      const topic = topics.get(name);
      if (!topic) {
        described.push(
          failed(name, topicNameProblem(name) === null ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'),
        );
        continue;
      }
      const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
      if (left === 0) return { topics: described, nextCursor: { topicName: name, partitionIndex: from } };
      const entry = describe(topic, from, left, nodeId, context);
      described.push(entry);
      left -= entry.partitions.length;
      const next = from + entry.partitions.length;
      if (next < topic.partitions.length) {
        return { topics: described, nextCursor: { topicName: name, partitionIndex: next } };
      }
    }
    return { topics: described, nextCursor: null };
  };
}

function describe(topic: Topic, from: number, count: number, nodeId: number, context: RequestContext) {
  return {
    errorCode: ERROR.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.slice(from, from + count).map((partition, index) => ({
      errorCode: partition ? ERROR.NONE : ERROR.LEADER_NOT_AVAILABLE,
      partitionIndex: from + index,
      leaderId: partition ? nodeId : -1,
      leaderEpoch: partition?.leaderEpoch ?? -1,
      replicaNodes: [nodeId],
      isrNodes: partition ? [nodeId] : [],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
      offlineReplicas: partition ? [] : [nodeId],
    })),
    topicAuthorizedOperations: context.authorizedOperations(topicResource(topic.name)),
  };
}

function failed(name: string, code: KafkaErrorName) {
  return { errorCode: ERROR[code], name, topicId: ZERO_UUID, isInternal: false, partitions: [] };
}
