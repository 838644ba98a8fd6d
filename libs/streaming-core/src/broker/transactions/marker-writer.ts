import type { Clock } from '../../ports/clock.js';
import { errorNameOf, PartitionError } from '../../replica/partition-errors.js';
import type { MarkersToWrite } from '../../transactions/coordinator-types.js';
import type { TopicPartition } from '../../transactions/transaction-types.js';
import type { GroupService } from '../group-service.js';
import type { Logger } from '../logger.js';
import type { TopicCatalog } from '../topic-catalog.js';
import { OFFSETS_TOPIC } from '../topic-name.js';

export interface MarkerWriterPorts {
  readonly topics: TopicCatalog;
  readonly groups: GroupService;
  readonly clock: Clock;
  readonly logger: Logger;
}

const RETRY_MS = 200;

/** Brings the markers of an ended transaction into the logs of its partitions. */
export class MarkerWriter {
  readonly #ports: MarkerWriterPorts;
  #isStopped = false;

  constructor(ports: MarkerWriterPorts) {
    this.#ports = ports;
  }

  /** Resolves when every marker is durable, however often it takes; what fails after {@link stop} is not tried again. */
  async write(markers: MarkersToWrite): Promise<void> {
    await Promise.all(markers.partitions.map((partition) => this.#writeOne(markers, partition)));
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #writeOne(markers: MarkersToWrite, at: TopicPartition): Promise<void> {
    let isFirst = true;
    while (!(await this.#tryOne(markers, at, isFirst))) {
      isFirst = false;
      await new Promise<void>((resolve) => this.#ports.clock.schedule(RETRY_MS, resolve));
      if (this.#isStopped) return new Promise(() => undefined);
    }
  }

  async #tryOne(markers: MarkersToWrite, at: TopicPartition, isFirst: boolean): Promise<boolean> {
    const { topics, groups, logger } = this.#ports;
    const partition = topics.get(at.topic)?.partitions[at.partition];
    // Deleted, and the records with it.
    if (partition === undefined) return true;
    try {
      if (partition === null) throw new PartitionError('KAFKA_STORAGE_ERROR', 'the partition is offline');
      await partition.appendMarker(markers);
    } catch (error) {
      const name = errorNameOf(error);
      // A newer epoch of the producer has written here: this transaction was ended before.
      if (name === 'INVALID_PRODUCER_EPOCH' || name === 'TRANSACTION_COORDINATOR_FENCED') return true;
      const { transactionalId } = markers;
      if (isFirst && !this.#isStopped)
        logger.error({ ...at, transactionalId, err: error }, 'cannot write a transaction marker, trying again');
      return false;
    }
    if (at.topic === OFFSETS_TOPIC) {
      groups.coordinator.completeTransaction(at.partition, markers.producerId, markers.isCommit);
    }
    return true;
  }
}
