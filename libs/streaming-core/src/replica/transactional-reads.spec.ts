import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogFixture } from '../log/fixtures/log-fixture.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import { decodeMarker } from '../wire/records/control-records.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch } from '../wire/records/record-codec.js';
import { LeaderEpochs } from './leader-epochs.js';
import { errorNameOf } from './partition-errors.js';
import { Partition } from './partition.js';

const SMALL = { 'segment.bytes': '1024', 'index.interval.bytes': '100', 'retention.ms': '-1' };

/** A partition on a storage that can crash, and producers that number their batches. */
class World {
  readonly storage = new MemoryStorage();
  readonly fixture: LogFixture;
  readonly sequences = new Map<bigint, number>();
  partition: Partition;

  constructor(configs: Readonly<Record<string, string>> = {}) {
    this.fixture = new LogFixture(this.storage, { configs: { ...SMALL, ...configs } });
    this.partition = this.open();
  }

  open(): Partition {
    const epochs = new LeaderEpochs(this.storage, this.fixture.directory);
    const log = this.fixture.open({ epochs });
    const { clock } = this.fixture;
    return new Partition({ topic: 'rides', index: 0, nodeId: 1, log, epochs, flush: { mode: 'fsync' }, clock });
  }

  write(
    producerId: bigint,
    values: readonly string[],
    { isTransactional = true, producerEpoch = 0, admitted = true } = {},
  ) {
    const baseSequence = this.sequences.get(producerId) ?? 0;
    this.sequences.set(producerId, baseSequence + values.length);
    const records = values.map((value) => ({ timestamp: 1_000n, key: Buffer.from(value), value: Buffer.from(value) }));
    const batch = encodeBatch({ records, producerId, producerEpoch, baseSequence, isTransactional });
    return this.partition.append(batch, -1, admitted);
  }

  end(producerId: bigint, isCommit: boolean, { producerEpoch = 0, coordinatorEpoch = 0 } = {}) {
    return this.partition.appendMarker({ producerId, producerEpoch, isCommit, coordinatorEpoch });
  }

  /** What a consumer shows that reads committed records, some bytes at a time. */
  async committed(maxBytes = 200): Promise<string[]> {
    const seen: string[] = [];
    for (let next = this.partition.startOffset; ;) {
      const fetched = await this.partition.fetch({
        fromOffset: next,
        maxBytes,
        minOneBatch: true,
        readsCommitted: true,
      });
      const batches = [...completeBatches(fetched.records)];
      if (batches.length === 0) return seen;
      const waiting = [...fetched.abortedTransactions!];
      const aborted = new Set<bigint>();
      for (const batch of batches) {
        for (const each of waiting) if (each.firstOffset <= batch.lastOffset) aborted.add(each.producerId);
        const marker = decodeMarker(batch);
        if (marker?.isCommit === false) {
          aborted.delete(batch.producerId);
          waiting.splice(
            0,
            waiting.length,
            ...waiting.filter((each) => each.producerId !== batch.producerId || each.firstOffset > batch.lastOffset),
          );
        }
        const isHidden = batch.isControl || (batch.isTransactional && aborted.has(batch.producerId));
        if (!isHidden)
          seen.push(
            ...decodeRecords(batch)
              .filter(({ offset }) => offset >= next)
              .map(({ value }) => String(value)),
          );
        next = batch.nextOffset;
      }
    }
  }

  /** The same from the log alone: what each batch turned into, told by the marker behind it. */
  async committedByTheLog(): Promise<{ readonly values: string[]; readonly lastStableOffset: bigint }> {
    const { partition } = this;
    const bytes = await Promise.resolve(
      partition.fetch({ fromOffset: partition.startOffset, maxBytes: 1 << 20, minOneBatch: true }),
    );
    let rest = bytes.records;
    const batches = [...completeBatches(rest)];
    for (let end = batches.at(-1)?.nextOffset; end !== undefined && end < partition.highWatermark;) {
      rest = (await Promise.resolve(partition.fetch({ fromOffset: end, maxBytes: 1 << 20, minOneBatch: true })))
        .records;
      const more = [...completeBatches(rest)];
      if (more.length === 0) break;
      batches.push(...more);
      end = more.at(-1)!.nextOffset;
    }
    const open = new Map<bigint, { firstOffset: bigint; values: [bigint, string][] }>();
    const values: [bigint, string][] = [];
    for (const batch of batches) {
      const marker = decodeMarker(batch);
      const found = decodeRecords(batch).filter(({ offset }) => offset >= partition.startOffset);
      const told = found.map(({ offset, value }): [bigint, string] => [offset, String(value)]);
      if (marker !== null) {
        if (marker.isCommit) values.push(...(open.get(batch.producerId)?.values ?? []));
        open.delete(batch.producerId);
      } else if (batch.isTransactional) {
        const transaction = open.get(batch.producerId) ?? { firstOffset: batch.baseOffset, values: [] };
        transaction.values.push(...told);
        open.set(batch.producerId, transaction);
      } else if (!batch.isControl) values.push(...told);
    }
    const first = [...open.values()].map(({ firstOffset }) => firstOffset);
    const stable = first.reduce((least, offset) => (offset < least ? offset : least), partition.highWatermark);
    const lastStableOffset = stable < partition.startOffset ? partition.startOffset : stable;
    const visible = values.filter(([offset]) => offset < lastStableOffset).sort(([a], [b]) => (a < b ? -1 : 1));
    return { values: visible.map(([, value]) => value), lastStableOffset };
  }
}

