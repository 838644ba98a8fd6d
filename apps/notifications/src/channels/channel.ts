import type { Message } from '../core/messages.js';

/** One way to reach people. */
export interface NotificationChannel {
  /** Short and stable: it is stored with messages that wait for another try. */
  readonly name: string;
  /**
   * Resolves when the message is handed over; rejects if that failed, and is then called again later. It may get the same
   * message twice after a crash: `message.key` tells. The signal aborts when nobody waits for the answer any more.
   */
  deliver(message: Message, signal: AbortSignal): Promise<void>;
}

/** Injection token: all channels that every message goes through. */
export const NOTIFICATION_CHANNELS = Symbol('notifications:channels');
