import type {
  GroupConsumer,
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

  constructor(client: StreamClient, consumer: GroupConsumer) {
    this.#client = client;
    this.#consumer = consumer;
  }

  /** Runs work in a transaction that also commits `position`. Rejects what the work or the transaction rejected. */
  async run(position: TopicPartitionOffset, work: (producer: StreamProducer) => Promise<void>): Promise<void> {
    const id = `${this.#consumer.member().groupId}-${position.topic}-${position.partition}`;
    const producer = await this.#producer(id);
    try {
      await producer.run(async (transaction) => {
        await work(producerIn(transaction));
        await transaction.sendOffsets(this.#consumer.member(), [position]);
      });
    } catch (error) {
      // Fenced or in doubt: a new producer under the same id settles what this one left.
      await this.#close(id);
      throw error;
    }
  }

  async release(partitions: readonly TopicPartition[]): Promise<void> {
    const { groupId } = this.#consumer.member();
    await Promise.all(partitions.map(({ topic, partition }) => this.#close(`${groupId}-${topic}-${partition}`)));
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

function producerIn(transaction: Transaction): StreamProducer {
  return {
    send: (records) => transaction.send(records),
    close: () => Promise.reject(new Error('the transaction ends with the handler')),
  };
}
