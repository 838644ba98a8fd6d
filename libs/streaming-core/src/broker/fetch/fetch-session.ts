/** What a client wants of one partition. */
export interface FetchPlace {
  /** Empty from version 13 on, where the id names the topic. */
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly fetchOffset: bigint;
  readonly maxBytes: number;
  readonly currentLeaderEpoch: number;
}

/** What was found there, as far as a session must know it. */
export interface FetchResult {
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly logStartOffset: bigint;
  readonly bytes: number;
}

export interface Answered<R extends FetchResult> {
  readonly place: FetchPlace;
  readonly result: R;
}

interface SessionPlace {
  place: FetchPlace;
  /** As the client was told last; -1 if never, or if it was told of an error. */
  highWatermark: bigint;
  logStartOffset: bigint;
}

/** Epoch of the first incremental fetch, and the one that follows the highest. */
const FIRST_INCREMENTAL_EPOCH = 1;
const EPOCH_MAX = 0x7fff_ffff;

/**
 * What a client follows, remembered between its fetches, so that it sends only what changed and is told only what is new (KIP-227).
 */
export class FetchSession {
  /** Epoch that the next fetch must name. */
  nextEpoch = FIRST_INCREMENTAL_EPOCH;
  lastUsedMs: number;
  readonly #places = new Map<string, SessionPlace>();

  constructor(
    readonly id: number,
    /** Whether topics are named by id; a client that changes that begins anew. */
    readonly usesTopicIds: boolean,
    readonly createdMs: number,
  ) {
    this.lastUsedMs = createdMs;
  }

  get size(): number {
    return this.#places.size;
  }

  places(): FetchPlace[] {
    return Array.from(this.#places.values(), ({ place }) => place);
  }

  /** Takes a place on, or what is new about it. */
  follow(place: FetchPlace): void {
    const known = this.#places.get(keyOf(place));
    if (known) known.place = place;
    else this.#places.set(keyOf(place), { place, highWatermark: -1n, logStartOffset: -1n });
  }

  forget(place: Pick<FetchPlace, 'topic' | 'topicId' | 'partition'>): void {
    this.#places.delete(keyOf(place));
  }

  advance(nowMs: number): void {
    this.nextEpoch = this.nextEpoch === EPOCH_MAX ? FIRST_INCREMENTAL_EPOCH : this.nextEpoch + 1;
    this.lastUsedMs = nowMs;
  }

  /** Remembers what the client is told now, and leaves out what it knows already. */
  tell<R extends FetchResult>(answers: readonly Answered<R>[]): Answered<R>[] {
    return answers.filter(({ place, result }) => {
      const key = keyOf(place);
      const known = this.#places.get(key);
      if (!known) return true;
      const isNews =
        result.bytes > 0 ||
        result.errorCode !== 0 ||
        result.highWatermark !== known.highWatermark ||
        result.logStartOffset !== known.logStartOffset;
      // After an error whatever comes is news.
      known.highWatermark = result.errorCode === 0 ? result.highWatermark : -1n;
      known.logStartOffset = result.logStartOffset;
      if (result.bytes > 0) {
        // Who was served goes to the end, so that a busy partition starves nobody.
        this.#places.delete(key);
        this.#places.set(key, known);
      }
      return isNews;
    });
  }
}

const keyOf = ({ topic, topicId, partition }: Pick<FetchPlace, 'topic' | 'topicId' | 'partition'>): string =>
  `${topic}/${topicId}/${partition}`;
