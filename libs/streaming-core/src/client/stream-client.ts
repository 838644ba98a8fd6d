import { ClusterAdmin } from './admin.js';
import { Cluster } from './cluster.js';
import { CooperativeGroupConsumer } from './group-consumer.js';
import { FetchingPartitionReader } from './partition-reader.js';
import { BatchingProducer } from './producer.js';
import { OneAtATimeTransactions } from './transactional-producer.js';
import type {
  GroupConsumer,
  GroupConsumerOptions,
  PartitionReader,
  StreamAdmin,
  StreamClient,
  StreamClientOptions,
  StreamProducer,
  TransactionalProducer,
  TransactionalProducerOptions,
} from './types.js';

const DELIVERY_TIMEOUT_MS = 120_000;

/**
 * A client of streaming-core or Apache Kafka (3.0 or newer). It connects on first use; brokers that are away are waited
 * for. It speaks the protocol through `@platformatic/kafka` (connections, TLS, requests and responses) and brings its own
 * producer and consumer on top, see docs/adr.
 */
export function createStreamClient(options: StreamClientOptions): StreamClient {
  return new ClusterStreamClient(options);
}

interface Closable {
  close(): Promise<void>;
}

class ClusterStreamClient implements StreamClient {
  readonly #cluster: Cluster;
  readonly #options: Required<Pick<StreamClientOptions, 'deliveryTimeoutMs' | 'onWarning'>>;
  readonly #producers = new Set<Closable>();
  readonly #others = new Set<Closable>();

  constructor(options: StreamClientOptions) {
    this.#cluster = new Cluster(options.brokers, options.clientId, options.security);
    this.#options = {
      deliveryTimeoutMs: options.deliveryTimeoutMs ?? DELIVERY_TIMEOUT_MS,
      onWarning: (warning) => {
        try {
          options.onWarning?.(warning);
        } catch {
          // A logger that throws must not stop the retrying that it is told about.
        }
      },
    };
  }

  async producer(): Promise<StreamProducer> {
    const { deliveryTimeoutMs, onWarning } = this.#options;
    const producer = new BatchingProducer(this.#cluster, { deliveryTimeoutMs }, (error) => {
      onWarning({ kind: 'retrying', message: error.message, error });
    });
    this.#producers.add(producer);
    await producer.connect();
    return producer;
  }

  async transactionalProducer(options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    const { deliveryTimeoutMs, onWarning } = this.#options;
    const producer = new OneAtATimeTransactions(this.#cluster, options, deliveryTimeoutMs, (error) => {
      onWarning({ kind: 'retrying', message: error.message, error });
    });
    this.#producers.add(producer);
    await producer.connect();
    return producer;
  }

  consumer(options: GroupConsumerOptions): GroupConsumer {
    return this.#keep(new CooperativeGroupConsumer(this.#cluster, options, this.#options.onWarning));
  }

  reader(): PartitionReader {
    const { deliveryTimeoutMs, onWarning } = this.#options;
    return this.#keep(new FetchingPartitionReader(this.#cluster, deliveryTimeoutMs, onWarning));
  }

  admin(): StreamAdmin {
    return this.#keep(new ClusterAdmin(this.#cluster, this.#options.deliveryTimeoutMs));
  }

  /** Consumers first, because their handlers may still write; then producers, so that all is acknowledged. */
  async close(): Promise<void> {
    await Promise.all([...this.#others].map((other) => other.close()));
    await Promise.all([...this.#producers].map((producer) => producer.close()));
    await this.#cluster.close();
  }

  #keep<T extends Closable>(closable: T): T {
    this.#others.add(closable);
    return closable;
  }
}
