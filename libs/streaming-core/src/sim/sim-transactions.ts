import type { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Partition } from '../replica/partition.js';
import { errorNameOf } from '../replica/partition-errors.js';
import { invariant, valueOf } from './record-model.js';
import { batchOf, type IsUp } from './sim-writers.js';
import type { Decision, SimTransaction, TransactionModel } from './transaction-model.js';

const COORDINATOR_EPOCH = 0;

interface OpenTransaction {
  readonly facts: SimTransaction;
  readonly partitions: Set<number>;
}

interface DueMarker {
  readonly partition: number;
  readonly epoch: number;
  readonly transaction: SimTransaction;
}

/**
 * A transactional producer together with its coordinator: writes to several partitions, commits or aborts, and repeats each marker
 * until it is acknowledged. What fails, and what a crash cuts short before it is decided, is aborted in a new epoch.
 */
export class TransactionalProducer {
  private next = 0;
  private epoch = 0;
  private sequences: number[];
  private open: OpenTransaction | null = null;
  private due: DueMarker[] = [];
  /** Partitions that have seen the marker of the epoch that is current, so that they know the one before as fenced. */
  private fenced = new Set<number>();
  private isBusy = false;

  constructor(
    private readonly name: string,
    private producerId: bigint,
    private readonly models: readonly TransactionModel[],
    private readonly random: SeededRandom,
  ) {
    this.sequences = models.map(() => 0);
  }

  /** Whether everything is decided, and told to all partitions. */
  get isAtRest(): boolean {
    return this.open === null && this.due.length === 0;
  }

  async act(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    const draw = this.random.next();
    await this.exclusively(isUp, async () => {
      if (this.due.length > 0) await this.deliverMarkers(partitions, isUp);
      else if (this.open === null && this.fenced.size > 0 && draw < 0.15) await this.comeBackAsZombie(partitions, isUp);
      else if (this.open === null || draw < 0.55) await this.send(partitions, isUp);
      else await this.end(draw < 0.85 ? 'commit' : 'abort', this.random.next() < 0.5, partitions, isUp);
    });
  }

  /** Ends what is open, and delivers what is due. */
  async finish(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    await this.exclusively(isUp, async () => {
      if (this.open !== null) this.decide('commit', false);
      await this.deliverMarkers(partitions, isUp);
    });
  }

  /** The machine went down: what was open is aborted when it is back. */
  lostConnection(): void {
    this.isBusy = false;
    if (this.open !== null) this.decide('abort', true);
  }

  /** The log's tail is lost (`flush=os` and a power loss), and with it markers of these transactions. */
  beginAnew(producerId: bigint, hanging: readonly ReadonlySet<SimTransaction>[]): void {
    const lost = hanging.flatMap((transactions, partition) =>
      [...transactions]
        .filter((transaction) => transaction.writer === this.name && !this.isDue(transaction, partition))
        .map((transaction) => ({ partition, epoch: transaction.epoch + 1, transaction })),
    );
    // Before any later one of theirs, which would end them otherwise than decided.
    const due = [...lost, ...this.due];
    // In one epoch, so that no marker fences another.
    this.due = due.map((marker) => {
      const { producerId: owner } = marker.transaction;
      const epochs = due.filter(({ transaction }) => transaction.producerId === owner).map(({ epoch }) => epoch);
      return { ...marker, epoch: Math.max(...epochs) };
    });
    this.producerId = producerId;
    this.epoch = 0;
    this.newSequences();
  }

  private isDue(transaction: SimTransaction, partition: number): boolean {
    return this.due.some((marker) => marker.transaction === transaction && marker.partition === partition);
  }

  private newSequences(): void {
    this.sequences = this.sequences.map(() => 0);
    this.fenced = new Set();
  }

