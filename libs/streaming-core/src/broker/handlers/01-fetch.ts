import type { Fetched, Partition } from '../../replica/partition.js';
import { errorNameOf } from '../../replica/partition-errors.js';
import type { RequestOf, ResponseInputOf } from '../../wire/api.js';
import type { FETCH } from '../../wire/apis/01-fetch.js';
import { ERROR } from '../../wire/error-codes.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

const TOPIC_IDS_FROM = 13;
const NO_RECORDS = Buffer.alloc(0);
/** Longest wait, whatever the client asks for. */
const WAIT_MS_MAX = 300_000;
/** A fetch outside any session, and the first of a session (KIP-227). */
const SESSIONLESS_EPOCH = -1;
const FIRST_EPOCH = 0;
const READ_COMMITTED = 1;

type FetchRequest = RequestOf<typeof FETCH>;
type FetchResponse = ResponseInputOf<typeof FETCH>;
type PartitionResponse = FetchResponse['responses'][number]['partitions'][number];

/** One partition of the request, found or not. */
interface Wanted {
  readonly index: number;
  readonly partition: Partition | null;
  readonly missingCode: number;
  readonly fromOffset: bigint;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
  readonly readsCommitted: boolean;
}

interface WantedTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly Wanted[];
}

/** One pass over the partitions. */
interface Pass {
  readonly responses: FetchResponse['responses'];
  readonly bytes: number;
  readonly hasError: boolean;
}

/**
 * Reads committed batches; waits until there are `minBytes` of them or `maxWaitMs` are over. Sessions are declined by answering
 * session id 0, which the protocol allows: clients then name their partitions each time.
 */
export function fetch(services: BrokerServices): Handler<1> {
  return (request, context) => {
    const refusal = refuse(request);
    if (refusal !== ERROR.NONE) return { errorCode: refusal, sessionId: 0, responses: [] };
    const wanted = find(services, request, context.apiVersion);
    return serve(services, request, wanted, context);
  };
}

function refuse({ sessionEpoch }: FetchRequest): number {
  const isWholeFetch = sessionEpoch === SESSIONLESS_EPOCH || sessionEpoch === FIRST_EPOCH;
  return isWholeFetch ? ERROR.NONE : ERROR.FETCH_SESSION_ID_NOT_FOUND;
}

function find({ topics }: BrokerServices, request: FetchRequest, apiVersion: number): WantedTopic[] {
  const hasIds = apiVersion >= TOPIC_IDS_FROM;
  // Replication has its own way; a fetch that claims to be a follower's is a client's mistake or worse.
  const isFollower = request.replicaId >= 0 || request.replicaState.replicaId >= 0;
  return request.topics.map(({ topic: name, topicId, partitions }) => {
    const topic = hasIds ? topics.byId(topicId) : topics.get(name);
    const unknown = hasIds && !topic ? ERROR.UNKNOWN_TOPIC_ID : ERROR.UNKNOWN_TOPIC_OR_PARTITION;
    return {
      topic: name,
      topicId,
      partitions: partitions.map(({ partition: index, fetchOffset, partitionMaxBytes, currentLeaderEpoch }) => ({
        index,
        partition: isFollower ? null : (topic?.partitions[index] ?? null),
        missingCode: isFollower ? ERROR.CLUSTER_AUTHORIZATION_FAILED : offlineOr(unknown, topic?.partitions[index]),
        fromOffset: fetchOffset,
        maxBytes: Math.max(0, partitionMaxBytes),
        currentLeaderEpoch,
        readsCommitted: request.isolationLevel === READ_COMMITTED,
      })),
    };
  });
}

/** Why there is no partition to read: it is offline, or it does not exist. */
function offlineOr(unknown: number, partition: Partition | null | undefined): number {
  return partition === null ? ERROR.KAFKA_STORAGE_ERROR : unknown;
}

