import { errorNameOf } from '../../replica/partition-errors.js';
import type { MarkerToAppend } from '../../replica/partition.js';
import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import { OFFSETS_TOPIC } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/**
 * Writes markers as told: from another broker's coordinator, or from a tool that ends a hanging transaction (KIP-664). Nobody's
 * transaction is looked up, so only who may alter the cluster, or is part of it, may do that.
 */
export function writeTxnMarkers(services: BrokerServices): Handler<27> {
  return async ({ markers }, context) => {
    const isAllowed = context.authorize('ALTER', CLUSTER) || context.authorize('CLUSTER_ACTION', CLUSTER);
    const write = (marker: MarkerToAppend, topic: string, partition: number): Promise<KafkaErrorName> =>
      isAllowed ? writeOne(services, marker, topic, partition) : Promise.resolve('CLUSTER_AUTHORIZATION_FAILED');
    const answers = markers.map(async ({ producerId, producerEpoch, transactionResult, coordinatorEpoch, topics }) => {
      const marker = { producerId, producerEpoch, coordinatorEpoch, isCommit: transactionResult };
      const results = topics.map(async ({ name, partitionIndexes }) => ({
        name,
        partitions: await Promise.all(
          partitionIndexes.map(async (partitionIndex) => ({
            partitionIndex,
            errorCode: ERROR[await write(marker, name, partitionIndex)],
          })),
        ),
      }));
      return { producerId, topics: await Promise.all(results) };
    });
    return { markers: await Promise.all(answers) };
  };
}

async function writeOne(
  { topics, groups, logger }: BrokerServices,
  marker: MarkerToAppend,
  topic: string,
  partition: number,
): Promise<KafkaErrorName> {
  const log = topics.get(topic)?.partitions[partition];
  if (log === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION';
  if (log === null) return 'KAFKA_STORAGE_ERROR';
  try {
    await log.appendMarker(marker);
    if (topic === OFFSETS_TOPIC) groups.coordinator.completeTransaction(partition, marker.producerId, marker.isCommit);
    return 'NONE';
  } catch (error) {
    const name = errorNameOf(error);
    const details = { topic, partition, error: name, err: error };
    if (name === 'UNKNOWN_SERVER_ERROR' || name === 'KAFKA_STORAGE_ERROR') {
      logger.error(details, 'cannot write a transaction marker');
    } else logger.debug(details, 'transaction marker refused');
    return name;
  }
}
