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
  /** Before the second try, the third, and so on; after the last one the event is a dead letter. A retry topic for each. */
  readonly retryDelaysMs: readonly number[];
  /** A channel that has not answered by then has failed. */
  readonly channelTimeoutMs: number;
  /** Rides of one partition whose messages may wait for another try. At the limit the partition's consumption waits. */
  readonly waitingRidesMax: number;
}

/** Five tries within about a minute. */
export const DELIVERY_POLICY: DeliveryPolicy = {
  retryDelaysMs: [1_000, 5_000, 15_000, 30_000],
  channelTimeoutMs: 5_000,
  waitingRidesMax: 5_000,
};