  private async exclusively(isUp: IsUp, action: () => Promise<void>): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await action();
    } finally {
      if (isUp()) this.isBusy = false;
    }
  }

  private async send(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    const { producerId, epoch } = this;
    this.open ??= { facts: { writer: this.name, producerId, epoch, decision: null }, partitions: new Set() };
    const { open } = this;
    const batches = Array.from({ length: 1 + this.random.int(3) }, () =>
      this.sendBatch(this.random.int(partitions.length), open, partitions, isUp),
    );
    const areDone = await Promise.all(batches);
    if (isUp() && areDone.includes(false)) await this.end('abort', true, partitions, isUp);
  }

  /** Whether it was acknowledged. */
  private async sendBatch(
    index: number,
    { facts, partitions: touched }: OpenTransaction,
    partitions: readonly Partition[],
    isUp: IsUp,
  ): Promise<boolean> {
    const model = this.models[index]!;
    const values = Array.from({ length: 1 + this.random.int(2) }, () => valueOf(this.name, this.next++));
    for (const value of values) model.wrote(value, facts);
    touched.add(index);
    const { producerId, epoch: producerEpoch } = facts;
    const baseSequence = this.sequences[index]!;
    this.sequences[index] = baseSequence + values.length;
    const batch = batchOf(values, this.random, { producerId, producerEpoch, baseSequence, isTransactional: true });
    try {
      const { baseOffset } = await partitions[index]!.append(batch, -1, true);
      if (isUp()) values.forEach((value, i) => model.acknowledge(value, baseOffset + BigInt(i)));
      return true;
    } catch (error) {
      // Behind one that failed, a batch is out of order.
      if (isUp()) this.assertExpected(error, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
      return false;
    }
  }

  private async end(
    decision: Decision,
    isBumped: boolean,
    partitions: readonly Partition[],
    isUp: IsUp,
  ): Promise<void> {
    this.decide(decision, isBumped);
    await this.deliverMarkers(partitions, isUp);
  }

  private decide(decision: Decision, isBumped: boolean): void {
    const { facts, partitions } = this.open!;
    facts.decision = decision;
    this.open = null;
    if (isBumped) {
      this.epoch += 1;
      this.newSequences();
    }
    for (const partition of partitions) this.due.push({ partition, epoch: this.epoch, transaction: facts });
  }

  private async deliverMarkers(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    for (const marker of [...this.due]) {
      const { partition, epoch, transaction } = marker;
      const isCommit = transaction.decision === 'commit';
      const { producerId } = transaction;
      try {
        const written = { producerId, producerEpoch: epoch, isCommit, coordinatorEpoch: COORDINATOR_EPOCH };
        await partitions[partition]!.appendMarker(written);
      } catch (error) {
        if (isUp()) this.assertExpected(error);
        return;
      }
      if (!isUp()) return;
      this.models[partition]!.ended(transaction);
      this.due = this.due.filter((other) => other !== marker);
      if (producerId === this.producerId && epoch > transaction.epoch) this.fenced.add(partition);
    }
  }

  /** An earlier self, who does not know that its epoch is over. */
  private async comeBackAsZombie(partitions: readonly Partition[], isUp: IsUp): Promise<void> {
    const [index] = this.fenced;
    const { producerId } = this;
    const values = [valueOf(`zombie of ${this.name}`, this.next++)];
    const producer = { producerId, producerEpoch: this.epoch - 1, baseSequence: 0, isTransactional: true };
    const fault = await partitions[index!]!.append(batchOf(values, this.random, producer), -1, true).then(
      () => null,
      (error: unknown) => error,
    );
    if (!isUp()) return;
    invariant(fault !== null, () => `${this.name}: a producer of an epoch that is over may still write`);
    this.assertExpected(fault, 'INVALID_PRODUCER_EPOCH');
  }

  private assertExpected(error: unknown, also?: string): void {
    const code = errorNameOf(error);
    invariant(
      code === 'KAFKA_STORAGE_ERROR' || code === 'NOT_LEADER_OR_FOLLOWER' || code === also,
      () => `${this.name}: refused with ${code}: ${String(error)}`,
    );
  }
}
