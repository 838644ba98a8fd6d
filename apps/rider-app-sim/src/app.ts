import type { AppOptions } from '@ridestream/platform/http/run-app';
import { AppModule } from './app.module.js';
import { readSimEnv } from './config.js';

/** The service as `startApp` and `runApp` take it. @throws ConfigError */
export function simApp(environment: Readonly<Record<string, string | undefined>> = process.env): AppOptions {
  const env = readSimEnv(environment);
  return {
    name: 'rider-app-sim',
    module: AppModule.forEnv(env),
    host: env.HOST,
    port: env.PORT,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    description: 'The phones of riders and drivers, and the time of the city',
  };
}