async function serve(
  services: BrokerServices,
  request: FetchRequest,
  wanted: readonly WantedTopic[],
  context: RequestContext,
): Promise<FetchResponse> {
  const { clock, config, fetchWaits, metrics } = services;
  const maxBytes = Math.min(Math.max(0, request.maxBytes), config.number('fetch.max.bytes'));
  const minBytes = Math.min(request.minBytes, Math.max(1, maxBytes));
  const untilMs = clock.monotonicMs() + Math.min(request.maxWaitMs, WAIT_MS_MAX);
  const partitions = wanted.flatMap((topic) => topic.partitions.flatMap(({ partition }) => partition ?? []));
  for (;;) {
    const before = partitions.map(factsOf);
    const pass = await readAll(services, wanted, maxBytes);
    const leftMs = untilMs - clock.monotonicMs();
    if (pass.hasError || pass.bytes >= minBytes || leftMs <= 0) return answer(services, pass);
    const isEnough = (): boolean => mayBeReady(partitions, before, minBytes - pass.bytes);
    // Bytes may have come while a cold read was under way.
    if (isEnough()) continue;
    // A partition that has word but nothing new is closed.
    const isReady = (): boolean => isEnough() || !hasChanged(partitions, before);
    metrics.fetchesWaiting += 1;
    const isWoken = await fetchWaits.wait({
      partitions,
      timeoutMs: leftMs,
      isReady,
      onDisconnect: context.onDisconnect,
    });
    metrics.fetchesWaiting -= 1;
    if (isWoken) continue;
    const isUnchanged = !hasChanged(partitions, before);
    return answer(services, isUnchanged ? pass : await readAll(services, wanted, maxBytes));
  }
}

interface Facts {
  readonly highWatermark: bigint;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  readonly sizeBytes: number;
}

function factsOf({ highWatermark, startOffset, endOffset, sizeBytes }: Partition): Facts {
  return { highWatermark, startOffset, endOffset, sizeBytes };
}

function hasChanged(partitions: readonly Partition[], before: readonly Facts[]): boolean {
  return partitions.some(({ highWatermark, startOffset }, index) => {
    const facts = before[index]!;
    return highWatermark !== facts.highWatermark || startOffset !== facts.startOffset;
  });
}

/** Whether so many bytes were committed that reading again is worth it, or the start of a log moved. */
function mayBeReady(partitions: readonly Partition[], before: readonly Facts[], missingBytes: number): boolean {
  let grownBytes = 0;
  for (const [index, partition] of partitions.entries()) {
    const facts = before[index]!;
    if (partition.startOffset !== facts.startOffset) return true;
    if (partition.highWatermark === facts.highWatermark) continue;
    // What was written but not yet durable when the fetch looked is in that size already: only reading tells how much it is.
    if (facts.endOffset > facts.highWatermark) return true;
    grownBytes += partition.sizeBytes - facts.sizeBytes;
  }
  return grownBytes >= Math.max(1, missingBytes);
}

async function readAll(services: BrokerServices, wanted: readonly WantedTopic[], maxBytes: number): Promise<Pass> {
  let bytes = 0;
  let hasError = false;
  const responses: FetchResponse['responses'][number][] = [];
  for (const { topic, topicId, partitions } of wanted) {
    const read: PartitionResponse[] = [];
    for (const each of partitions) {
      const result = readOne(services, each, maxBytes - bytes, bytes === 0);
      // Awaiting only what is not there yet keeps the common case in one turn of the event loop.
      const response = result instanceof Promise ? await result : result;
      bytes += (response.records as Buffer).length;
      if (response.errorCode !== ERROR.NONE) hasError = true;
      read.push(response);
    }
    responses.push({ topic, topicId, partitions: read });
  }
  return { responses, bytes, hasError };
}

function readOne(
  services: BrokerServices,
  wanted: Wanted,
  leftBytes: number,
  minOneBatch: boolean,
): PartitionResponse | Promise<PartitionResponse> {
  const { index, partition, fromOffset, currentLeaderEpoch } = wanted;
  if (!partition) return failed(index, wanted.missingCode);
  try {
    // The first batch is given whatever the limits are, even 0: a reader must make progress.
    const maxBytes = Math.max(Math.min(wanted.maxBytes, leftBytes), minOneBatch ? 1 : 0);
    const fetched = partition.fetch({ fromOffset, maxBytes, minOneBatch, currentLeaderEpoch });
    if (!(fetched instanceof Promise)) return found(wanted, fetched);
    return fetched.then((late) => found(wanted, late)).catch((error: unknown) => onError(services, partition, error));
  } catch (error) {
    return onError(services, partition, error);
  }
}

function found(
  { index, readsCommitted }: Wanted,
  { records, highWatermark, logStartOffset }: Fetched,
): PartitionResponse {
  return {
    partitionIndex: index,
    errorCode: ERROR.NONE,
    highWatermark,
    lastStableOffset: highWatermark,
    logStartOffset,
    // There are no transactions to abort; null is for those who did not ask.
    abortedTransactions: readsCommitted ? [] : null,
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

function answer({ metrics }: BrokerServices, { responses, bytes }: Pass): FetchResponse {
  metrics.bytesFetched += bytes;
  return { errorCode: ERROR.NONE, sessionId: 0, responses };
}
