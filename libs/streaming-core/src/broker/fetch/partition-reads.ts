import type { Fetched, Partition } from '../../replica/partition.js';
import { errorNameOf } from '../../replica/partition-errors.js';
import { topicResource } from '../../security/acl.js';
import type { ResponseInputOf } from '../../wire/api.js';
import type { FETCH } from '../../wire/apis/01-fetch.js';
import { ERROR } from '../../wire/error-codes.js';
import type { RequestContext } from '../request-context.js';
import type { BrokerServices } from '../services.js';
import type { Answered, FetchPlace, FetchResult } from './fetch-session.js';

export type FetchResponse = ResponseInputOf<typeof FETCH>;
export type PartitionResponse = FetchResponse['responses'][number]['partitions'][number];

/** A place of the request, found or not. */
export interface Wanted {
  readonly place: FetchPlace;
  readonly partition: Partition | null;
  readonly missingCode: number;
}

export interface PartitionRead extends FetchResult {
  readonly response: PartitionResponse;
}

/** One pass over all places. */
export interface Pass {
  readonly answers: readonly Answered<PartitionRead>[];
  readonly bytes: number;
  readonly hasError: boolean;
}

export interface FindOptions {
  readonly usesTopicIds: boolean;
  /** Replication has its own way; a fetch that claims to be a follower's is a client's mistake or worse. */
  readonly isFollower: boolean;
}

const NO_RECORDS = Buffer.alloc(0);

export function findPartitions(
  { topics }: BrokerServices,
  places: readonly FetchPlace[],
  { usesTopicIds, isFollower }: FindOptions,
  context: RequestContext,
): Wanted[] {
  const mayRead = new Map<string, boolean>();
  const isRefused = (name: string): boolean => {
    let may = mayRead.get(name);
    if (may === undefined) mayRead.set(name, (may = context.authorize('READ', topicResource(name))));
    return !may;
  };
  return places.map((place) => {
    const topic = usesTopicIds ? topics.byId(place.topicId) : topics.get(place.topic);
    const name = topic?.name ?? place.topic;
    const partition = topic?.partitions[place.partition];
    let missingCode: number = ERROR.NONE;
    if (isFollower) missingCode = ERROR.CLUSTER_AUTHORIZATION_FAILED;
    else if (name !== '' && isRefused(name)) missingCode = ERROR.TOPIC_AUTHORIZATION_FAILED;
    else if (usesTopicIds && !topic) missingCode = ERROR.UNKNOWN_TOPIC_ID;
    else if (partition === null) missingCode = ERROR.KAFKA_STORAGE_ERROR;
    else if (!partition) missingCode = ERROR.UNKNOWN_TOPIC_OR_PARTITION;
    return { place, partition: missingCode === ERROR.NONE ? (partition ?? null) : null, missingCode };
  });
}

/** Reads place after place until `maxBytes` are there; the first batch is given whatever the limits are. */
export async function readPartitions(
  services: BrokerServices,
  wanted: readonly Wanted[],
  maxBytes: number,
  readsCommitted: boolean,
): Promise<Pass> {
  let bytes = 0;
  let hasError = false;
  const answers: Answered<PartitionRead>[] = [];
  for (const each of wanted) {
    const result = readOne(services, each, { maxBytes: maxBytes - bytes, minOneBatch: bytes === 0, readsCommitted });
    // Awaiting only what is not there yet keeps the common case in one turn of the event loop.
    const response = result instanceof Promise ? await result : result;
    const read = {
      response,
      errorCode: response.errorCode,
      highWatermark: response.highWatermark,
      logStartOffset: response.logStartOffset ?? -1n,
      bytes: (response.records as Buffer).length,
    };
    bytes += read.bytes;
    if (read.errorCode !== ERROR.NONE) hasError = true;
    answers.push({ place: each.place, result: read });
  }
  return { answers, bytes, hasError };
}

interface ReadLimits {
  readonly maxBytes: number;
  readonly minOneBatch: boolean;
  readonly readsCommitted: boolean;
}

function readOne(
  services: BrokerServices,
  { place, partition, missingCode }: Wanted,
  limits: ReadLimits,
): PartitionResponse | Promise<PartitionResponse> {
  if (!partition) return failed(place.partition, missingCode);
  const { fetchOffset: fromOffset, currentLeaderEpoch } = place;
  const { minOneBatch, readsCommitted } = limits;
  try {
    // The first batch is given whatever the limits are, even 0: a reader must make progress.
    const maxBytes = Math.max(Math.min(Math.max(0, place.maxBytes), limits.maxBytes), minOneBatch ? 1 : 0);
    const fetched = partition.fetch({ fromOffset, maxBytes, minOneBatch, currentLeaderEpoch, readsCommitted });
    if (!(fetched instanceof Promise)) return found(place, fetched);
    return fetched.then((late) => found(place, late)).catch((error: unknown) => onError(services, partition, error));
  } catch (error) {
    return onError(services, partition, error);
  }
}

function found(
  { partition }: FetchPlace,
  { records, highWatermark, lastStableOffset, logStartOffset, abortedTransactions }: Fetched,
): PartitionResponse {
  return {
    partitionIndex: partition,
    errorCode: ERROR.NONE,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    abortedTransactions,
    records,
  };
}

function onError({ logger, metrics }: BrokerServices, partition: Partition, error: unknown): PartitionResponse {
  const name = errorNameOf(error);
  metrics.api(1).errors += 1;
  if (name === 'UNKNOWN_SERVER_ERROR' || name === 'KAFKA_STORAGE_ERROR') {
    logger.error({ topic: partition.topic, partition: partition.index, err: error }, 'read failed');
  }
  return failed(partition.index, ERROR[name]);
}

function failed(partitionIndex: number, errorCode: number): PartitionResponse {
  return { partitionIndex, errorCode, highWatermark: -1n, abortedTransactions: [], records: NO_RECORDS };
}
