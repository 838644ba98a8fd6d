import type { AppOptions } from '@ridestream/platform/http/run-app';
import { AppModule } from './app.module.js';
import { readDispatchEnv } from './config.js';
import { serveDashboard } from './http/dashboard.js';

/**
 * The dispatch service as platform's `startApp` and `runApp` take it.
 *
 * @throws ConfigError listing every variable that is wrong
 */
export function dispatchApp(env: Readonly<Record<string, string | undefined>>): AppOptions {
  const config = readDispatchEnv(env);
  return {
    name: 'dispatch',
    description: 'Takes ride requests, matches them to drivers, and shows the city live.',
    module: AppModule.for(config),
    host: config.HOST,
    port: config.PORT,
    logLevel: config.LOG_LEVEL,
    logFormat: config.LOG_FORMAT,
    configure: (app) => {
      serveDashboard(app);
    },
  };
}
