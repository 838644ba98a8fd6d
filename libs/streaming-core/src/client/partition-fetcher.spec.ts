import { afterEach, describe, expect, it } from '@jest/globals';
import type { Cluster } from './cluster.js';
import { KafkaErrorCode as E } from './kafka-errors.js';
import { DEFAULT_FETCH_LIMITS, PartitionFetcher, type FetchTarget } from './partition-fetcher.js';
import { RecordBatchBuilder } from './record-batch-builder.js';

const FETCH = 1;

/** One leader whose log holds [first, end) of every partition; `broken` partitions answer with bytes that are no batch. */
class FakeLeader {
  first = 0n;
  end = 0n;
  reachable = true;
  readonly broken = new Set<number>();
  readonly positions: { partition: number; offset: bigint }[] = [];
  asked: readonly FetchTarget[] = [];

  readonly cluster = {
    leaderOf: () => 1,
    refresh: () => Promise.resolve(),
    connections: { release: () => Promise.resolve() },
    connectionTo: () => Promise.resolve({ send: this.#send.bind(this) }),
  } as unknown as Cluster;

  #send(...args: unknown[]): void {
    const callback = args.at(-1) as (error: Error | null, answer?: unknown) => void;
    const answer = (): void => {
      if (args[0] === FETCH)
        callback(
          null,
          this.asked.map((target) => this.#fetch(target)),
        );
      else if (!this.reachable) callback(new Error('away'));
      else
        callback(null, {
          topics: [{ partitions: [{ errorCode: 0, offset: this.#isEarliest(args) ? this.first : this.end }] }],
        });
    };
    setImmediate(answer);
  }

  /** From the request as it goes on the wire: the timestamp asked for is -2. */
  #isEarliest(args: unknown[]): boolean {
    const payload = (args[2] as () => { buffer: Buffer })().buffer;
    return payload.includes(Buffer.from('fffffffffffffffe', 'hex'));
  }

  #fetch({ topic, partition, position }: FetchTarget) {
    this.positions.push({ partition, offset: position });
    const isOut = position < this.first || position > this.end;
    const recordBytes = this.broken.has(partition) ? Buffer.alloc(100) : this.#batch(position);
    const errorCode = isOut ? E.OFFSET_OUT_OF_RANGE : E.NONE;
    return { topic, partition, errorCode, highWatermark: this.end, aborted: [], recordBytes };
  }

  #batch(position: bigint): Buffer {
    if (position >= this.end) return Buffer.alloc(0);
    const builder = new RecordBatchBuilder();
    builder.add({ topic: 't', key: null, value: 'v' }, 1);
    const bytes = Buffer.from(builder.finish({ producerId: -1n, producerEpoch: -1 }, -1));
    bytes.writeBigInt64BE(position, 0);
    return bytes;
  }
}

describe('a fetcher', () => {
  let fetcher: PartitionFetcher | undefined;
  afterEach(() => fetcher?.close());

  const start = (leader: FakeLeader, resetTo: 'earliest' | 'latest', until: () => boolean) => {
    const failures: string[] = [];
    const targets: FetchTarget[] = [];
    let done!: () => void;
    const reached = new Promise<void>((resolve) => (done = resolve));
    fetcher = new PartitionFetcher(
      leader.cluster,
      { ...DEFAULT_FETCH_LIMITS, name: 'test', resetTo },
      {
        onFetched: (target) => {
          target.wanted = target.buffered.length === 0;
          if (until()) done();
        },
        onFailure: ({ message }) => {
          failures.push(message);
          if (until()) done();
        },
      },
    );
    const add = (partition: number, position: bigint) => {
      const target = fetcher!.add({ topic: 't', partition }, position);
      targets.push(target);
      leader.asked = targets.filter(({ removed }) => !removed);
      return target;
    };
    return { add, failures, reached };
  };

  it('goes on with the first kept record when its position was deleted, even where it begins at the end', async () => {
    const leader = new FakeLeader();
    [leader.first, leader.end] = [50n, 100n];
    const { add, failures, reached } = start(leader, 'latest', () => target.buffered.length > 0);
    const target = add(0, 5n);
    await reached;
    expect(target.buffered[0]!.offset).toBe(50n);
    expect(failures).toEqual(['t-0: offset 5 was deleted before it was read; reading goes on at 50']);
  });

  it('goes on where it is told to when its position lies beyond the end', async () => {
    const leader = new FakeLeader();
    [leader.first, leader.end] = [3n, 10n];
    const { add, failures, reached } = start(leader, 'earliest', () => target.buffered.length > 0);
    const target = add(0, 20n);
    await reached;
    expect(target.buffered[0]!.offset).toBe(3n);
    expect(failures[0]).toContain('offset 20 lies beyond the end of the log; reading goes on at 3');
  });

  it('reads the other partitions of an answer when one of them is damaged', async () => {
    const leader = new FakeLeader();
    leader.end = 10n;
    leader.broken.add(0);
    const { add, failures, reached } = start(leader, 'earliest', () => second.buffered.length > 0);
    const first = add(0, 0n);
    const second = add(1, 0n);
    await reached;
    expect(first.buffered).toEqual([]);
    expect(failures[0]).toContain('t-0');
  });

  it('reads a partition again that was taken away while its position was being looked up', async () => {
    const leader = new FakeLeader();
    [leader.first, leader.end, leader.reachable] = [0n, 10n, false];
    let again: FetchTarget | undefined;
    let lost = false;
    const { add, reached } = start(leader, 'earliest', () => {
      if (!lost) {
        lost = true;
        fetcher!.remove(target);
        again = add(0, 4n);
      }
      return again!.buffered.length > 0;
    });
    const target = add(0, 20n);
    await reached;
    expect(again!.buffered[0]!.offset).toBe(4n);
  });
});
