import { CLUSTER } from '../../security/acl.js';
import { ERROR, type KafkaErrorName } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import { replicasProblem } from '../replica-assignment.js';

/** Every partition is where it can be: moving it to this broker is done at once, to another is refused (KIP-455). */
export function alterPartitionReassignments({ topics, cluster }: BrokerServices): Handler<45> {
  return (request, context) => {
    const { allowReplicationFactorChange } = request;
    if (!context.authorize('ALTER', CLUSTER)) {
      const errorMessage = 'Cluster authorization failed.';
      return {
        allowReplicationFactorChange,
        errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED,
        errorMessage,
        responses: [],
      };
    }
    const { nodeId } = cluster.self();
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => {
        const isThere = topics.get(name)?.partitions[partitionIndex] !== undefined;
        const [code, errorMessage] = isThere ? outcome(replicas, nodeId) : UNKNOWN;
        return { partitionIndex, errorCode: ERROR[code], errorMessage };
      }),
    }));
    return { allowReplicationFactorChange, errorCode: ERROR.NONE, errorMessage: null, responses };
  };
}

type Outcome = readonly [KafkaErrorName, string | null];

const UNKNOWN: Outcome = ['UNKNOWN_TOPIC_OR_PARTITION', 'Unable to find a topic or partition of that name.'];

function outcome(replicas: readonly number[] | null, nodeId: number): Outcome {
  if (replicas === null) return ['NO_REASSIGNMENT_IN_PROGRESS', 'No partition reassignment is in progress.'];
  const problem = replicasProblem(replicas, nodeId);
  return problem === null ? ['NONE', null] : ['INVALID_REPLICA_ASSIGNMENT', problem];
}
