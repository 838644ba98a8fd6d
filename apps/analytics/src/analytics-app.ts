import { readEnv } from '@ridestream/platform/config/env';
import type { AppOptions } from '@ridestream/platform/http/run-app';
import { AppModule } from './app.module.js';
import { analyticsEnvSchema } from './config.js';

/** The service, from its environment. */
export function analyticsApp(variables: Readonly<Record<string, string | undefined>>): AppOptions {
  const env = readEnv(analyticsEnvSchema, variables);
  return {
    name: 'analytics',
    description: 'What happened in each zone, minute by minute of city time.',
    module: AppModule.for(env),
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
  };
}
