import { CLUSTER, topicResource, transactionalIdResource } from '../../security/acl.js';
import type { TopicPartition } from '../../transactions/transaction-types.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { isInternalTopic } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

/** From here on brokers send it, for several transactions at a time (KIP-890). */
const BROKERS_FROM = 4;
/** First version that knows PRODUCER_FENCED. */
const FENCED_FROM = 2;

interface AskedTopic {
  readonly name: string;
  readonly partitions: readonly number[];
}

interface AskedTransaction {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly verifyOnly: boolean;
  readonly topics: readonly AskedTopic[];
}

/** Adds partitions to a producer's transaction, all of them or none. */
export function addPartitionsToTxn(services: BrokerServices): Handler<24> {
  return async (request, context) => {
    if (context.apiVersion < BROKERS_FROM) {
      const asked: AskedTransaction = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: request.v3AndBelowTopics,
      };
      return { resultsByTopicV3AndBelow: await add(services, asked, context) };
    }
    if (!context.authorize('CLUSTER_ACTION', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, resultsByTransaction: [] };
    }
    const resultsByTransaction = await Promise.all(
      request.transactions.map(async (asked) => ({
        transactionalId: asked.transactionalId,
        topicResults: await add(services, asked, context),
      })),
    );
    return { errorCode: ERROR.NONE, resultsByTransaction };
  };
}

async function add(services: BrokerServices, asked: AskedTransaction, context: RequestContext) {
  const { transactionalId, topics } = asked;
  const isClient = context.apiVersion < BROKERS_FROM;
  if (isClient && !context.authorize('WRITE', transactionalIdResource(transactionalId))) {
    return answer(topics, () => 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED');
  }
  const refusal = (at: TopicPartition) => refuse(services, at, isClient ? context : null);
  if (partitionsOf(topics).some((at) => refusal(at) !== 'NONE')) {
    // What is right with the request is not done either, and said to be so.
    return answer(topics, (at) => (refusal(at) === 'NONE' ? 'OPERATION_NOT_ATTEMPTED' : refusal(at)));
  }
  const { service } = services.transactions;
  if (asked.verifyOnly) return answer(topics, (at) => service.coordinator.verify(transactionalId, asked, at));
  const { producerId, producerEpoch } = asked;
  const partitions = partitionsOf(topics);
  const clientVersion = isClient ? 0 : 2;
  const { error } = await service.addPartitions(transactionalId, {
    producerId,
    producerEpoch,
    partitions,
    clientVersion,
  });
  const isOld = error === 'PRODUCER_FENCED' && context.apiVersion < FENCED_FROM;
  return answer(topics, () => (isOld ? 'INVALID_PRODUCER_EPOCH' : error));
}

function refuse({ topics }: BrokerServices, at: TopicPartition, client: RequestContext | null): KafkaErrorName {
  const mayWrite =
    client === null || (!isInternalTopic(at.topic) && client.authorize('WRITE', topicResource(at.topic)));
  if (!mayWrite) return 'TOPIC_AUTHORIZATION_FAILED';
  return topics.get(at.topic)?.partitions[at.partition] === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE';
}

function partitionsOf(topics: readonly AskedTopic[]): TopicPartition[] {
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
}

function answer(topics: readonly AskedTopic[], errorOf: (at: TopicPartition) => KafkaErrorName) {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partition) => ({
      partitionIndex: partition,
      partitionErrorCode: ERROR[errorOf({ topic: name, partition })],
    })),
  }));
}
