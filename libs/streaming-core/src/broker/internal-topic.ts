import type { Partition } from '../replica/partition.js';
import { PartitionError } from '../replica/partition-errors.js';
import { completeBatches, type RecordBatch } from '../wire/records/record-batch.js';
import type { BrokerConfig } from './config.js';
import type { BrokerSettingName } from './settings.js';
import type { Topic, TopicCatalog } from './topic-catalog.js';

const READ_BYTES = 1 << 20;

export interface InternalTopicSpec {
  readonly name: string;
  /** The broker setting that gives the number of partitions of a topic that is yet to be created. */
  readonly partitionsSetting: BrokerSettingName;
  readonly configs: Readonly<Record<string, string>>;
}

/** A topic in which a coordinator keeps its state: created when it is first needed, read whole at a start. */
export class InternalTopic {
  constructor(
    private readonly topics: TopicCatalog,
    private readonly config: BrokerConfig,
    private readonly spec: InternalTopicSpec,
  ) {}

  /** Of the topic as it is, or as it will be created. */
  get partitionCount(): number {
    return this.topics.get(this.spec.name)?.partitions.length ?? this.config.number(this.spec.partitionsSetting);
  }

  /** Creates the topic if it is missing. @throws {TopicError} */
  ensure(): Topic {
    const { name, configs } = this.spec;
    return this.topics.get(name) ?? this.topics.create({ name, partitions: this.partitionCount, configs });
  }

  /** Its log could not be opened: what it holds is not known. */
  isOffline(partition: number): boolean {
    return this.topics.get(this.spec.name)?.partitions[partition] === null;
  }

  /** 0 as long as there is no topic. */
  leaderEpoch(partition: number): number {
    return this.topics.get(this.spec.name)?.partitions[partition]?.leaderEpoch ?? 0;
  }

  /** Resolves once the batch is durable; rejects with an error for `errorNameOf`. */
  async append(partition: number, batch: Buffer): Promise<void> {
    await this.online(partition).appendInternal(batch);
  }

  /** Every batch that a partition holds, in order; views that are valid during the call only. */
  async read(partition: number, onBatch: (batch: RecordBatch) => void): Promise<void> {
    const log = this.topics.get(this.spec.name)?.partitions[partition];
    if (!log) return;
    let fromOffset = log.startOffset;
    while (fromOffset < log.highWatermark) {
      const { records } = await log.fetch({ fromOffset, maxBytes: READ_BYTES, minOneBatch: true });
      if (records.length === 0) return;
      for (const batch of completeBatches(records)) {
        onBatch(batch);
        fromOffset = batch.nextOffset;
      }
    }
  }

  private online(partition: number): Partition {
    const log = this.ensure().partitions[partition];
    if (!log) throw new PartitionError('KAFKA_STORAGE_ERROR', `${this.spec.name}-${partition} is offline`);
    return log;
  }
}
