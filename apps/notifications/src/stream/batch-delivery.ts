import { Inject, Injectable } from '@nestjs/common';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { StreamRecord } from 'streaming-core/client/types';
import type { DeliveryPolicy } from '../config.js';
import { type Message, messagesFor } from '../core/messages.js';
import { DeliveryStore, type FailedDelivery } from '../store/delivery-store.js';
import { NotificationStore } from '../store/notification-store.js';
import { Delivery, DELIVERY_POLICY_TOKEN, inLanes, nextTryAt } from './delivery.js';
import { NotificationMetrics } from './notification-metrics.js';

/** Too many messages of the partition wait for another try: its consumption waits with them. */
export class TooManyWaitingError extends Error {
  override readonly name = 'TooManyWaitingError';
}

interface Outgoing {
  readonly message: Message;
  readonly record: StreamRecord;
}

/** Rides whose messages are under way at the same time. */
const LANES = 32;

/**
 * A batch of events, from one partition, to messages that are stored, delivered and settled: a few statements for all.
 * Messages of a ride go out in order; rides go out beside each other.
 */
@Injectable()
export class BatchDelivery {
  constructor(
    private readonly notifications: NotificationStore,
    private readonly deliveries: DeliveryStore,
    private readonly delivery: Delivery,
    @Inject(DELIVERY_POLICY_TOKEN) private readonly policy: DeliveryPolicy,
    private readonly metrics: NotificationMetrics,
  ) {}

  /**
   * Rejects when the database is away: to be called again with the same events, which does no harm.
   * @throws TooManyWaitingError before anything is done
   */
  async handle(
    partition: number,
    events: readonly { readonly event: RideEvent; readonly record: StreamRecord }[],
  ): Promise<void> {
    const waiting = await this.deliveries.waitingRides(partition);
    if (waiting.messages >= this.policy.waitingMax) {
      throw new TooManyWaitingError(`${waiting.messages} messages of partition ${partition} wait for another try`);
    }
    const outgoing = outgoingOf(events);
    const wanted = await this.notifications.register(outgoing.map(({ message }) => message));
    const rides = byRide(outgoing.filter(({ message }) => wanted.has(message.key)));
    const delivered: string[] = [];
    const failed: FailedDelivery[] = [];
    await inLanes([...rides], LANES, async ([rideId, ofRide]) => {
      let isBlocked = waiting.rides.has(rideId);
      for (const { message, record } of ofRide) {
        const failure = isBlocked ? this.behind(message, record) : await this.tryOnce(message, record);
        if (failure) failed.push(failure);
        else delivered.push(message.key);
        isBlocked = failure !== undefined;
      }
    });
    await this.deliveries.settle(delivered, failed);
    this.metrics.delivered.inc(delivered.length);
    this.metrics.duplicates.inc(outgoing.length - wanted.size);
  }

  private async tryOnce(message: Message, record: StreamRecord): Promise<FailedDelivery | undefined> {
    const { failedChannels, reason } = await this.delivery.deliver(message, this.delivery.channelNames);
    if (failedChannels.length === 0) return undefined;
    this.metrics.failedTries.inc();
    const dueAt = nextTryAt(this.policy, 1, Date.now());
    return { message, channels: failedChannels, attempts: 1, dueAt, reason, record };
  }

  private behind(message: Message, record: StreamRecord): FailedDelivery {
    const reason = 'waits for an earlier message of its ride';
    return { message, channels: this.delivery.channelNames, attempts: 0, dueAt: new Date(), reason, record };
  }
}

/** Each message once, in order. */
function outgoingOf(events: readonly { readonly event: RideEvent; readonly record: StreamRecord }[]): Outgoing[] {
  const outgoing = new Map<string, Outgoing>();
  for (const { event, record } of events) {
    for (const message of messagesFor(event)) {
      if (!outgoing.has(message.key)) outgoing.set(message.key, { message, record });
    }
  }
  return [...outgoing.values()];
}

function byRide(outgoing: readonly Outgoing[]): Map<string, Outgoing[]> {
  return Map.groupBy(outgoing, ({ message }) => message.rideId);
}
