import { Injectable } from '@nestjs/common';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { StreamRecord } from 'streaming-core/client/types';
import type { BatchContext } from 'streaming-core/nest/stream-consumer.decorators';
import { type Message, messagesFor } from '../core/messages.js';
import { DeliveryStore, type FailedTry } from '../store/delivery-store.js';
import { NotificationStore } from '../store/notification-store.js';
import { Delivery, inLanes } from './delivery.js';
import { NotificationMetrics } from './notification-metrics.js';

interface Telling {
  readonly record: StreamRecord;
  readonly messages: readonly Message[];
}

/** An event whose messages were not all taken, or which waits behind such a one of its ride. */
interface Untold {
  readonly record: StreamRecord;
  readonly failed: FailedTry | undefined;
}

/** Rides whose messages are under way at the same time. */
const LANES = 32;

/**
 * A batch of events, from one partition, to messages that are stored, delivered and settled: a few statements for all.
 * Messages of a ride go out in order; rides go out beside each other. An event whose message a channel refuses goes to the
 * retry ladder, and later ones of its ride behind it.
 */
@Injectable()
export class BatchDelivery {
  constructor(
    private readonly notifications: NotificationStore,
    private readonly deliveries: DeliveryStore,
    private readonly delivery: Delivery,
    private readonly metrics: NotificationMetrics,
  ) {}

  /** Rejects when the database is away or too many rides wait: to be called again with the same events, which does no harm. */
  async handle(
    events: readonly { readonly event: RideEvent; readonly record: StreamRecord }[],
    context: BatchContext,
  ): Promise<void> {
    const free = events.filter(({ record }) => !context.mustWait(record));
    const told = free.map(({ event, record }) => ({ record, messages: messagesFor(event) }));
    const unique = new Map(told.flatMap(({ messages }) => messages).map((message) => [message.key, message]));
    const sentBack = told.filter(({ record }) => record.headers.has('dlq-merged'));
    await this.notifications.revive(sentBack.flatMap(({ messages }) => messages.map(({ key }) => key)));
    const wanted = await this.notifications.register([...unique.values()]);
    const delivered: string[] = [];
    const untold: Untold[][] = [];
    const behind = events.filter(({ record }) => context.mustWait(record)).map(({ record }) => record);
    const rides = [...Map.groupBy(told, ({ record }) => record.key)];
    await inLanes(rides, LANES, async ([, ofRide]) => {
      const left = await this.tell(ofRide, wanted, delivered);
      if (left.length > 0) untold.push(left);
    });
    await this.deliveries.settle(
      delivered,
      untold.flat().flatMap(({ failed }) => failed ?? []),
    );
    this.metrics.delivered.inc(delivered.length);
    this.metrics.duplicates.inc(unique.size - wanted.size);
    for (const ofRide of untold) for (const one of ofRide) await this.handOver(one, context);
    for (const record of behind) await context.retry(record, 'waits for an earlier message of its ride');
  }

  /** Tells the events of a ride in order up to the first failure; gives those that are not told. */
  private async tell(
    ofRide: readonly Telling[],
    wanted: ReadonlyMap<string, readonly string[] | null>,
    delivered: string[],
  ): Promise<Untold[]> {
    const untold: Untold[] = [];
    const done = new Set<string>();
    for (const { record, messages } of ofRide) {
      const failed = untold.length > 0 ? undefined : await this.tryEach(messages, wanted, done);
      if (untold.length > 0 || failed) untold.push({ record, failed });
    }
    delivered.push(...done);
    return untold;
  }

  /** The first failure; messages after it are not tried. */
  private async tryEach(
    messages: readonly Message[],
    wanted: ReadonlyMap<string, readonly string[] | null>,
    done: Set<string>,
  ): Promise<FailedTry | undefined> {
    for (const message of messages) {
      const channelsLeft = wanted.get(message.key);
      if (channelsLeft === undefined || done.has(message.key)) continue;
      const channels = channelsLeft ?? this.delivery.channelNames;
      const { failedChannels, reason } = await this.delivery.deliver(message, channels);
      if (failedChannels.length > 0) {
        this.metrics.failedTries.inc();
        return { key: message.key, channelsLeft: failedChannels, reason };
      }
      done.add(message.key);
    }
    return undefined;
  }

  /** First the dead letter, then the row: a crash between the two writes the letter twice and loses nothing. */
  private async handOver({ record, failed }: Untold, context: BatchContext): Promise<void> {
    if (!failed) {
      await context.retry(record, 'waits for an earlier message of its ride');
      return;
    }
    const tries = context.attemptOf(record);
    const error = `${failed.key} was not delivered in ${tries} tries: ${failed.reason}`;
    if ((await context.retry(record, error)) === 'ladder') return;
    await this.deliveries.giveUp(failed.key);
    this.metrics.givenUp.inc();
  }
}
