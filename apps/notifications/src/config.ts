import { commonEnv, portEnv } from '@ridestream/platform/config/common-env';
import { databaseUrlEnv } from '@ridestream/platform/config/database-env';
import { integer } from '@ridestream/platform/config/env';
import { z } from 'zod';

export const notificationsEnvSchema = z.object({
  ...commonEnv,
  PORT: portEnv(3002),
  DATABASE_URL: databaseUrlEnv,
  /** Hours of city time that settled messages are kept: some 130,000 messages of 550 bytes each, at 16,000 rides an hour. */
  NOTIFICATIONS_KEEP_HOURS: integer(1, 24 * 365).default(6),
  /** Sockets connected at a time; more are refused. */
  SOCKETS_MAX: integer(1, 100_000).default(2_000),
});
export type NotificationsEnv = z.infer<typeof notificationsEnvSchema>;

/** How messages are tried again when a channel fails. Wall time: channels know nothing of the city's. */
export interface DeliveryPolicy {
  /** Tries of one message, the first included; then it is a dead letter. */
  readonly attempts: number;
  /** Before the second try; it doubles each time. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A channel that has not answered by then has failed. */
  readonly channelTimeoutMs: number;
  /** How often the waiting messages are looked at. */
  readonly pollMs: number;
  /** Messages of one partition that may wait for another try. At the limit the partition's consumption waits. */
  readonly waitingMax: number;
}

/** Seven tries within about a minute. */
export const DELIVERY_POLICY: DeliveryPolicy = {
  attempts: 7,
  firstDelayMs: 1_000,
  maxDelayMs: 30_000,
  channelTimeoutMs: 5_000,
  pollMs: 500,
  waitingMax: 5_000,
};