const errorName = (promise: Promise<unknown>) => promise.then(() => 'no error', errorNameOf);

describe('transactions in a partition', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });

  it('shows committed records up to the first open transaction', async () => {
    await world.write(1n, ['a']);
    expect(world.partition).toMatchObject({ highWatermark: 1n, lastStableOffset: 0n });
    await world.write(2n, ['b']);
    await world.end(2n, true);
    expect(world.partition.lastStableOffset).toBe(0n);
    expect(await world.committed()).toEqual([]);
    await world.end(1n, true);
    expect(world.partition.lastStableOffset).toBe(4n);
    expect(await world.committed()).toEqual(['a', 'b']);
  });

  it('holds readers back until the marker is durable', async () => {
    await world.write(1n, ['a']);
    world.storage.holdSyncs();
    const ending = world.end(1n, true);
    expect(world.partition.lastStableOffset).toBe(0n);
    world.storage.releaseSyncs();
    await ending;
    expect(world.partition.lastStableOffset).toBe(2n);
  });

  it('names the aborted transactions among what is read, and no others', async () => {
    await world.write(1n, ['a']);
    await world.end(1n, false);
    await world.write(2n, ['b']);
    await world.end(2n, false);
    const read = (fromOffset: bigint, maxBytes: number) =>
      world.partition.fetch({ fromOffset, maxBytes, minOneBatch: true, readsCommitted: true });
    expect(await read(0n, 1)).toMatchObject({ abortedTransactions: [{ producerId: 1n, firstOffset: 0n }] });
    expect((await read(0n, 10_000)).abortedTransactions).toHaveLength(2);
    expect((await read(2n, 10_000)).abortedTransactions).toEqual([{ producerId: 2n, firstOffset: 2n }]);
    expect(await world.partition.fetch({ fromOffset: 0n, maxBytes: 1, minOneBatch: true })).toMatchObject({
      abortedTransactions: null,
    });
  });

  it('refuses what nobody would end, what is fenced, and what breaks into a transaction', async () => {
    expect(await errorName(world.write(1n, ['a'], { admitted: false }))).toBe('INVALID_TXN_STATE');
    world.sequences.set(1n, 0);
    await world.write(1n, ['a']);
    await world.write(1n, ['b'], { admitted: false });
    expect(await errorName(world.write(1n, ['c'], { isTransactional: false }))).toBe('INVALID_TXN_STATE');
    await world.end(1n, false, { producerEpoch: 3, coordinatorEpoch: 5 });
    expect(await errorName(world.write(1n, ['d'], { producerEpoch: 2 }))).toBe('INVALID_PRODUCER_EPOCH');
    expect(await errorName(world.end(1n, true, { producerEpoch: 2 }))).toBe('INVALID_PRODUCER_EPOCH');
    expect(await errorName(world.end(1n, true, { producerEpoch: 3, coordinatorEpoch: 4 }))).toBe(
      'TRANSACTION_COORDINATOR_FENCED',
    );
    world.sequences.set(1n, 0);
    await world.write(1n, ['e'], { producerEpoch: 3 });
  });

  it('builds its indexes anew when they are damaged or gone', async () => {
    for (let round = 0; round < 30; round++) {
      await world.write(BigInt(round % 3), [`${round}`]);
      await world.end(BigInt(round % 3), round % 2 === 0);
    }
    const before = await world.committed();
    expect(before).toHaveLength(15);
    await world.partition.close();
    const files = world.storage.list(world.fixture.directory).filter((name) => name.endsWith('.txnindex'));
    expect(files.length).toBeGreaterThan(3);
    world.storage.writeFileAtomic(world.fixture.file(files[1]!), Buffer.from('damaged'));
    world.partition = world.open();
    expect(await world.committed()).toEqual(before);
  });

  it('keeps an open transaction through retention, compaction and restarts, and forgets none of its producers', async () => {
    world = new World({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '0' });
    await world.write(9n, ['open']);
    for (let round = 0; round < 20; round++) {
      await world.write(1n, ['same']);
      await world.end(1n, true);
    }
    world.fixture.clock.advance(200_000_000);
    await world.partition.maintain(world.fixture.clock.nowMs());
    await world.partition.close();
    world.partition = world.open();
    expect(world.partition.lastStableOffset).toBe(0n);
    await world.end(9n, false);
    await world.write(2n, ['last']);
    await world.end(2n, true);
    await world.partition.maintain(world.fixture.clock.nowMs());
    expect([...new Set(await world.committed())]).toEqual(['same', 'last']);
  });

  it('lets a value stand that an aborted transaction would have replaced', async () => {
    world = new World({ 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '0' });
    await world.write(1n, ['x']);
    await world.end(1n, true);
    await world.write(2n, ['x', 'y']);
    await world.end(2n, false);
    for (let round = 0; round < 8; round++) {
      await world.write(3n, ['filler']);
      await world.end(3n, true);
    }
    const sizeBefore = world.partition.sizeBytes;
    for (let round = 0; round < 3; round++) {
      world.fixture.clock.advance(1_000_000);
      await world.partition.maintain(world.fixture.clock.nowMs());
    }
    expect(world.partition.sizeBytes).toBeLessThan(sizeBefore);
    const kept = await world.committed();
    expect([...new Set(kept)]).toEqual(['x', 'filler']);
    expect((await world.committedByTheLog()).values).toEqual(kept);
  });
});

