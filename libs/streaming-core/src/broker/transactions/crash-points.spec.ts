import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../ports/memory/manual-clock.js';
import { MemoryStorage } from '../../ports/memory/memory-storage.js';
import { SeededRandom } from '../../ports/memory/seeded-random.js';
import { NodeProcess } from '../../ports/node/node-process.js';
import type { Network } from '../../ports/network.js';
import { StorageError, type StorageFile } from '../../ports/storage.js';
import { DirectClient } from '../../testing/direct-client.js';
import { ERROR } from '../../wire/error-codes.js';
import { decodeMarker } from '../../wire/records/control-records.js';
import { completeBatches } from '../../wire/records/record-batch.js';
import { decodeRecords, encodeBatch } from '../../wire/records/record-codec.js';
import { Broker } from '../broker.js';

const TX = 'tx';
const GROUP = 'group';
const NOWHERE: Network = {
  listen: () =>
    Promise.resolve({ host: '127.0.0.1', port: 9092, replaceTls: () => undefined, close: () => Promise.resolve() }),
};

/** A disk that loses power before the operation that it is told. */
class DyingStorage extends MemoryStorage {
  operations = 0;
  diesAt = Infinity;
  isDead = false;

  override open(file: string): StorageFile {
    const inner = super.open(file);
    const counted =
      <Args extends unknown[], R>(operation: (...args: Args) => R) =>
      (...args: Args): R => {
        this.#count();
        return operation(...args);
      };
    return {
      path: inner.path,
      size: () => inner.size(),
      append: counted((chunks: readonly Buffer[]) => inner.append(chunks)),
      readSync: (target, position) => inner.readSync(target, position),
      read: (target, position) => inner.read(target, position),
      truncate: counted((size: number) => inner.truncate(size)),
      sync: counted(() => inner.sync()),
      syncNow: counted(() => inner.syncNow()),
      rewrite: counted((from: number, to: number) => inner.rewrite(from, to)),
      close: () => inner.close(),
    };
  }

  override writeFileAtomic(file: string, contents: Buffer): void {
    this.#count();
    super.writeFileAtomic(file, contents);
  }

  #count(): void {
    if (this.isDead) throw new StorageError('IO', 'the machine is off');
    this.operations += 1;
    if (this.operations < this.diesAt) return;
    this.isDead = true;
    this.crash(new SeededRandom(this.operations));
    throw new StorageError('IO', 'the power went');
  }
}

class Machine {
  readonly storage = new DyingStorage();
  readonly client = new DirectClient();
  readonly clock = new ManualClock();
  broker!: Broker;

  async start(): Promise<void> {
    this.storage.isDead = false;
    this.broker = await Broker.start({
      dataDirectory: '/data',
      ports: {
        clock: this.clock,
        random: new SeededRandom(1),
        storage: this.storage,
        network: NOWHERE,
        process: new NodeProcess(),
      },
      interceptRequests: (table) => (this.client.connect(table), table),
    });
  }

  async init(): Promise<{ producerId: bigint; producerEpoch: number }> {
    for (;;) {
      const request = { transactionalId: TX, transactionTimeoutMs: 60_000, producerId: -1n, producerEpoch: -1 };
      const { errorCode, producerId, producerEpoch } = await this.client.ask(22, 4, request);
      if (errorCode === ERROR.NONE) return { producerId, producerEpoch };
      expect(errorCode).toBe(ERROR.CONCURRENT_TRANSACTIONS);
      await new Promise(setImmediate);
    }
  }

  async findCoordinators(): Promise<void> {
    await this.client.ask(10, 4, { keyType: 0, coordinatorKeys: [GROUP] });
    await this.client.ask(10, 4, { keyType: 1, coordinatorKeys: [TX] });
  }

