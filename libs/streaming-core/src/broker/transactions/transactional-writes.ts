import type { Partition } from '../../replica/partition.js';
import type { ProducerIdentity } from '../../transactions/coordinator-types.js';
import type { TopicPartition } from '../../transactions/transaction-types.js';
import type { KafkaErrorName } from '../../wire/error-codes.js';
import type { TransactionService } from './transaction-service.js';

/**
 * What the version of a request says of a write to a partition that is not in the producer's transaction (KIP-890): `refuse` it with
 * INVALID_TXN_STATE, refuse it with an error that tells the client to `abort`, or `add` the partition.
 */
export type UnknownPartition = 'refuse' | 'abort' | 'add';

export interface TransactionalWrite extends ProducerIdentity {
  readonly transactionalId: string;
  readonly unknownPartition: UnknownPartition;
}

type Place = TopicPartition & { readonly log: Pick<Partition, 'hasOpenTransaction'> };

/** Lets into a log only the writes of a transaction that the coordinator knows of: nobody would end any other (KIP-890). */
export class TransactionalWrites {
  readonly #service: TransactionService;
  /** Partitions being added, by transactional id: what the producer sends meanwhile comes after them. */
  readonly #adding = new Map<string, Promise<void>>();

  constructor(service: TransactionService) {
    this.#service = service;
  }

  /** One answer per place, in order: NONE lets the write in. At once unless partitions must be added. */
  admit(write: TransactionalWrite, places: readonly Place[]): KafkaErrorName[] | Promise<KafkaErrorName[]> {
    if (write.unknownPartition !== 'add') return places.map((place) => this.#verify(write, place));
    // Behind a request that adds partitions: it may write to the same ones, and with earlier sequence numbers.
    const mustWait = this.#adding.has(write.transactionalId);
    const isOpen = !mustWait && places.every(({ log }) => log.hasOpenTransaction(write));
    return isOpen ? places.map(() => 'NONE' as const) : this.#add(write, places);
  }

  #verify(write: TransactionalWrite, { topic, partition, log }: Place): KafkaErrorName {
    if (log.hasOpenTransaction(write)) return 'NONE';
    const error = this.#service.coordinator.verify(write.transactionalId, write, { topic, partition });
    if (error === 'TRANSACTION_ABORTABLE' && write.unknownPartition === 'refuse') return 'INVALID_TXN_STATE';
    return asWriteError(error, write.unknownPartition);
  }

  async #add(write: TransactionalWrite, places: readonly Place[]): Promise<KafkaErrorName[]> {
    const { transactionalId, producerId, producerEpoch } = write;
    const before = this.#adding.get(transactionalId);
    const partitions = places.map(({ topic, partition }) => ({ topic, partition }));
    const ask = () =>
      this.#service.addPartitions(transactionalId, { producerId, producerEpoch, partitions, clientVersion: 2 });
    const asking = before === undefined ? ask() : before.then(ask);
    const done = asking.then(() => undefined);
    this.#adding.set(transactionalId, done);
    const { error } = await asking;
    if (this.#adding.get(transactionalId) === done) this.#adding.delete(transactionalId);
    return places.map(() => asWriteError(error, 'add'));
  }
}

/** Clients of these requests know no coordinator; what passes by itself is an error that they retry. */
function asWriteError(error: KafkaErrorName, unknownPartition: UnknownPartition): KafkaErrorName {
  switch (error) {
    case 'PRODUCER_FENCED':
      return 'INVALID_PRODUCER_EPOCH';
    case 'CONCURRENT_TRANSACTIONS':
      return unknownPartition === 'add' ? error : 'NOT_ENOUGH_REPLICAS';
    case 'COORDINATOR_LOAD_IN_PROGRESS':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
      return 'NOT_ENOUGH_REPLICAS';
    default:
      return error;
  }
}
