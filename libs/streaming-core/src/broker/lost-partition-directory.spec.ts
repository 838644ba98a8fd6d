import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../ports/memory/manual-clock.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Network } from '../ports/network.js';
import type { Storage } from '../ports/storage.js';
import { SimulatedDisk } from '../sim/simulated-disk.js';
import { DirectClient } from '../testing/direct-client.js';
import { ERROR } from '../wire/error-codes.js';
import { completeBatches } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch } from '../wire/records/record-codec.js';
import { Broker } from './broker.js';
import { SILENT } from './logger.js';

const DATA = '/data';
const PARTITIONS = [0, 1, 2];
const NOWHERE: Network = {
  listen: () =>
    Promise.resolve({ host: '127.0.0.1', port: 9092, replaceTls: () => undefined, close: () => Promise.resolve() }),
};

/** A broker on one disk that loses power, and what its clients were promised. */
class Machine {
  readonly client = new DirectClient();
  readonly promised = PARTITIONS.map((): string[] => []);
  broker!: Broker;
  private starts = 0;

  async start(storage: Storage): Promise<void> {
    const pid = ++this.starts;
    this.broker = await Broker.start({
      dataDirectory: DATA,
      ports: {
        clock: new ManualClock(),
        random: new SeededRandom(pid),
        storage,
        network: NOWHERE,
        process: { pid, identityOf: (asked) => (asked === pid ? String(pid) : null) },
      },
      logger: SILENT,
      interceptRequests: (table) => (this.client.connect(table), table),
    });
  }

  async produce(...partitions: number[]): Promise<void> {
    for (const index of partitions) {
      const value = `${index}/${this.promised[index]!.length}`;
      const records = encodeBatch({ records: [{ timestamp: 1n, key: null, value: Buffer.from(value) }] });
      const topicData = [{ name: 'rides', partitionData: [{ index, records }] }];
      const { responses } = await this.client.ask(0, 9, { acks: -1, timeoutMs: 1_000, topicData });
      expect(responses[0]!.partitionResponses[0]).toMatchObject({ index, errorCode: ERROR.NONE });
      this.promised[index]!.push(value);
    }
  }

  async addPartitions(count: number): Promise<void> {
    const topics = [{ name: 'rides', count, assignments: null }];
    const { results } = await this.client.ask(37, 3, { topics, timeoutMs: 1_000, validateOnly: false });
    expect(results[0]!.errorCode).toBe(ERROR.NONE);
  }

  /** What readers find, by partition. */
  found(): Promise<string[][]> {
    return Promise.all(PARTITIONS.map((partition) => this.valuesIn(partition)));
  }

  /** The broker is up with every partition, nothing that it promised is lost, and each partition takes more. */
  async expectWhole(): Promise<void> {
    expect(this.broker.health().offlinePartitions).toBe(0);
    expect(await this.found()).toEqual(this.promised);
    await this.produce(...PARTITIONS);
    expect(await this.found()).toEqual(this.promised);
  }

  private async valuesIn(partition: number): Promise<string[]> {
    const values: string[] = [];
    for (;;) {
      // One record has one offset; a fetch ends where a segment ends.
      const partitions = [{ partition, fetchOffset: BigInt(values.length), partitionMaxBytes: 1 << 20 }];
      const topics = [{ topic: 'rides', partitions }];
      const { responses } = await this.client.ask(1, 11, { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, topics });
      const { records, errorCode } = responses[0]!.partitions[0]!;
      expect(errorCode).toBe(ERROR.NONE);
      const batches = [...completeBatches(records as Buffer)];
      if (batches.length === 0) return values;
      for (const batch of batches) values.push(...decodeRecords(batch).map(({ value }) => String(value)));
    }
  }
}

const lostOn = (storage: Storage) => PARTITIONS.filter((index) => !storage.list(DATA).includes(`rides-${index}`));

describe('a power loss that takes the directory of a partition between its creation and the next start', () => {
  it.each<[string, number[], (machine: Machine) => Promise<void>]>([
    [
      'all of a topic in which nothing was written',
      [0, 1, 2],
      ({ broker }) => {
        broker.createTopic({ name: 'rides', partitions: 3, configs: {} });
        return Promise.resolve();
      },
    ],
    [
      'partitions that were added to a topic with records',
      [1, 2],
      async (machine) => {
        machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
        await machine.produce(0);
        await machine.addPartitions(3);
      },
    ],
  ])('costs nothing: %s', async (_, expectedLost, act) => {
    const storage = new MemoryStorage();
    const machine = new Machine();
    await machine.start(storage);
    await act(machine);
    storage.crash();
    expect(lostOn(storage)).toEqual(expectedLost);
    machine.broker.kill();
    await machine.start(storage);
    await machine.expectWhole();
    // Now that there are records in it, the directory is there to stay.
    storage.crash();
    expect(lostOn(storage)).toEqual([]);
    machine.broker.kill();
    await machine.start(storage);
    await machine.expectWhole();
    await machine.broker.stop();
  });

  it('costs nothing, whichever directories are left', async () => {
    const outcomes = new Set<number>();
    for (let seed = 1; seed <= 30; seed++) {
      const disk = new SimulatedDisk(new SeededRandom(seed));
      const machine = new Machine();
      await machine.start(disk.boot());
      machine.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
      if (seed % 3 === 0) await machine.produce(0);
      await machine.addPartitions(3);
      if (seed % 5 === 0) await machine.produce(2);
      disk.losePower();
      const storage = disk.boot();
      outcomes.add(lostOn(storage).length);
      await machine.start(storage);
      await machine.expectWhole();
      await machine.broker.stop();
    }
    expect([...outcomes].sort()).toEqual([0, 1, 2]);
  });
});
