import { describe, expect, it } from '@jest/globals';
import { ERROR } from '../../wire/error-codes.js';
import type { Answered, FetchPlace, FetchResult } from './fetch-session.js';
import { FetchSessions, type FetchContext, type SessionRequest } from './fetch-sessions.js';

const MINUTE_MS = 60_000;

const place = (partition: number, fetchOffset = 0n): FetchPlace => ({
  topic: 'rides',
  topicId: '',
  partition,
  fetchOffset,
  maxBytes: 1_000,
  currentLeaderEpoch: -1,
});

const ask = (sessionId: number, sessionEpoch: number, places: FetchPlace[], forgotten: FetchPlace[] = []) => ({
  sessionId,
  sessionEpoch,
  places,
  forgotten,
  usesTopicIds: false,
});

const quiet: FetchResult = { errorCode: 0, highWatermark: 5n, logStartOffset: 0n, bytes: 0 };
const busy: FetchResult = { ...quiet, bytes: 100 };

function sessions(slotsMax = 10) {
  let seed = 0;
  return new FetchSessions(slotsMax, () => (seed = (seed + 0.37) % 1));
}

const opened = (all: FetchSessions, request: SessionRequest, nowMs = 0): FetchContext => {
  const context = all.open(request, nowMs);
  if ('errorCode' in context) throw new Error(`refused with ${context.errorCode}`);
  return context;
};

const conclude = (context: FetchContext, found: (place: FetchPlace) => FetchResult = () => quiet) => {
  const answers: Answered<FetchResult>[] = context.places.map((each) => ({ place: each, result: found(each) }));
  const { sessionId, told } = context.conclude(answers);
  return { sessionId, told: told.map((answer) => answer.place.partition) };
};

const begin = (all: FetchSessions, partitions: number[], nowMs = 0) =>
  conclude(
    opened(
      all,
      ask(
        0,
        0,
        partitions.map((partition) => place(partition)),
      ),
      nowMs,
    ),
  );

describe('FetchSessions', () => {
  it('tells everything at first, and then only what is new', () => {
    const all = sessions();
    const { sessionId, told } = begin(all, [0, 1, 2]);
    expect({ isSession: sessionId > 0, told }).toEqual({ isSession: true, told: [0, 1, 2] });

    expect(conclude(opened(all, ask(sessionId, 1, [])))).toEqual({ sessionId, told: [] });
    const withData = (each: FetchPlace) => (each.partition === 1 ? busy : quiet);
    expect(conclude(opened(all, ask(sessionId, 2, [])), withData).told).toEqual([1]);
    const watermark = (each: FetchPlace) => (each.partition === 2 ? { ...quiet, highWatermark: 6n } : quiet);
    expect(conclude(opened(all, ask(sessionId, 3, [])), watermark).told).toEqual([2]);
    const trimmed = (each: FetchPlace) => ({ ...watermark(each), logStartOffset: each.partition === 0 ? 3n : 0n });
    expect(conclude(opened(all, ask(sessionId, 4, [])), trimmed).told).toEqual([0]);
  });

  it('tells of an error each time, and of its end', () => {
    const all = sessions();
    const { sessionId } = begin(all, [0]);
    const broken = (): FetchResult => ({ ...quiet, errorCode: ERROR.KAFKA_STORAGE_ERROR, highWatermark: -1n });
    expect(conclude(opened(all, ask(sessionId, 1, [])), broken).told).toEqual([0]);
    expect(conclude(opened(all, ask(sessionId, 2, [])), broken).told).toEqual([0]);
    expect(conclude(opened(all, ask(sessionId, 3, []))).told).toEqual([0]);
    expect(conclude(opened(all, ask(sessionId, 4, []))).told).toEqual([]);
  });

  it('reads what was served last at the end, so that a busy partition starves nobody', () => {
    const all = sessions();
    const { sessionId } = begin(all, [0, 1, 2]);
    const context = opened(all, ask(sessionId, 1, []));
    conclude(context, (each) => (each.partition === 0 ? busy : quiet));
    expect(opened(all, ask(sessionId, 2, [])).places.map(({ partition }) => partition)).toEqual([1, 2, 0]);
  });

  it('takes new places and positions on, and forgets others', () => {
    const all = sessions();
    const { sessionId } = begin(all, [0, 1]);
    const { places } = opened(all, ask(sessionId, 1, [place(1, 7n), place(3)], [place(0)]));
    expect(places.map(({ partition, fetchOffset }) => [partition, fetchOffset])).toEqual([
      [1, 7n],
      [3, 0n],
    ]);
  });

  it('ends with its last place, or when the client says so', () => {
    const all = sessions();
    const first = begin(all, [0]);
    expect(conclude(opened(all, ask(first.sessionId, 1, [], [place(0)])))).toEqual({ sessionId: 0, told: [] });
    const second = begin(all, [0]);
    expect(conclude(opened(all, ask(second.sessionId, -1, [place(0)])))).toEqual({ sessionId: 0, told: [0] });
    expect(all.size).toBe(0);
  });

  it('refuses a session that it does not know, an epoch out of turn, and a change from names to ids', () => {
    const all = sessions();
    const { sessionId } = begin(all, [0]);
    expect(all.open(ask(sessionId + 1, 1, []), 0)).toEqual({ errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND });
    expect(all.open(ask(sessionId, 2, []), 0)).toEqual({ errorCode: ERROR.INVALID_FETCH_SESSION_EPOCH });
    const withIds = { ...ask(sessionId, 1, []), usesTopicIds: true };
    expect(all.open(withIds, 0)).toEqual({ errorCode: ERROR.FETCH_SESSION_TOPIC_ID_ERROR });
    expect(conclude(opened(all, ask(sessionId, 1, []))).sessionId).toBe(sessionId);
  });

  it('goes on without a session when all slots are taken by clients that need them', () => {
    const all = sessions(1);
    begin(all, [0]);
    expect(begin(all, [0, 1, 2], MINUTE_MS)).toEqual({ sessionId: 0, told: [0, 1, 2] });
    expect(all.size).toBe(1);
  });

  it('gives the slot of an idle session to a new one', () => {
    const all = sessions(1);
    const { sessionId } = begin(all, [0, 1, 2]);
    expect(begin(all, [0], 3 * MINUTE_MS).sessionId).not.toBe(0);
    expect(all.open(ask(sessionId, 1, []), 0)).toEqual({ errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND });
  });

  it('gives the slot of an old session in use only to a larger one', () => {
    const all = sessions(1);
    const { sessionId } = begin(all, [0, 1]);
    conclude(opened(all, ask(sessionId, 1, []), 2.5 * MINUTE_MS));
    expect(begin(all, [0, 1], 3 * MINUTE_MS).sessionId).toBe(0);
    expect(begin(all, [0, 1, 2], 3 * MINUTE_MS).sessionId).not.toBe(0);
  });

  it('makes none when there are no slots', () => {
    expect(begin(sessions(0), [0]).sessionId).toBe(0);
  });
});
