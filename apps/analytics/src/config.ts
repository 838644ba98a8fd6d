import { commonEnv, portEnv } from '@ridestream/platform/config/common-env';
import { databaseUrlEnv } from '@ridestream/platform/config/database-env';
import { z } from 'zod';

export const analyticsEnvSchema = z.object({ ...commonEnv, PORT: portEnv(3001), DATABASE_URL: databaseUrlEnv });
export type AnalyticsEnv = z.infer<typeof analyticsEnvSchema>;
