import { Inject, Injectable } from '@nestjs/common';
import { NOTIFICATION_CHANNELS, type NotificationChannel } from '../channels/channel.js';
import { DELIVERY_POLICY, type DeliveryPolicy } from '../config.js';
import type { Message } from '../core/messages.js';

/** Injection token of the {@link DeliveryPolicy}. */
export const DELIVERY_POLICY_TOKEN = Symbol('notifications:delivery-policy');

/** What one try brought: the channels that did not take the message, none when all did. */
export interface DeliveryOutcome {
  readonly failedChannels: readonly string[];
  readonly reason: string;
}

const DELIVERED: DeliveryOutcome = { failedChannels: [], reason: '' };
const REASON_CHARS_MAX = 300;

/** Hands messages to channels, and says which of them failed. */
@Injectable()
export class Delivery {
  private readonly channels: ReadonlyMap<string, NotificationChannel>;

  constructor(
    @Inject(NOTIFICATION_CHANNELS) channels: readonly NotificationChannel[],
    @Inject(DELIVERY_POLICY_TOKEN) private readonly policy: DeliveryPolicy = DELIVERY_POLICY,
  ) {
    this.channels = new Map(channels.map((channel) => [channel.name, channel]));
  }

  /** All channels' names, in order. */
  get channelNames(): readonly string[] {
    return [...this.channels.keys()];
  }

  /** One try through the named channels. A name that no longer exists counts as served. Never rejects. */
  async deliver(message: Message, channelNames: readonly string[]): Promise<DeliveryOutcome> {
    const tries = await Promise.all(channelNames.map((name) => this.failureOf(name, message)));
    const failures = tries.filter((failure) => failure !== undefined);
    if (failures.length === 0) return DELIVERED;
    const reason = failures.map((failure) => `channel ${failure.name}: ${failure.reason}`).join('; ');
    return { failedChannels: failures.map(({ name }) => name), reason: reason.slice(0, REASON_CHARS_MAX) };
  }

  private async failureOf(name: string, message: Message): Promise<{ name: string; reason: string } | undefined> {
    const channel = this.channels.get(name);
    if (!channel) return undefined;
    try {
      await this.inTime(channel, message);
      return undefined;
    } catch (error) {
      return { name, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private async inTime(channel: NotificationChannel, message: Message): Promise<void> {
    const { channelTimeoutMs } = this.policy;
    const patience = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        patience.abort();
        reject(new Error(`no answer within ${channelTimeoutMs} ms`));
      }, channelTimeoutMs);
    });
    try {
      await Promise.race([channel.deliver(message, patience.signal), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Calls `work` for each item, up to `width` at a time. Rejects with the first failure, once nothing is under way. */
export async function inLanes<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
}
