import type { RequestOf } from '../../wire/api.js';
import type { FETCH } from '../../wire/apis/01-fetch.js';
import { ERROR } from '../../wire/error-codes.js';
import type { Answered, FetchPlace } from '../fetch/fetch-session.js';
import { Growth } from '../fetch/growth.js';
import {
  findPartitions,
  readPartitions,
  type FetchResponse,
  type Pass,
  type PartitionRead,
  type Wanted,
} from '../fetch/partition-reads.js';
import type { BrokerServices } from '../services.js';
import type { Handler, RequestContext } from '../request-context.js';

const TOPIC_IDS_FROM = 13;
/** Longest wait, whatever the client asks for. */
const WAIT_MS_MAX = 300_000;
const READ_COMMITTED = 1;

type FetchRequest = RequestOf<typeof FETCH>;

/** Reads committed batches; waits until there are `minBytes` of them or `maxWaitMs` are over. Sessions as in KIP-227. */
export function fetch(services: BrokerServices): Handler<1> {
  const { clock, fetchSessions, metrics } = services;
  return async (request, context) => {
    const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
    const { sessionId, sessionEpoch } = request;
    const session = fetchSessions.open(
      { sessionId, sessionEpoch, usesTopicIds, places: placesOf(request), forgotten: forgottenOf(request) },
      clock.monotonicMs(),
    );
    if ('errorCode' in session) return { errorCode: session.errorCode, sessionId: 0, responses: [] };
    const isFollower = request.replicaId >= 0 || request.replicaState.replicaId >= 0;
    const wanted = findPartitions(services, session.places, { usesTopicIds, isFollower }, context);
    const pass = await serve(services, request, wanted, context);
    metrics.bytesFetched += pass.bytes;
    const { sessionId: nextId, told } = session.conclude(pass.answers);
    return { errorCode: ERROR.NONE, sessionId: nextId, responses: byTopic(told) };
  };
}

function placesOf({ topics }: FetchRequest): FetchPlace[] {
  return topics.flatMap(({ topic, topicId, partitions }) =>
    partitions.map(({ partition, fetchOffset, partitionMaxBytes: maxBytes, currentLeaderEpoch }) => ({
      topic,
      topicId,
      partition,
      fetchOffset,
      maxBytes,
      currentLeaderEpoch,
    })),
  );
}

function forgottenOf({ forgottenTopicsData }: FetchRequest) {
  return forgottenTopicsData.flatMap(({ topic, topicId, partitions }) =>
    partitions.map((partition) => ({ topic, topicId, partition })),
  );
}

async function serve(
  services: BrokerServices,
  request: FetchRequest,
  wanted: readonly Wanted[],
  context: RequestContext,
): Promise<Pass> {
  const { clock, config, fetchWaits, metrics } = services;
  const maxBytes = Math.min(Math.max(0, request.maxBytes), config.number('fetch.max.bytes'));
  const minBytes = Math.min(request.minBytes, Math.max(1, maxBytes));
  const untilMs = clock.monotonicMs() + Math.min(request.maxWaitMs, WAIT_MS_MAX);
  const partitions = wanted.flatMap(({ partition }) => partition ?? []);
  const readsCommitted = request.isolationLevel === READ_COMMITTED;
  const read = (): Promise<Pass> => readPartitions(services, wanted, maxBytes, readsCommitted);
  for (;;) {
    const growth = new Growth(partitions, readsCommitted);
    const pass = await read();
    const leftMs = untilMs - clock.monotonicMs();
    if (pass.hasError || pass.bytes >= minBytes || leftMs <= 0) return pass;
    const missingBytes = minBytes - pass.bytes;
    // Bytes may have come while a cold read was under way.
    if (growth.isEnough(missingBytes)) continue;
    metrics.fetchesWaiting += 1;
    const isWoken = await fetchWaits.wait({
      partitions,
      timeoutMs: leftMs,
      isReady: (index) => growth.isReady(index, missingBytes),
      onDisconnect: context.onDisconnect,
    });
    metrics.fetchesWaiting -= 1;
    if (isWoken) continue;
    return growth.hasChanged() ? read() : pass;
  }
}

/** The answers as the protocol nests them; the order of a session may name a topic more than once. */
function byTopic(answers: readonly Answered<PartitionRead>[]): FetchResponse['responses'] {
  const topics: { topic: string; topicId: string; partitions: PartitionRead['response'][] }[] = [];
  for (const { place, result } of answers) {
    const { topic, topicId } = place;
    const last = topics.at(-1);
    if (last?.topic === topic && last.topicId === topicId) last.partitions.push(result.response);
    else topics.push({ topic, topicId, partitions: [result.response] });
  }
  return topics;
}
