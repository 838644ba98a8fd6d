import type { RecordToAppend, TransactionalProducer } from '../groups/coordinator-types.js';
import type { GroupError } from '../groups/group-errors.js';
import type { Clock } from '../ports/clock.js';
import { errorNameOf } from '../replica/partition-errors.js';
import { decodeMarker } from '../wire/records/control-records.js';
import { completeBatches, NO_PRODUCER_ID } from '../wire/records/record-batch.js';
import { decodeRecords, encodeBatch, type DecodedRecord } from '../wire/records/record-codec.js';
import type { BrokerConfig } from './config.js';
import type { OffsetsLog } from './group-service.js';
import type { Logger } from './logger.js';
import type { Topic, TopicCatalog } from './topic-catalog.js';
import { OFFSETS_TOPIC } from './topic-name.js';

const READ_BYTES = 1 << 20;
const CONFIGS = { 'cleanup.policy': 'compact', 'segment.bytes': '104857600', 'compression.type': 'producer' };

/** The internal topic that keeps groups and their offsets. */
export class OffsetsTopic implements OffsetsLog {
  constructor(
    private readonly topics: TopicCatalog,
    private readonly config: BrokerConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Of the topic as it is, or as it will be created. */
  get partitionCount(): number {
    return this.topics.get(OFFSETS_TOPIC)?.partitions.length ?? this.config.number('offsets.topic.num.partitions');
  }

  /** Creates the topic if it is missing. @throws {TopicError} */
  ensure(): Topic {
    const topic = this.topics.get(OFFSETS_TOPIC);
    return topic ?? this.topics.create({ name: OFFSETS_TOPIC, partitions: this.partitionCount, configs: CONFIGS });
  }

  async append(
    partition: number,
    records: readonly RecordToAppend[],
    producer: TransactionalProducer | null = null,
  ): Promise<GroupError> {
    try {
      const timestamp = BigInt(this.clock.nowMs());
      const batch = encodeBatch({
        records: records.map((record) => ({ ...record, timestamp })),
        ...(producer && { ...producer, isTransactional: true }),
      });
      const log = this.ensure().partitions[partition];
      if (!log) throw new Error('the partition is offline');
      await log.appendInternal(batch);
      return 'NONE';
    } catch (error) {
      const name = errorNameOf(error);
      if (name === 'INVALID_PRODUCER_EPOCH' || name === 'INVALID_TXN_STATE') return name;
      this.logger.error({ partition, err: error }, 'cannot write to __consumer_offsets');
      return 'COORDINATOR_NOT_AVAILABLE';
    }
  }

  /** Its log could not be opened: what its groups committed is not known. */
  isOffline(partition: number): boolean {
    return this.topics.get(OFFSETS_TOPIC)?.partitions[partition] === null;
  }

  /**
   * Every record that a partition holds, in order, and the ends of transactions. `producerId`: of the transaction that the record is
   * part of, else null.
   */
  async read(
    partition: number,
    onRecord: (record: DecodedRecord, producerId: bigint | null) => void,
    onTransactionEnd: (producerId: bigint, isCommit: boolean) => void,
  ): Promise<void> {
    const log = this.topics.get(OFFSETS_TOPIC)?.partitions[partition];
    if (!log) return;
    let fromOffset = log.startOffset;
    while (fromOffset < log.highWatermark) {
      const { records } = await log.fetch({ fromOffset, maxBytes: READ_BYTES, minOneBatch: true });
      if (records.length === 0) return;
      for (const batch of completeBatches(records)) {
        const { nextOffset, isControl, isTransactional, producerId } = batch;
        const marker = decodeMarker(batch);
        if (marker !== null) onTransactionEnd(producerId, marker.isCommit);
        const writer = isTransactional && producerId !== NO_PRODUCER_ID ? producerId : null;
        if (!isControl)
          for (const record of decodeRecords(batch)) if (record.offset >= fromOffset) onRecord(record, writer);
        fromOffset = nextOffset;
      }
    }
  }
}
