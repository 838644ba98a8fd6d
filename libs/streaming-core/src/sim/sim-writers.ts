import type { SeededRandom } from '../ports/memory/seeded-random.js';
import type { Partition } from '../replica/partition.js';
import { errorNameOf } from '../replica/partition-errors.js';
import { encodeBatch, type BatchInput } from '../wire/records/record-codec.js';
import type { CommitModel } from './commit-model.js';
import { invariant, InvariantError, valueOf, type RecordModel } from './record-model.js';

/** Whether an answer still reaches its client: not when the machine went down before. */
export type IsUp = () => boolean;

const KEYS = ['group-a', 'group-b', 'group-c', 'group-d'];
/** Producers keep no more requests under way. */
const IN_FLIGHT = 5;

/** A producer without idempotence: writes each value once and never again. */
export class PlainProducer {
  private next = 0;

  constructor(
    private readonly name: string,
    private readonly model: RecordModel,
    private readonly random: SeededRandom,
  ) {}

  /** Whether it was acknowledged. */
  async send(partition: Partition, isUp: IsUp): Promise<boolean> {
    const values = valuesFor(this.random, this.name, () => this.next++);
    for (const value of values) this.model.wrote(value);
    const batch = batchOf(values, this.random);
    try {
      const { baseOffset } = await partition.append(batch, this.random.next() < 0.7 ? -1 : 1);
      if (!isUp()) return false;
      values.forEach((value, i) => this.model.promise(baseOffset + BigInt(i), value));
      return true;
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      // Not acknowledged: it may be there or not.
      return false;
    }
  }
}

interface UnackedBatch {
  readonly values: readonly string[];
  readonly baseSequence: number;
  isUnderWay: boolean;
}

/** An idempotent producer: sends what was not acknowledged again, in order, until it is. */
export class IdempotentProducer {
  private nextValue = 0;
  private sequence = 0;
  private unacked: UnackedBatch[] = [];

  constructor(
    private readonly name: string,
    private producerId: bigint,
    private readonly model: RecordModel,
    private readonly random: SeededRandom,
  ) {}

  get hasUnacked(): boolean {
    return this.unacked.length > 0;
  }

  send(partition: Partition, isUp: IsUp): Promise<void> {
    if (this.unacked.length >= IN_FLIGHT || this.unacked.some(({ isUnderWay }) => !isUnderWay)) {
      return this.resend(partition, isUp);
    }
    const values = valuesFor(this.random, this.name, () => this.nextValue++);
    for (const value of values) this.model.wrote(value);
    const batch: UnackedBatch = { values, baseSequence: this.sequence, isUnderWay: false };
    this.sequence += values.length;
    this.unacked.push(batch);
    return this.deliver(batch, partition, isUp);
  }

  /** Sends again what failed, once nothing is under way. */
  async resend(partition: Partition, isUp: IsUp): Promise<void> {
    if (this.unacked.some(({ isUnderWay }) => isUnderWay)) return;
    await Promise.all(this.unacked.map((batch) => this.deliver(batch, partition, isUp)));
  }

  /** The machine went down: no answer comes any more. */
  lostConnection(): void {
    for (const batch of this.unacked) batch.isUnderWay = false;
  }

  /** What the producer knows is lost with the log's tail (`flush=os` and a power loss): it begins anew, as clients do. */
  beginAnew(producerId: bigint): void {
    this.producerId = producerId;
    this.sequence = 0;
    this.unacked = [];
  }

  private async deliver(batch: UnackedBatch, partition: Partition, isUp: IsUp): Promise<void> {
    batch.isUnderWay = true;
    const { baseSequence, values } = batch;
    const bytes = batchOf(values, this.random, { producerId: this.producerId, producerEpoch: 0, baseSequence });
    const isFirst = batch === this.unacked[0];
    try {
      const { baseOffset } = await partition.append(bytes, -1);
      if (!isUp()) return;
      values.forEach((value, i) => this.model.promise(baseOffset + BigInt(i), value));
      this.unacked = this.unacked.filter((other) => other !== batch);
    } catch (error) {
      if (!isUp()) return;
      const code = errorNameOf(error);
      // Behind one that failed, a batch is out of order; the first never is.
      invariant(
        code === 'KAFKA_STORAGE_ERROR' ||
          code === 'NOT_LEADER_OR_FOLLOWER' ||
          (code === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && !isFirst),
        () => `${this.name}: sequence ${baseSequence} is refused with ${code}: ${String(error)}`,
      );
    } finally {
      // After the machine is gone it may be on its way to the next one.
      if (isUp()) batch.isUnderWay = false;
    }
  }
}

/** Commits offsets as the group coordinator does: keyed records in a compacted partition. */
export class Committer {
  constructor(
    private readonly model: CommitModel,
    private readonly random: SeededRandom,
  ) {}

  async commit(partition: Partition, isUp: IsUp): Promise<void> {
    const key = KEYS[this.random.int(KEYS.length)]!;
    const { value, acknowledge } = this.model.write(key, this.random.next() < 0.1);
    const padding = '.'.repeat(this.random.int(300));
    const record = {
      timestamp: 1_700_000_000_000n,
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(`${value}|${padding}`),
    };
    try {
      await partition.appendInternal(encodeBatch({ records: [record] }));
      if (isUp()) acknowledge();
    } catch {
      // Not acknowledged: it may be there or not.
    }
  }
}

function valuesFor(random: SeededRandom, name: string, next: () => number): string[] {
  return Array.from({ length: 1 + random.int(3) }, () => valueOf(name, next()));
}

export function batchOf(
  values: readonly string[],
  random: SeededRandom,
  producer: Pick<BatchInput, 'producerId' | 'producerEpoch' | 'baseSequence' | 'isTransactional'> = {},
): Buffer {
  const size = random.next() < 0.1 ? 5000 : 400;
  const records = values.map((value) => ({
    timestamp: 1_700_000_000_000n + BigInt(random.int(100_000)),
    key: null,
    value: Buffer.from(`${value}|${'.'.repeat(random.int(size))}`),
  }));
  return encodeBatch({ records, ...producer });
}
