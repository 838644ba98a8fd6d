import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import type { StreamRecord } from 'streaming-core/client/types';
import {
  type BatchContext,
  type DecodeResult,
  type EventBatch,
  OnBatch,
  StreamConsumer,
} from 'streaming-core/nest/stream-consumer.decorators';
import { BatchDelivery } from './batch-delivery.js';
import { GROUP_ID } from './group.js';

/**
 * Group "notifications": reads at least once; that each message is told once is the database's unique key. A batch that fails,
 * because the database is away, is delivered again.
 */
@StreamConsumer({ groupId: GROUP_ID, decode: decodeRideEvent })
export class NotificationsConsumer {
  constructor(private readonly batches: BatchDelivery) {}

  @OnBatch(TOPICS.RideEvents.name)
  take(batch: EventBatch<RideEvent>, context: BatchContext): Promise<void> {
    return this.batches.handle(batch.events, context);
  }
}

function decodeRideEvent(_topic: string, record: StreamRecord): DecodeResult<RideEvent> {
  return decodeEvent('RideEvents', record);
}
