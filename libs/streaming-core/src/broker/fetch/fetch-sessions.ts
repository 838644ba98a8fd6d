import { ERROR } from '../../wire/error-codes.js';
import { FetchSession, type Answered, type FetchPlace, type FetchResult } from './fetch-session.js';

/** The part of a fetch request that concerns sessions. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly places: readonly FetchPlace[];
  readonly forgotten: readonly Pick<FetchPlace, 'topic' | 'topicId' | 'partition'>[];
  readonly usesTopicIds: boolean;
}

/** One fetch, inside a session or not. */
export interface FetchContext {
  /** All that is to be read now. */
  readonly places: readonly FetchPlace[];
  /** What of it the client is told, and the session that it goes on with; 0 is none. */
  conclude<R extends FetchResult>(answers: readonly Answered<R>[]): { sessionId: number; told: readonly Answered<R>[] };
}

/** Asks for everything, and for a session that later fetches go on with. */
const FIRST_EPOCH = 0;
/** Asks for everything, outside any session; ends the session that it names. */
const FINAL_EPOCH = -1;
/** A session that was used or made so lately is not given up for another. Apache Kafka has the same. */
const EVICTION_AGE_MS = 120_000;
/** A session that follows more than this ends, and its client begins anew. */
const PLACES_MAX = 20_000;
const ID_MAX = 0x7fff_fffe;

/**
 * The sessions of all clients: at most `slotsMax`. When all are taken, a session idle for two minutes gives way, or an old one to
 * a larger one; otherwise the client is served without a session, which costs it bytes alone.
 */
export class FetchSessions {
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>();

  constructor(
    private readonly slotsMax: number,
    /** A number in [0, 1). */
    private readonly random: () => number,
  ) {}

  get size(): number {
    return this.#sessions.size;
  }

  /** The error code is FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR. */
  open(request: SessionRequest, nowMs: number): FetchContext | { readonly errorCode: number } {
    const { sessionId, sessionEpoch, places } = request;
    if (sessionEpoch !== FIRST_EPOCH && sessionEpoch !== FINAL_EPOCH) return this.#goOn(request, nowMs);
    this.#sessions.delete(sessionId);
    const wantsSession = sessionEpoch === FIRST_EPOCH && places.length > 0;
    return wantsSession ? this.#begin(request, nowMs) : withoutSession(places);
  }

  #begin({ places, usesTopicIds }: SessionRequest, nowMs: number): FetchContext {
    return {
      places,
      conclude: (answers) => {
        if (places.length > PLACES_MAX || !this.#makeRoom(places.length, nowMs)) {
          return { sessionId: 0, told: answers };
        }
        const session = new FetchSession(this.#newId(), usesTopicIds, nowMs);
        for (const place of places) session.follow(place);
        session.tell(answers);
        this.#sessions.set(session.id, session);
        return { sessionId: session.id, told: answers };
      },
    };
  }

  #goOn(request: SessionRequest, nowMs: number): FetchContext | { readonly errorCode: number } {
    const session = this.#sessions.get(request.sessionId);
    if (!session) return { errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND };
    if (session.nextEpoch !== request.sessionEpoch) return { errorCode: ERROR.INVALID_FETCH_SESSION_EPOCH };
    if (session.usesTopicIds !== request.usesTopicIds) return { errorCode: ERROR.FETCH_SESSION_TOPIC_ID_ERROR };
    for (const place of request.places) session.follow(place);
    for (const place of request.forgotten) session.forget(place);
    this.#sessions.delete(session.id);
    const places = session.places();
    if (places.length === 0) return withoutSession(places);
    if (places.length > PLACES_MAX) return { errorCode: ERROR.FETCH_SESSION_ID_NOT_FOUND };
    session.advance(nowMs);
    this.#sessions.set(session.id, session);
    return { places, conclude: (answers) => ({ sessionId: session.id, told: session.tell(answers) }) };
  }

  #makeRoom(wantedSize: number, nowMs: number): boolean {
    if (this.#sessions.size < this.slotsMax) return true;
    const [idlest] = this.#sessions.values();
    const loser = idlest && nowMs - idlest.lastUsedMs > EVICTION_AGE_MS ? idlest : this.#smallestOld(nowMs);
    if (!loser) return false;
    const isIdle = nowMs - loser.lastUsedMs > EVICTION_AGE_MS;
    return (isIdle || loser.size < wantedSize) && this.#sessions.delete(loser.id);
  }

  #smallestOld(nowMs: number): FetchSession | undefined {
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      const isOld = nowMs - session.createdMs > EVICTION_AGE_MS;
      if (isOld && (!smallest || session.size < smallest.size)) smallest = session;
    }
    return smallest;
  }

  #newId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.random() * ID_MAX);
      if (!this.#sessions.has(id)) return id;
    }
  }
}

const withoutSession = (places: readonly FetchPlace[]): FetchContext => ({
  places,
  conclude: (answers) => ({ sessionId: 0, told: answers }),
});
