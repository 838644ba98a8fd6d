import { type BeforeApplicationShutdown, Logger } from '@nestjs/common';
import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import { Backoff, delay } from 'streaming-core/client/backoff';
import type { StreamRecord, TopicPartition } from 'streaming-core/client/types';
import {
  type BatchContext,
  type DecodeResult,
  type EventBatch,
  OnBatch,
  OnPartitionsAssigned,
  OnPartitionsRevoked,
  StreamConsumer,
} from 'streaming-core/nest/stream-consumer.decorators';
import { BatchDelivery } from './batch-delivery.js';
import { GROUP_ID, Redelivery } from './redelivery.js';

const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;

/** Group "notifications": reads at least once; that each message is told once is the database's unique key. */
@StreamConsumer({ groupId: GROUP_ID, decode: decodeRideEvent })
export class NotificationsConsumer implements BeforeApplicationShutdown {
  private readonly logger = new Logger('notifications');

  constructor(
    private readonly batches: BatchDelivery,
    private readonly redelivery: Redelivery,
  ) {}

  /** Tries until it works or the partition is taken away, so that the batch's refused records are put aside once. */
  @OnBatch(TOPICS.RideEvents.name)
  async take(batch: EventBatch<RideEvent>, { signal }: BatchContext): Promise<void> {
    const backoff = new Backoff(RETRY_FIRST_MS, RETRY_MAX_MS);
    for (;;) {
      try {
        await this.batches.handle(batch.partition, batch.events);
        return;
      } catch (error) {
        const delayMs = backoff.nextMs();
        this.logger.warn(`partition ${batch.partition} waits for ${Math.round(delayMs)} ms: ${String(error)}`);
        await delay(delayMs, signal);
        if (signal.aborted) throw error;
      }
    }
  }

  @OnPartitionsAssigned()
  assigned(partitions: readonly TopicPartition[]): void {
    this.redelivery.own(partitions.map(({ partition }) => partition));
  }

  @OnPartitionsRevoked()
  revoked(partitions: readonly TopicPartition[]): Promise<void> {
    return this.redelivery.disown(partitions.map(({ partition }) => partition));
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.redelivery.close();
  }
}

function decodeRideEvent(_topic: string, record: StreamRecord): DecodeResult<RideEvent> {
  return decodeEvent('RideEvents', record);
}