  /** One transaction over two partitions and a group; whether the client was told that it is committed. */
  async transact(isCommit: boolean): Promise<boolean> {
    const producer = await this.init();
    const transaction = { transactionalId: TX, ...producer };
    const added = await this.client.ask(24, 3, {
      v3AndBelowTransactionalId: TX,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [{ name: 'rides', partitions: [0, 1] }],
    });
    if (added.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode !== ERROR.NONE) return false;
    const records = encodeBatch({
      records: [{ timestamp: 1n, key: null, value: Buffer.from('ride') }],
      ...producer,
      baseSequence: 0,
      isTransactional: true,
    });
    const partitionData = [0, 1].map((index) => ({ index, records: Buffer.from(records) }));
    const produced = await this.client.ask(0, 9, {
      transactionalId: TX,
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ name: 'rides', partitionData }],
    });
    if (produced.responses[0]!.partitionResponses.some(({ errorCode }) => errorCode !== ERROR.NONE)) return false;
    const offsets = await this.client.ask(25, 3, { ...transaction, groupId: GROUP });
    if (offsets.errorCode !== ERROR.NONE) return false;
    const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: null }];
    const topics = [{ name: 'rides', partitions }];
    const committed = await this.client.ask(28, 3, { ...transaction, groupId: GROUP, topics });
    if (committed.topics[0]!.partitions[0]!.errorCode !== ERROR.NONE) return false;
    return (await this.client.ask(26, 3, { ...transaction, committed: isCommit })).errorCode === ERROR.NONE;
  }

  /** What readers see: how often the ride lies in each partition, and the group's offset. */
  async seen(): Promise<{ readonly rides: number[]; readonly offset: bigint }> {
    const rides = await Promise.all([0, 1].map((index) => this.ridesIn(index)));
    const { groups } = await this.client.ask(9, 8, {
      groups: [{ groupId: GROUP, topics: [{ name: 'rides', partitionIndexes: [0] }] }],
      requireStable: true,
    });
    const offset = groups[0]!.topics[0]!.partitions[0]!;
    expect(offset.errorCode).toBe(ERROR.NONE);
    return { rides, offset: offset.committedOffset };
  }

  async ridesIn(partition: number): Promise<number> {
    const { responses } = await this.client.ask(1, 11, {
      maxWaitMs: 0,
      minBytes: 0,
      isolationLevel: 1,
      topics: [{ topic: 'rides', partitions: [{ partition, fetchOffset: 0n, partitionMaxBytes: 1 << 20 }] }],
    });
    const { records, lastStableOffset, highWatermark, abortedTransactions } = responses[0]!.partitions[0]!;
    // All is decided by now: nothing holds readers back.
    expect(lastStableOffset).toBe(highWatermark);
    const aborted = new Set<string>();
    for (const { producerId, firstOffset } of abortedTransactions!) aborted.add(`${producerId} ${firstOffset}`);
    let count = 0;
    for (const batch of completeBatches(records as Buffer)) {
      if (decodeMarker(batch) !== null || aborted.has(`${batch.producerId} ${batch.baseOffset}`)) continue;
      count += decodeRecords(batch).length;
    }
    return count;
  }
}

/** Prepares a broker, then runs a transaction that dies at an operation. Null: it ended before. */
async function dieAt(operation: number, isCommit: boolean): Promise<boolean | null> {
  const machine = new Machine();
  const { storage } = machine;
  await machine.start();
  machine.broker.createTopic({ name: 'rides', partitions: 2, configs: {} });
  await machine.findCoordinators();
  await machine.init();
  storage.operations = 0;
  storage.diesAt = operation;
  let wasTold = false;
  try {
    wasTold = await machine.transact(isCommit);
  } catch {
    // A request that gets no answer.
  }
  // What follows an answer, the markers above all, is under way.
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const hasDied = storage.isDead;
  if (!hasDied) storage.crash(new SeededRandom(operation));
  storage.diesAt = Infinity;
  machine.broker.kill();
  await machine.start();
  await machine.init();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  const { rides, offset } = await machine.seen();
  const isDone = rides[0] === 1;
  expect({ rides, offset }).toEqual(isDone ? { rides: [1, 1], offset: 5n } : { rides: [0, 0], offset: -1n });
  if (wasTold) expect(isDone).toBe(isCommit);
  if (!isCommit) expect(isDone).toBe(false);
  await machine.broker.stop();
  return hasDied ? isDone : null;
}

describe('a transaction over partitions and a group, whenever the power goes', () => {
  it('is there as a whole or not at all, and there if its client was told so', async () => {
    const outcomes: boolean[] = [];
    for (let operation = 1; ; operation++) {
      const outcome = await dieAt(operation, true);
      if (outcome === null) break;
      outcomes.push(outcome);
    }
    // The points lie on both sides of the decision.
    expect(outcomes.length).toBeGreaterThan(10);
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  }, 60_000);

  it('is not there when it was to be aborted', async () => {
    let operation = 1;
    while ((await dieAt(operation, false)) !== null) operation += 1;
    expect(operation).toBeGreaterThan(10);
  }, 60_000);
});
