import type { Partition } from '../../replica/partition.js';
import { errorNameOf } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler } from '../request-context.js';

/** Timestamps that mean a place, and the version that knows them first. */
const LATEST = -1n;
const EARLIEST = -2n;
const MAX_TIMESTAMP = -3n;
const EARLIEST_LOCAL = -4n;
const LATEST_TIERED = -5n;
const EARLIEST_PENDING_UPLOAD = -6n;
const KNOWN_FROM: ReadonlyMap<bigint, number> = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

const LEADER_EPOCH_FROM = 4;
const READ_COMMITTED = 1;

interface Found {
  readonly timestamp: bigint;
  readonly offset: bigint;
  readonly leaderEpoch: number;
}

const NOTHING: Found = { timestamp: -1n, offset: -1n, leaderEpoch: -1 };

/** The first offset with a timestamp of at least the one asked for; -1 if there is none. */
export function listOffsets({ topics, logger }: BrokerServices): Handler<2> {
  return (request, context) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: once(partitions).map(({ partitionIndex, currentLeaderEpoch, timestamp, isTwice }) => {
        const { apiVersion } = context;
        const failed = (errorCode: number) => ({ partitionIndex, errorCode, ...NOTHING });
        if (isTwice) return failed(ERROR.INVALID_REQUEST);
        if (!context.authorize('DESCRIBE', topicResource(name))) return failed(ERROR.TOPIC_AUTHORIZATION_FAILED);
        const partition = topics.get(name)?.partitions[partitionIndex];
        if (partition === undefined) return failed(ERROR.UNKNOWN_TOPIC_OR_PARTITION);
        if (partition === null) return failed(ERROR.KAFKA_STORAGE_ERROR);
        if (timestamp < 0n && apiVersion < (KNOWN_FROM.get(timestamp) ?? Infinity)) {
          return failed(ERROR.UNSUPPORTED_VERSION);
        }
        try {
          partition.checkEpoch(currentLeaderEpoch);
          const { leaderEpoch, ...found } = lookUp(partition, timestamp, request.isolationLevel === READ_COMMITTED);
          const epoch = apiVersion >= LEADER_EPOCH_FROM ? { leaderEpoch } : {};
          return { partitionIndex, errorCode: ERROR.NONE, ...found, ...epoch };
        } catch (error) {
          const errorName = errorNameOf(error);
          if (errorName === 'UNKNOWN_SERVER_ERROR') {
            logger.error({ topic: name, partition: partitionIndex, err: error }, 'offset look-up failed');
          }
          return failed(ERROR[errorName]);
        }
      }),
    })),
  });
}

/** Each partition once; what is asked for twice under one name is refused, as Kafka does. */
function once<T extends { readonly partitionIndex: number }>(partitions: readonly T[]): (T & { isTwice: boolean })[] {
  const found = new Map<number, T & { isTwice: boolean }>();
  for (const partition of partitions) {
    found.set(partition.partitionIndex, { ...partition, isTwice: found.has(partition.partitionIndex) });
  }
  return [...found.values()];
}

function lookUp(partition: Partition, timestamp: bigint, readsCommitted: boolean): Found {
  const { leaderEpoch } = partition;
  const end = readsCommitted ? partition.lastStableOffset : partition.highWatermark;
  switch (timestamp) {
    case LATEST:
      return { timestamp: -1n, offset: end, leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { timestamp: -1n, offset: partition.startOffset, leaderEpoch };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOTHING;
    default: {
      const found =
        timestamp === MAX_TIMESTAMP
          ? partition.offsetOfMaxTimestamp()
          : partition.offsetForTimestamp(Number(timestamp));
      // A reader of committed records could not read it yet.
      if (!found || found.offset >= end) return NOTHING;
      return { timestamp: BigInt(found.timestampMs), offset: found.offset, leaderEpoch: found.leaderEpoch };
    }
  }
}
