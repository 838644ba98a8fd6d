import type { Partition } from '../../replica/partition.js';
import { errorNameOf } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import { topicNameProblem } from '../topic-name.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** The producers that a partition remembers, with the transactions that they have open there: how a hanging one is found. */
export function describeProducers({ topics }: BrokerServices): Handler<61> {
  return (request, context) => ({
    // Each partition once, however often it is named: a small request must not make a huge answer.
    topics: [...Map.groupBy(request.topics, ({ name }) => name)].map(([name, asked]) => ({
      name,
      partitions: [...new Set(asked.flatMap(({ partitionIndexes }) => partitionIndexes))].map((partitionIndex) => {
        const failed = (errorCode: number) => ({ partitionIndex, errorCode, activeProducers: [] });
        if (topicNameProblem(name) !== null) return failed(ERROR.INVALID_TOPIC_EXCEPTION);
        if (!context.authorize('READ', topicResource(name))) return failed(ERROR.TOPIC_AUTHORIZATION_FAILED);
        const partition = topics.get(name)?.partitions[partitionIndex];
        if (partition === undefined) return failed(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
        if (partition === null) return failed(ERROR.KAFKA_STORAGE_ERROR);
        try {
          return { partitionIndex, errorCode: ERROR.NONE, activeProducers: producersOf(partition) };
        } catch (error) {
          return failed(ERROR[errorNameOf(error)]);
        }
      }),
    })),
  });
}

function producersOf(partition: Partition) {
  return Array.from(partition.producers(), ([producerId, entry]) => ({
    producerId,
    producerEpoch: entry.epoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: BigInt(entry.writtenMs),
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: entry.currentTxnFirstOffset,
  }));
}
