import path from 'node:path';
import { CLUSTER } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Handler } from '../request-context.js';
import type { BrokerServices } from '../services.js';

/** There is one log directory: a replica may be "moved" to where it is, and nowhere else. */
export function alterReplicaLogDirs({ topics, logDirectory }: BrokerServices): Handler<34> {
  return (request, context) => {
    const isAllowed = context.authorize('ALTER', CLUSTER);
    const results = new Map<string, { readonly partitionIndex: number; readonly errorCode: number }[]>();
    for (const { path: target, topics: asked } of request.dirs) {
      for (const { name, partitions } of asked) {
        const answers = results.get(name) ?? [];
        results.set(name, answers);
        for (const partitionIndex of partitions) {
          const errorCode = isAllowed ? move(name, partitionIndex, target) : ERROR.CLUSTER_AUTHORIZATION_FAILED;
          answers.push({ partitionIndex, errorCode });
        }
      }
    }
    return { results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })) };
  };

  function move(name: string, index: number, target: string): number {
    if (!path.isAbsolute(target) || path.resolve(target) !== logDirectory.path) return ERROR.LOG_DIR_NOT_FOUND;
    const partition = topics.get(name)?.partitions[index];
    if (partition === undefined) return ERROR.UNKNOWN_TOPIC_OR_PARTITION;
    return partition === null ? ERROR.KAFKA_STORAGE_ERROR : ERROR.NONE;
  }
}
