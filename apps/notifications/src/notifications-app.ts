import { readEnv } from '@ridestream/platform/config/env';
import type { AppOptions } from '@ridestream/platform/http/run-app';
import { AppModule, type NotificationsParts } from './app.module.js';
import { notificationsEnvSchema } from './config.js';

/** The service, from its environment; `parts` adds channels or changes the delivery policy. */
export function notificationsApp(
  variables: Readonly<Record<string, string | undefined>>,
  parts: NotificationsParts = {},
): AppOptions {
  const env = readEnv(notificationsEnvSchema, variables);
  return {
    name: 'notifications',
    description: 'Who must hear what about a ride, and whether they did.',
    module: AppModule.for(env, parts),
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
}
