import type { Partition } from '../../replica/partition.js';

interface Facts {
  /** Readers see what lies before. */
  readonly readableEnd: bigint;
  readonly startOffset: bigint;
  readonly endOffset: bigint;
  readonly sizeBytes: number;
}

type Watched = Pick<Partition, 'highWatermark' | 'lastStableOffset' | 'startOffset' | 'endOffset' | 'sizeBytes'>;

function anyFactsOf({ highWatermark, startOffset, endOffset, sizeBytes }: Watched): Facts {
  return { readableEnd: highWatermark, startOffset, endOffset, sizeBytes };
}

/** What is written in open transactions is no news to who reads committed records. */
function committedFactsOf(partition: Watched): Facts {
  return { ...anyFactsOf(partition), readableEnd: partition.lastStableOffset };
}

const isSame = (now: Facts, before: Facts): boolean =>
  now.readableEnd === before.readableEnd && now.startOffset === before.startOffset;

/**
 * What has become readable at the partitions of a fetch since this was made. It follows each partition by itself: a write to one of a
 * thousand must not cost a look at all of them.
 */
export class Growth {
  readonly #factsOf: (partition: Watched) => Facts;
  readonly #before: readonly Facts[];
  readonly #grownBytes: number[];
  #totalBytes = 0;
  /** As of the last word from each partition. */
  #seen: Facts[] = [];

  constructor(
    private readonly partitions: readonly Watched[],
    readsCommitted: boolean,
  ) {
    this.#factsOf = readsCommitted ? committedFactsOf : anyFactsOf;
    this.#before = partitions.map(this.#factsOf);
    this.#grownBytes = partitions.map(() => 0);
  }

  /** Whether so many bytes became readable that reading again is worth it, or the start of a log moved. Looks at all partitions. */
  isEnough(missingBytes: number): boolean {
    this.#seen = this.partitions.map(anyFactsOf);
    return this.partitions.some((_, index) => this.#isEnoughWith(index, missingBytes));
  }

  /** The same after word from one partition; also if that has nothing new, which is how it says that it is closed. */
  isReady(index: number, missingBytes: number): boolean {
    const seen = this.#seen[index]!;
    const now = anyFactsOf(this.partitions[index]!);
    this.#seen[index] = now;
    return isSame(now, seen) || this.#isEnoughWith(index, missingBytes);
  }

  /** Whether there is anything to tell. Looks at all partitions. */
  hasChanged(): boolean {
    return this.partitions.some((partition, index) => !isSame(this.#factsOf(partition), this.#before[index]!));
  }

  #isEnoughWith(index: number, missingBytes: number): boolean {
    const before = this.#before[index]!;
    const now = this.#factsOf(this.partitions[index]!);
    if (now.startOffset !== before.startOffset) return true;
    if (now.readableEnd === before.readableEnd) return false;
    // What was written but not yet readable when the fetch looked is in that size already: only reading tells how much it is.
    if (before.endOffset > before.readableEnd) return true;
    const grownBytes = now.sizeBytes - before.sizeBytes;
    this.#totalBytes += grownBytes - this.#grownBytes[index]!;
    this.#grownBytes[index] = grownBytes;
    return this.#totalBytes >= Math.max(1, missingBytes);
  }
}
