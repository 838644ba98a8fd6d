import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import type { Topic } from '../topic-catalog.js';

interface AskedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** The size of each partition on the disk, and how much room there is (KIP-113, KIP-827). */
export function describeLogDirs({ topics, logDirectory }: BrokerServices): Handler<35> {
  return (request, context) => {
    if (!context.authorize('DESCRIBE', CLUSTER)) {
      return { errorCode: ERROR.CLUSTER_AUTHORIZATION_FAILED, results: [] };
    }
    const { totalBytes, usableBytes } = logDirectory.space();
    return {
      errorCode: ERROR.NONE,
      results: [
        {
          errorCode: ERROR.NONE,
          logDir: logDirectory.path,
          topics: (request.topics === null ? topics.all().map(whole) : request.topics)
            .map((asked) => ({ name: asked.topic, partitions: sizes(topics.get(asked.topic), asked.partitions) }))
            .filter(({ partitions }) => partitions.length > 0),
          totalBytes: BigInt(totalBytes),
          usableBytes: BigInt(usableBytes),
        },
      ],
    };
  };
}

function whole({ name, partitions }: Topic): AskedTopic {
  return { topic: name, partitions: [...partitions.keys()] };
}

function sizes(topic: Topic | undefined, indexes: readonly number[]) {
  return [...new Set(indexes)].flatMap((partitionIndex) => {
    const partition = topic?.partitions[partitionIndex];
    if (!partition) return [];
    const partitionSize = BigInt(partition.sizeBytes);
    return [{ partitionIndex, partitionSize, offsetLag: 0n, isFutureKey: false }];
  });
}