type Step =
  | { readonly kind: 'write'; readonly producer: number; readonly count: number }
  | { readonly kind: 'plain' | 'maintain' | 'reopen' }
  | { readonly kind: 'end'; readonly producer: number; readonly isCommit: boolean }
  | { readonly kind: 'crash'; readonly seed: number }
  | { readonly kind: 'deleteRecords'; readonly share: number };

const producer = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('write' as const), producer, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('end' as const), producer, isCommit: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'plain' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'maintain' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), seed: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteRecords' as const), share: fc.nat(100) }) },
);

async function play(world: World, steps: readonly Step[]): Promise<void> {
  let count = 0;
  for (const each of steps) {
    count += 1;
    switch (each.kind) {
      case 'write':
        await world.write(
          BigInt(each.producer),
          Array.from({ length: each.count }, (_, n) => `${count}.${n}`),
        );
        break;
      case 'plain':
        await world.write(7n, [`plain ${count}`], { isTransactional: false });
        break;
      case 'end':
        await world.end(BigInt(each.producer), each.isCommit);
        break;
      case 'maintain':
        world.fixture.clock.advance(10_000);
        await world.partition.maintain(world.fixture.clock.nowMs());
        break;
      case 'deleteRecords': {
        // Not into an open transaction: the log alone would not tell that it is one.
        const { startOffset, lastStableOffset } = world.partition;
        const offset = startOffset + ((lastStableOffset - startOffset) * BigInt(each.share)) / 100n;
        world.partition.deleteRecordsBefore(offset);
        break;
      }
      case 'reopen':
        await world.partition.close();
        world.partition = world.open();
        break;
      case 'crash':
        // In the middle of a write: it may be there afterwards, or not.
        world.storage.holdSyncs();
        void world.write(0n, [`torn ${count}`]).catch(() => undefined);
        world.partition.abandon();
        world.storage.crash(new SeededRandom(each.seed));
        world.partition = world.open();
        world.sequences.set(0n, nextSequence(world, 0n));
        break;
    }
    const byTheLog = await world.committedByTheLog();
    expect(world.partition.lastStableOffset).toBe(byTheLog.lastStableOffset);
    expect(await world.committed()).toEqual(byTheLog.values);
  }
}

function nextSequence(world: World, producerId: bigint): number {
  const last = world.partition.producers().get(producerId)?.batches.at(-1);
  return last === undefined ? 0 : last.lastSequence + 1;
}

describe('what readers of committed records see, whatever happens', () => {
  it('knows what ended a transaction although the records behind the last checkpoint were deleted before the next', async () => {
    const world = new World();
    const write = (producer: number, count = 1) => ({ kind: 'write', producer, count }) as const;
    const end = (producer: number) => ({ kind: 'end', producer, isCommit: false }) as const;
    const plain = { kind: 'plain' } as const;
    const crash = { kind: 'crash', seed: 0 } as const;
    const first = [write(0), write(0), write(0), write(0), end(0), write(0), write(0), write(0), write(0, 3)];
    const second = [write(0), write(0), write(0), write(2, 3), write(0, 2), plain, end(0), plain, write(0, 2)];
    const ends = [end(0), end(0), end(0), end(2), write(0, 3), crash, write(0), end(0), end(0)];
    const deletions = [12, 90].map((share) => ({ kind: 'deleteRecords', share }) as const);
    await play(world, [...first, ...second, ...ends, ...deletions, { kind: 'maintain' }, crash]);
    expect(world.partition.lastStableOffset).toBe(world.partition.highWatermark);
  });

  it('is what the markers in the log say', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) =>
        play(new World(), steps),
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
