import type { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Partition } from '../replica/partition.js';
import { invariant, InvariantError } from './record-model.js';
import { readCommitted, readTransactions } from './sim-reader.js';
import { TransactionalProducer } from './sim-transactions.js';
import type { IsUp } from './sim-writers.js';
import { TransactionModel } from './transaction-model.js';

/** A topic with transactions that span its partitions: who writes and reads it, and what it must hold. */
export class SimLedger {
  private readonly models: readonly TransactionModel[];
  private readonly producers: readonly TransactionalProducer[];

  constructor(
    partitions: number,
    private readonly nextProducerId: () => bigint,
    private readonly random: SeededRandom,
  ) {
    this.models = Array.from({ length: partitions }, (_, index) => new TransactionModel(`ledger-${index}`));
    this.producers = ['x1', 'x2'].map(
      (name) => new TransactionalProducer(name, nextProducerId(), this.models, this.random),
    );
  }

  get partitionNames(): string[] {
    return this.models.map(({ name }) => name);
  }

  act(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    return this.producers[this.random.int(this.producers.length)]!.act(partitions, isUp);
  }

  /** `isPromise`: what a reader was shown stays. */
  async consume(partitions: readonly Partition[], isPromise: boolean, isUp: IsUp): Promise<void> {
    const index = this.random.int(this.models.length);
    try {
      const found = await readCommitted(partitions[index]!, 0n);
      if (isUp()) this.models[index]!.shown(found, isPromise);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      // The disk fails.
    }
  }

  lostConnection(): void {
    for (const producer of this.producers) producer.lostConnection();
  }

  /** After a start. `see` gets the newest epoch that is found in a partition. */
  async check(
    partitions: readonly Partition[],
    mayHaveLost: boolean,
    see: (partition: Partition, newestEpoch: number) => void,
  ): Promise<void> {
    const hanging = [];
    for (const [index, model] of this.models.entries()) {
      const partition = partitions[index]!;
      const committedFrom = BigInt(this.random.int(Number(partition.highWatermark) + 1));
      const found = await readTransactions(partition, committedFrom);
      if (mayHaveLost) hanging.push(model.forgive(found));
      model.check(found);
      see(partition, found.newestEpoch);
    }
    if (!mayHaveLost) return;
    for (const producer of this.producers) producer.beginAnew(this.nextProducerId(), hanging);
  }

  /** Ends what is open, and delivers what is due; false: not all of it. */
  async finish(partitions: readonly Partition[], isUp: IsUp): Promise<boolean> {
    for (const producer of this.producers) await producer.finish(partitions, isUp);
    return this.producers.every(({ isAtRest }) => isAtRest);
  }

  /** Once everything has ended: nothing holds readers of committed transactions back. */
  checkAtRest(partitions: readonly Partition[]): void {
    for (const { highWatermark, lastStableOffset } of partitions) {
      invariant(
        lastStableOffset === highWatermark,
        () => `a transaction that is over holds readers at ${lastStableOffset}`,
      );
    }
  }
}
