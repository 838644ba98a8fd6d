import type {
  GroupConsumer,
  GroupMember,
  StreamClient,
  StreamProducer,
  TopicPartition,
  TopicPartitionOffset,
  Transaction,
  TransactionalProducer,
} from '../client/types.js';

/**
 * Transactions of a consumer: what a batch produces and how far it was read become visible together or not at all. Each
 * partition has a transactional id of its own, `<group>-<topic>-<partition>`: whoever takes the partition over fences the one
 * that had it, and what that one left open is aborted.
 */
export class BatchTransactions {
  readonly #client: StreamClient;
  readonly #consumer: GroupConsumer;
  readonly #producers = new Map<string, Promise<TransactionalProducer>>();
  /** By transactional id: the position whose commit had no answer for good. */
  readonly #doubts = new Map<string, bigint>();

  constructor(client: StreamClient, consumer: GroupConsumer) {
    this.#client = client;
    this.#consumer = consumer;
  }

  /** For whom a batch is handled, from now on; to be released when it is. `signal`: the partition is taken away. */
  memberUntil(signal: AbortSignal): BatchMember {
    return new BatchMember(this.#consumer, signal);
  }

  /**
   * What became of the partition's last transaction, if its commit had no answer: the position before which all is handled,
   * or undefined if it was aborted, or there is no doubt.
   */
  async settle({ topic, partition }: TopicPartition): Promise<bigint | undefined> {
    const id = this.#idOf({ topic, partition });
    const doubted = this.#doubts.get(id);
    if (doubted === undefined) return undefined;
    // A new epoch of the id: what was decided is then complete, what was not is aborted.
    await this.#producer(id);
    const [committed] = await this.#consumer.committed([{ topic, partition }]);
    this.#doubts.delete(id);
    return committed?.offset === doubted ? doubted : undefined;
  }

  /** Runs work in a transaction that also commits `position`. Rejects what the work or the transaction rejected. */
  async run(
    position: TopicPartitionOffset,
    member: BatchMember,
    work: (producer: StreamProducer) => Promise<void>,
  ): Promise<void> {
    const id = this.#idOf(position);
    const producer = await this.#producer(id);
    const progress = { isWhole: false };
    try {
      await producer.run(async (transaction) => {
        await work(producerIn(transaction));
        await transaction.sendOffsets(member.now(), [position]);
        progress.isWhole = true;
      });
    } catch (error) {
      // Short of its commit it can only be aborted.
      if (progress.isWhole) this.#doubts.set(id, position.offset);
      // Fenced or in doubt: a new producer under the same id settles what this one left.
      await this.#close(id);
      throw error;
    }
  }

  async release(partitions: readonly TopicPartition[]): Promise<void> {
    await Promise.all(
      partitions.map((partition) => {
        const id = this.#idOf(partition);
        // Whoever has the partition next asks the group where to begin.
        this.#doubts.delete(id);
        return this.#close(id);
      }),
    );
  }

  #idOf({ topic, partition }: TopicPartition): string {
    return `${this.#consumer.member().groupId}-${topic}-${partition}`;
  }

  #producer(transactionalId: string): Promise<TransactionalProducer> {
    let producer = this.#producers.get(transactionalId);
    if (!producer) {
      producer = this.#client.transactionalProducer({ transactionalId });
      this.#producers.set(transactionalId, producer);
      producer.catch(() => this.#producers.delete(transactionalId));
    }
    return producer;
  }

  async #close(transactionalId: string): Promise<void> {
    const producer = this.#producers.get(transactionalId);
    this.#producers.delete(transactionalId);
    // It ends either way: what matters is said by whoever wrote with it.
    await (await producer?.catch(() => undefined))?.close().catch(() => undefined);
  }
}

/**
 * The member that has a batch's partition. It stays what it was when the partition was taken away: under what the member
 * becomes later its offsets would count, though the partition is somebody else's (KIP-447).
 */
export class BatchMember {
  readonly #consumer: Pick<GroupConsumer, 'member'>;
  readonly #signal: AbortSignal;
  #last: GroupMember;
  readonly #note = (): void => {
    const now = this.#consumer.member();
    // Out of the group the name is lost: the one from before is refused, none at all would not be.
    if (now.generation >= 0) this.#last = now;
  };

  constructor(consumer: Pick<GroupConsumer, 'member'>, signal: AbortSignal) {
    this.#consumer = consumer;
    this.#signal = signal;
    this.#last = consumer.member();
    signal.addEventListener('abort', this.#note, { once: true });
  }

  /** While the partition stays, a batch outlives rebalances: as the group knows the member now. */
  now(): GroupMember {
    if (!this.#signal.aborted) this.#note();
    return this.#last;
  }

  release(): void {
    this.#signal.removeEventListener('abort', this.#note);
  }
}

function producerIn(transaction: Transaction): StreamProducer {
  return {
    send: (records) => transaction.send(records),
    close: () => Promise.reject(new Error('the transaction ends with the handler')),
  };
}
