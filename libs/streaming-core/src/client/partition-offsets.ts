import { listOffsetsV6 } from '@platformatic/kafka';
import { call, type ConnectionPurpose } from './broker-connections.js';
import type { Cluster } from './cluster.js';
import { KafkaErrorCode, KafkaResponseError } from './kafka-errors.js';
import { StreamClientError, type TopicPartition } from './types.js';

const READ_COMMITTED = 1;
const TIMESTAMP = { latest: -1n, earliest: -2n } as const;

/** The leader's node id; asks for the metadata, once, if there is none that is known. The caller retries `FETCH_FAILED`. */
export async function awaitLeader(cluster: Cluster, { topic, partition }: TopicPartition): Promise<number> {
  const known = cluster.leaderOf(topic, partition);
  if (known !== undefined) return known;
  await cluster.refresh([topic]);
  const found = cluster.leaderOf(topic, partition);
  if (found === undefined) throw new StreamClientError('FETCH_FAILED', `${topic}-${partition} has no leader`);
  return found;
}

/**
 * The first kept offset (`earliest`) or the end (`latest`) of a partition, or its first offset of a time in ms since 1970 or
 * later (-1: there is none), by one request; the caller retries.
 */
export async function lookUpOffset(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  which: 'earliest' | 'latest' | number,
  purpose: ConnectionPurpose = 'control',
): Promise<bigint> {
  const leader = await awaitLeader(cluster, { topic, partition });
  const connection = await cluster.connectionTo(leader, purpose);
  const timestamp = typeof which === 'number' ? BigInt(which) : TIMESTAMP[which];
  const request = [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: -1, timestamp }] }];
  const response = await call(connection, listOffsetsV6.api, -1, READ_COMMITTED, request);
  const answer = response.topics[0]?.partitions[0];
  const errorCode = answer?.errorCode ?? KafkaErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (!answer || errorCode !== KafkaErrorCode.NONE) {
    await cluster.refresh([topic]);
    const cause = new KafkaResponseError(errorCode, `offsets of ${topic}-${partition}`);
    throw new StreamClientError('FETCH_FAILED', cause.message, { cause });
  }
  return answer.offset;
}
