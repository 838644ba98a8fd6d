import type { Clock, Timer } from '../../ports/clock.js';
import type { BrokerConfig } from '../config.js';
import type { GroupService } from '../group-service.js';
import { InternalTopic } from '../internal-topic.js';
import type { Logger } from '../logger.js';
import type { ProducerIds } from '../producer-ids.js';
import type { TopicCatalog } from '../topic-catalog.js';
import { TRANSACTIONS_TOPIC } from '../topic-name.js';
import { MarkerWriter } from './marker-writer.js';
import { TransactionService } from './transaction-service.js';
import { TransactionalWrites } from './transactional-writes.js';

export interface TransactionsPorts {
  readonly config: BrokerConfig;
  readonly topics: TopicCatalog;
  readonly groups: GroupService;
  readonly producerIds: ProducerIds;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Each takes some hundred bytes, and a record in `__transaction_state`. */
const TRANSACTIONAL_IDS_MAX = 10_000;

/** What a broker has for transactions, put together. */
export class Transactions {
  readonly topic: InternalTopic;
  readonly service: TransactionService;
  readonly writes: TransactionalWrites;
  readonly #clock: Clock;
  readonly #expiryIntervalMs: number;
  #expiry: Timer | null = null;

  constructor({ config, topics, groups, producerIds, clock, logger }: TransactionsPorts) {
    this.#clock = clock;
    this.#expiryIntervalMs = config.number('transaction.remove.expired.transaction.cleanup.interval.ms');
    this.topic = new InternalTopic(topics, config, {
      name: TRANSACTIONS_TOPIC,
      partitionsSetting: 'transaction.state.log.num.partitions',
      configs: {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': String(config.number('transaction.state.log.segment.bytes')),
      },
    });
    this.service = new TransactionService(
      {
        statePartitions: this.topic.partitionCount,
        maxTimeoutMs: config.number('transaction.max.timeout.ms'),
        idExpirationMs: config.number('transactional.id.expiration.ms'),
        maxTransactionalIds: TRANSACTIONAL_IDS_MAX,
        nextProducerId: () => producerIds.next(),
      },
      { clock, topic: this.topic, markers: new MarkerWriter({ topics, groups, clock, logger }), logger },
    );
    this.writes = new TransactionalWrites(this.service);
  }

  /** After the groups are loaded: what was decided for their offsets is then completed. */
  async load(): Promise<void> {
    await this.service.load();
    this.#scheduleExpiry();
  }

  stop(): void {
    this.#expiry?.cancel();
    this.service.stop();
  }

  #scheduleExpiry(): void {
    this.#expiry = this.#clock.schedule(this.#expiryIntervalMs, () => {
      this.service.expireIds();
      this.#scheduleExpiry();
    });
  }
}
