import { Inject, Injectable, Logger } from '@nestjs/common';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import { delay } from 'streaming-core/client/backoff';
import type { StreamAdmin, StreamClient, StreamProducer } from 'streaming-core/client/types';
import { DeadLetters } from 'streaming-core/nest/dead-letters';
import { InjectStreamClient, InjectStreamProducer } from 'streaming-core/nest/stream-consumer.decorators';
import type { DeliveryPolicy } from '../config.js';
import { DeliveryStore, type WaitingDelivery } from '../store/delivery-store.js';
import { Delivery, DELIVERY_POLICY_TOKEN, inLanes, nextTryAt } from './delivery.js';
import { NotificationMetrics } from './notification-metrics.js';

export const GROUP_ID = 'notifications';

/** Messages looked at in one go. */
const DUE_MAX = 200;
const LANES = 16;

/**
 * Tries again what a channel refused, with growing delays, then puts the event aside as a dead letter. Looks after the
 * partitions that this process owns, one message of a ride at a time and in order.
 */
@Injectable()
export class Redelivery {
  private readonly logger = new Logger('notifications');
  private readonly owned = new Set<number>();
  private readonly stopping = new AbortController();
  private readonly admin: StreamAdmin;
  private readonly deadLetters: DeadLetters;
  private running: Promise<void> | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private isFailing = false;

  constructor(
    @InjectStreamClient() client: StreamClient,
    @InjectStreamProducer() producer: StreamProducer,
    private readonly store: DeliveryStore,
    private readonly delivery: Delivery,
    @Inject(DELIVERY_POLICY_TOKEN) private readonly policy: DeliveryPolicy,
    private readonly metrics: NotificationMetrics,
  ) {
    this.admin = client.admin();
    this.deadLetters = new DeadLetters(GROUP_ID, producer, this.admin);
  }

  own(partitions: readonly number[]): void {
    for (const partition of partitions) this.owned.add(partition);
    this.running ??= this.run();
  }

  /** Resolves when nothing of these partitions is under way any more. */
  async disown(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.owned.delete(partition);
    await this.round;
  }

  async close(): Promise<void> {
    this.owned.clear();
    this.stopping.abort();
    await this.running;
    await this.admin.close();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const round = this.runOnce();
      this.round = round;
      // What ended may have let the next message of its ride go.
      if ((await round) === 0) await delay(this.policy.pollMs, this.stopping.signal);
    }
  }

  /** Gives how many messages ended, delivered or given up. Never rejects. */
  private async runOnce(): Promise<number> {
    let ended = 0;
    try {
      if (this.owned.size === 0) return 0;
      const due = await this.store.due(TOPICS.RideEvents.name, [...this.owned], new Date(), DUE_MAX);
      await inLanes(due, LANES, async (waiting) => {
        if (this.owned.has(waiting.partition) && (await this.tryAgain(waiting))) ended++;
      });
      this.isFailing = false;
    } catch (error) {
      // Once is enough to know: it is tried again at the next round.
      if (!this.isFailing) this.logger.warn(`messages could not be tried again: ${String(error)}`);
      this.isFailing = true;
      return 0;
    }
    return ended;
  }

  /** True when the message's waiting is over. */
  private async tryAgain(waiting: WaitingDelivery): Promise<boolean> {
    const { message, channels, record } = waiting;
    const { failedChannels, reason } = await this.delivery.deliver(message, channels);
    const attempts = waiting.attempts + 1;
    if (failedChannels.length === 0) {
      await this.store.finish(message.key, attempts, null);
      this.metrics.delivered.inc();
      return true;
    }
    this.metrics.failedTries.inc();
    if (attempts < this.policy.attempts) {
      const dueAt = nextTryAt(this.policy, attempts, Date.now());
      await this.store.postpone({ message, channels: failedChannels, attempts, dueAt, reason, record });
      return false;
    }
    // First the dead letter, then the row: a crash between the two writes the letter twice and loses nothing.
    await this.deadLetters.add(record, `${message.key} was not delivered in ${attempts} tries: ${reason}`);
    await this.store.finish(message.key, attempts, reason);
    this.metrics.givenUp.inc();
    this.logger.warn(`gave up ${message.key} after ${attempts} tries: ${reason}`);
    return true;
  }
}
