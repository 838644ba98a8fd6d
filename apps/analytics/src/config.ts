import { commonEnv, portEnv } from '@ridestream/platform/config/common-env';
import { databaseUrlEnv } from '@ridestream/platform/config/database-env';
import { integer } from '@ridestream/platform/config/env';
import { z } from 'zod';

export const analyticsEnvSchema = z.object({
  ...commonEnv,
  PORT: portEnv(3001),
  DATABASE_URL: databaseUrlEnv,
  /** Hours of city time that windows are kept: 100,000 rows a day in a city of 70 zones. Late events correct a day. */
  ANALYTICS_KEEP_HOURS: integer(25, 24 * 365).default(48),
});
export type AnalyticsEnv = z.infer<typeof analyticsEnvSchema>;
