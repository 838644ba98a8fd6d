import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** Election types: the preferred replica, or any replica even if records are lost. */
const PREFERRED = 0;
const UNCLEAN = 1;

/**
 * One broker leads all of its partitions, so an election is never needed; a partition that is offline has nobody who could lead
 * it. Asked about all partitions (null), it names those alone that would need one, as Kafka does.
 */
export function electLeaders({ topics }: BrokerServices): Handler<43> {
  return ({ topicPartitions, electionType }, context) => {
    if (!context.authorize('ALTER', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, replicaElectionResults: [] };
    }
    const isKnown = electionType === PREFERRED || electionType === UNCLEAN;
    const elect = (topic: string, partitionId: number) => {
      const [code, errorMessage] = isKnown
        ? outcome(topics.get(topic)?.partitions[partitionId], electionType)
        : UNKNOWN_TYPE;
      return { partitionId, errorCode: ERROR[code] as number, errorMessage };
    };
    if (topicPartitions !== null) {
      const replicaElectionResults = topicPartitions.map(({ topic, partitions }) => ({
        topic,
        partitionResult: [...new Set(partitions)].map((partition) => elect(topic, partition)),
      }));
      return { errorCode: isKnown ? ERROR.NONE : ERROR.INVALID_REQUEST, replicaElectionResults };
    }
    const replicaElectionResults = topics
      .all()
      .map(({ name, partitions }) => ({
        topic: name,
        partitionResult: partitions
          .map((_, index) => elect(name, index))
          .filter(({ errorCode }) => errorCode !== ERROR.ELECTION_NOT_NEEDED),
      }))
      .filter(({ partitionResult }) => partitionResult.length > 0);
    return { errorCode: ERROR.NONE, replicaElectionResults };
  };
}

const UNKNOWN_TYPE = ['INVALID_REQUEST', 'Unknown election type.'] as const;

function outcome(partition: object | null | undefined, electionType: number): [KafkaErrorName, string | null] {
  if (partition === undefined) return ['UNKNOWN_TOPIC_OR_PARTITION', 'No such topic or partition.'];
  if (partition !== null) return ['ELECTION_NOT_NEEDED', 'Leader election not needed for topic partition.'];
  const message = 'The partition is offline: its log could not be opened, and there is no other replica.';
  return electionType === UNCLEAN
    ? ['ELIGIBLE_LEADERS_NOT_AVAILABLE', message]
    : ['PREFERRED_LEADER_NOT_AVAILABLE', message];
}
