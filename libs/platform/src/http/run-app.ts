import 'reflect-metadata';
import { type DynamicModule, Module, type NestApplicationOptions, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { CityPackError } from '@ridestream/ride-domain/city/city-pack-error';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { StreamClientError } from 'streaming-core/client/types';
import { ConfigError } from '../config/env.js';
import { HealthModule } from '../health/health.module.js';
import { createLogger, NestPinoLogger } from '../logging/logger.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { reportReady, whenAskedToStop } from '../process/parent.js';
import { ErrorFilter } from './error-filter.js';
import { traceRequest } from './trace-request.js';

export interface AppOptions {
  /** `dispatch`: for logs and the API page. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  readonly logLevel: string;
  readonly logFormat: 'pretty' | 'json';
  /** What the service is for, on the API page. */
  readonly description: string;
  /** Last touches before it listens: static files, a socket.io adapter. */
  readonly configure?: (app: NestExpressApplication) => void;
}

export interface RunningApp {
  readonly app: NestExpressApplication;
  readonly logger: Logger;
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

const BODY_LIMIT = '64kb';

@Module({})
class PlatformRootModule {
  static for(module: Type | DynamicModule): DynamicModule {
    return { module: PlatformRootModule, imports: [HealthModule, MetricsModule, module] };
  }
}

/** Starts a service in this process. Scenario tests call it; `runApp` is the same for a process of its own. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const logger = createLogger({ name: options.name, level: options.logLevel, format: options.logFormat });
  const nestOptions: NestApplicationOptions = {
    logger: new NestPinoLogger(logger),
    abortOnError: false,
    bodyParser: false,
  };
  const app = await NestFactory.create<NestExpressApplication>(PlatformRootModule.for(options.module), nestOptions);
  app.use(traceRequest);
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: BODY_LIMIT });
  app.useGlobalFilters(new ErrorFilter(logger));
  options.configure?.(app);
  const document = new DocumentBuilder()
    .setTitle(`Ridestream ${options.name}`)
    .setDescription(options.description)
    .setVersion('1')
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, document));
  await app.listen(options.port, options.host);
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://${options.host === '0.0.0.0' ? '127.0.0.1' : options.host}:${port}`;
  return { app, logger, port, url, stop: () => app.close() };
}

/** The whole life of a service process: start, say that it is ready, stop when asked. */
export async function runApp(read: () => AppOptions): Promise<void> {
  try {
    const options = read();
    const running = await startApp(options);
    running.logger.info(`listening on ${running.url}`);
    whenAskedToStop(async (reason) => {
      running.logger.info(`stopping: ${reason}`);
      await running.stop();
    });
    reportReady(running.port);
  } catch (error) {
    process.stderr.write(`${describeStartFailure(error)}\n`);
    process.exit(1);
  }
}

function describeStartFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof CityPackError || error instanceof StreamClientError) {
    return error.message;
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `Port ${String(error.port)} is taken by another program. Stop that one, or set PORT to a free port.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
