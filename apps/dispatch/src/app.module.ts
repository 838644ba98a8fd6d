import { type DynamicModule, Logger, Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HealthRegistry } from '@ridestream/platform/health/health-registry';
import { Metrics } from '@ridestream/platform/metrics/metrics';
import { type CityPack, defaultCityDir, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { randomUUID } from 'node:crypto';
import { logConnection } from '@ridestream/platform/config/log-connection';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { DispatchEnv } from './config.js';
import { CityController, CityDocument } from './http/city.controller.js';
import { DriversController } from './http/drivers.controller.js';
import { RideDesk } from './http/ride-desk.js';
import { RidesController } from './http/rides.controller.js';
import { CityState } from './live/city-state.js';
import { LiveGateway } from './live/live.gateway.js';
import { DispatchRuntime } from './runtime.js';
import { GROUP_ID } from './stream/topics.js';
import { throttled } from './throttled-log.js';

const WARNING_INTERVAL_MS = 5_000;
const CITY_PACK = Symbol('the city that is dispatched');

@Module({})
export class AppModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly runtime: DispatchRuntime,
    private readonly health: HealthRegistry,
  ) {}

  static for(env: DispatchEnv): DynamicModule {
    return {
      module: AppModule,
      controllers: [RidesController, DriversController, CityController],
      providers: [
        {
          provide: CITY_PACK,
          useFactory: () => loadCityPack(env.CITY_PACK ?? defaultCityDir(), { partitions: env.ZONE_PARTITIONS }),
        },
        {
          provide: DispatchRuntime,
          inject: [CITY_PACK, Metrics],
          useFactory: (pack: CityPack, metrics: Metrics) => createRuntime(env, pack, metrics),
        },
        { provide: CityState, inject: [DispatchRuntime], useFactory: (runtime: DispatchRuntime) => runtime.city },
        { provide: CityDocument, inject: [CITY_PACK], useFactory: (pack: CityPack) => new CityDocument(pack) },
        {
          provide: RideDesk,
          inject: [CITY_PACK, DispatchRuntime],
          useFactory: (pack: CityPack, runtime: DispatchRuntime) =>
            new RideDesk({
              pack,
              city: runtime.city,
              cityNow: () => runtime.clock.now(),
              wallNow: Date.now,
              newRideId: () => `r-${randomUUID()}`,
              producer: () => runtime.requireProducer(),
            }),
        },
        LiveGateway,
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.health.add('dispatch', () => {
      const { ready, partitions, lag } = this.runtime.status();
      return Promise.resolve({ ok: ready, detail: { partitions: partitions.length, lag } });
    });
    this.runtime.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.runtime.stop();
  }
}

function createRuntime(env: DispatchEnv, pack: CityPack, metrics: Metrics): DispatchRuntime {
  const logger = new Logger('dispatch');
  const log = {
    info: (message: string) => logger.log(message),
    warn: (message: string) => logger.warn(message),
    error: (message: string) => logger.error(message),
  };
  for (const warning of pack.warnings) log.warn(`city pack: ${warning}`);
  const warn = throttled(log.warn, WARNING_INTERVAL_MS);
  const client = createStreamClient({
    ...logConnection(env),
    clientId: GROUP_ID,
    onWarning: ({ kind, message }) => warn(kind, `${kind}: ${message}`),
  });
  return new DispatchRuntime({ env, pack, client, metrics, log });
}
