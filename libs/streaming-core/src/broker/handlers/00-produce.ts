import type { Acks, Partition } from '../../replica/partition.js';
import { errorNameOf, PartitionError } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Topic } from '../topic-catalog.js';
import type { Handler } from '../request-context.js';
import { timeBound } from '../time-bound.js';
import { admitProduced, type ProducedBatch } from '../transactions/produce-admission.js';

const TOPIC_IDS_FROM = 13;

interface PartitionResult {
  readonly index: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  readonly logAppendTimeMs?: bigint;
  readonly logStartOffset?: bigint;
  readonly errorMessage?: string;
}

/**
 * Appends in the order of the request, at once; answers when every append is acknowledged as `acks` asks. Only a transaction that
 * must learn of new partitions first is waited for.
 */
export function produce(services: BrokerServices): Handler<0> {
  const { topics, transactions } = services;
  return async (request, context) => {
    const hasIds = context.apiVersion >= TOPIC_IDS_FROM;
    const mayWrite = (topic: string): boolean => context.authorize('WRITE', topicResource(topic));
    const produced = request.topicData.flatMap(({ name, topicId, partitionData }): ProducedBatch[] => {
      const topic = hasIds ? topics.byId(topicId) : topics.get(name);
      if (!topic || !mayWrite(topic.name)) return [];
      return partitionData.flatMap(({ index, records }) => {
        const partition = topic.partitions[index];
        return partition ? [{ partition, records }] : [];
      });
    });
    const admitting = admitProduced(transactions.writes, request.transactionalId, produced, context);
    const admission = admitting instanceof Promise ? await admitting : admitting;
    const responses = await Promise.all(
      request.topicData.map(async ({ name, topicId, partitionData }) => {
        const topic = hasIds ? topics.byId(topicId) : topics.get(name);
        const missing = missingCode(topic, hasIds, mayWrite(topic?.name ?? name));
        const appends = partitionData.map(({ index, records }) => {
          const partition = topic?.partitions[index];
          const refusal =
            topic && partition !== undefined && mayWrite(topic.name) ? refuse(topic, request.acks) : missing;
          if (refusal !== ERROR.NONE) return Promise.resolve({ index, errorCode: refusal, baseOffset: -1n });
          if (!partition) return Promise.resolve({ index, errorCode: ERROR.KAFKA_STORAGE_ERROR, baseOffset: -1n });
          const { timeoutMs } = request;
          const transaction = admission.get(partition);
          return append(services, partition, { records, acks: request.acks as Acks, timeoutMs, transaction });
        });
        return { name, topicId, partitionResponses: await Promise.all(appends) };
      }),
    );
    if (request.acks !== 0) return { responses };
    const failed = responses
      .flatMap(({ partitionResponses }) => partitionResponses)
      .find(({ errorCode }) => errorCode !== 0);
    // Without a response, closing the connection is the one way to tell.
    if (failed) throw new Error(`a produce request with acks=0 failed with error ${failed.errorCode}`);
    return null;
  };
}

/** Why nothing can be written: who may not write to a topic is not told whether it exists, except by an id that nobody guesses. */
function missingCode(topic: Topic | undefined, hasIds: boolean, isAllowed: boolean): number {
  if (hasIds && !topic) return ERROR.UNKNOWN_TOPIC_ID;
  return isAllowed ? ERROR.UNKNOWN_TOPIC_OR_PARTITION : ERROR.TOPIC_AUTHORIZATION_FAILED;
}

function refuse(topic: Topic, acks: number): number {
  if (acks !== 0 && acks !== 1 && acks !== -1) return ERROR.INVALID_REQUIRED_ACKS;
  if (topic.isInternal) return ERROR.INVALID_TOPIC_EXCEPTION;
  // There is one replica of everything.
  return acks === -1 && topic.minInsyncReplicas > 1 ? ERROR.NOT_ENOUGH_REPLICAS : ERROR.NONE;
}

interface AppendRequest {
  readonly records: Buffer | null;
  readonly acks: Acks;
  readonly timeoutMs: number;
  readonly transaction: KafkaErrorName | undefined;
}

async function append(
  services: BrokerServices,
  partition: Partition,
  { records, acks, timeoutMs, transaction }: AppendRequest,
): Promise<PartitionResult> {
  const { metrics, logger } = services;
  const { index } = partition;
  const isInTransaction = transaction === 'NONE';
  if (transaction !== undefined && !isInTransaction) return { index, errorCode: ERROR[transaction], baseOffset: -1n };
  try {
    const appending = partition.append(records, acks, isInTransaction);
    const { baseOffset, logAppendTimeMs, logStartOffset } = await inTime(services, acks, timeoutMs, appending);
    metrics.recordBatchesAppended += 1;
    metrics.bytesAppended += records?.length ?? 0;
    return { index, errorCode: ERROR.NONE, baseOffset, logAppendTimeMs: BigInt(logAppendTimeMs), logStartOffset };
  } catch (error) {
    const name = errorNameOf(error);
    metrics.api(0).errors += 1;
    const details = { topic: partition.topic, partition: index, error: name, err: error };
    if (name === 'UNKNOWN_SERVER_ERROR' || name === 'KAFKA_STORAGE_ERROR') logger.error(details, 'append failed');
    else logger.debug(details, 'append refused');
    const errorMessage = error instanceof Error ? error.message : String(error);
    return { index, errorCode: ERROR[name], baseOffset: -1n, errorMessage };
  }
}

/**
 * The flush that an acknowledgement waits for may take no longer than the client waits; the batch may be in the log all the same.
 * With a timeout of 0 nothing is bounded: there, Apache Kafka's one replica answers at once too.
 */
function inTime<T>({ clock }: BrokerServices, acks: Acks, timeoutMs: number, appending: Promise<T>): Promise<T> {
  if (acks === 0 || timeoutMs <= 0) return appending;
  return timeBound(
    clock,
    timeoutMs,
    appending,
    () => new PartitionError('REQUEST_TIMED_OUT', `not on stable storage after ${timeoutMs} ms`),
  );
}
