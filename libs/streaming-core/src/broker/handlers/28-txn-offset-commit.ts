import type { OffsetToCommit } from '../../groups/coordinator-types.js';
import { partitionOfGroup } from '../../groups/group-partition.js';
import type { Partition } from '../../replica/partition.js';
import { groupResource, topicResource, transactionalIdResource } from '../../security/acl.js';
import type { RequestOf } from '../../wire/api.js';
import type { TXN_OFFSET_COMMIT } from '../../wire/apis/28-txn-offset-commit.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { OffsetsTopic } from '../offsets-topic.js';
import { OFFSETS_TOPIC } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

/** First version that knows COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296). */
const LOADING_FROM = 2;
/** First version that knows TRANSACTION_ABORTABLE, and the first that adds the group to the transaction by itself (KIP-890). */
const ABORTABLE_FROM = 4;
const ADDS_FROM = 5;

type Request = RequestOf<typeof TXN_OFFSET_COMMIT>;

/** Commits offsets in a producer's transaction: they are durable when this is answered, and count when the transaction commits. */
export function txnOffsetCommit(services: BrokerServices): Handler<28> {
  return async (request, context) => {
    const refused = refuse(request, context);
    const offsets: OffsetToCommit[] = [];
    const planned = request.topics.map(({ name, partitions }) => ({
      name,
      entries: partitions.map((each) => {
        const error = refused === 'NONE' ? problemWith(services, name, each.partitionIndex, context) : refused;
        if (error !== 'NONE') return { partitionIndex: each.partitionIndex, error, index: -1 };
        offsets.push({
          topic: name,
          partition: each.partitionIndex,
          offset: each.committedOffset,
          leaderEpoch: each.committedLeaderEpoch,
          metadata: each.committedMetadata,
        });
        return { partitionIndex: each.partitionIndex, error, index: offsets.length - 1 };
      }),
    }));
    const errors = offsets.length === 0 ? [] : await commit(services, request, context, offsets);
    const codeOf = (error: KafkaErrorName) => ERROR[asKnownTo(context.apiVersion, error)];
    return {
      topics: planned.map(({ name, entries }) => ({
        name,
        partitions: entries.map(({ partitionIndex, error, index }) => ({
          partitionIndex,
          errorCode: codeOf(index < 0 ? error : errors[index]!),
        })),
      })),
    };
  };
}

async function commit(
  services: BrokerServices,
  request: Request,
  context: RequestContext,
  offsets: readonly OffsetToCommit[],
): Promise<readonly KafkaErrorName[]> {
  const admitting = admit(services, request, context);
  // Without a turn of the event loop in between: what was admitted is written before anything can end the transaction.
  const refusal = admitting instanceof Promise ? await admitting : admitting;
  if (refusal !== 'NONE') return offsets.map(() => refusal);
  const { memberId, groupInstanceId, generationId, producerId, producerEpoch } = request;
  const { errors } = await services.groups.commit(request.groupId, {
    memberId,
    groupInstanceId,
    generationId,
    knowsMemberEpochs: false,
    retentionTimeMs: null,
    producer: { producerId, producerEpoch },
    offsets,
  });
  return errors;
}

function refuse({ transactionalId, groupId }: Request, context: RequestContext): KafkaErrorName {
  if (!context.authorize('WRITE', transactionalIdResource(transactionalId))) {
    return 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED';
  }
  return context.authorize('READ', groupResource(groupId)) ? 'NONE' : 'GROUP_AUTHORIZATION_FAILED';
}

/** Whether the group is in the producer's transaction, or may come in. */
function admit(
  services: BrokerServices,
  { transactionalId, groupId, producerId, producerEpoch }: Request,
  context: RequestContext,
): KafkaErrorName | Promise<KafkaErrorName> {
  const { offsetsTopic, transactions } = services;
  const partition = partitionOfGroup(groupId, offsetsTopic.partitionCount);
  const log = partitionOf(offsetsTopic, partition);
  if (log === null) return 'COORDINATOR_NOT_AVAILABLE';
  const version = context.apiVersion;
  const unknownPartition = version >= ADDS_FROM ? 'add' : version >= ABORTABLE_FROM ? 'abort' : 'refuse';
  const write = { transactionalId, producerId, producerEpoch, unknownPartition } as const;
  const errors = transactions.writes.admit(write, [{ topic: OFFSETS_TOPIC, partition, log }]);
  const asCommitError = ([error]: readonly KafkaErrorName[]): KafkaErrorName =>
    error === 'NOT_ENOUGH_REPLICAS' ? 'COORDINATOR_NOT_AVAILABLE' : error!;
  return errors instanceof Promise ? errors.then(asCommitError) : asCommitError(errors);
}

/** Null if it is offline, or cannot be created. */
function partitionOf(topic: OffsetsTopic, partition: number): Partition | null {
  try {
    return topic.ensure().partitions[partition] ?? null;
  } catch {
    return null;
  }
}

function problemWith(
  { topics }: BrokerServices,
  topic: string,
  partition: number,
  context: RequestContext,
): KafkaErrorName {
  if (!context.authorize('READ', topicResource(topic))) return 'TOPIC_AUTHORIZATION_FAILED';
  return topics.get(topic)?.partitions[partition] === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'NONE';
}

function asKnownTo(apiVersion: number, error: KafkaErrorName): KafkaErrorName {
  const isUnknown = apiVersion < LOADING_FROM && error === 'COORDINATOR_LOAD_IN_PROGRESS';
  return isUnknown ? 'COORDINATOR_NOT_AVAILABLE' : error;
}
