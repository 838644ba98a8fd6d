import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient } from 'streaming-core/client/types';
import type { SimEnv } from './config.js';
import { SimController } from './http/sim.controller.js';
import { CityRun, SIM_ENV, STREAM_CLIENT } from './runtime/city-run.js';

@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(@Inject(STREAM_CLIENT) private readonly client: StreamClient) {}

  static forEnv(env: SimEnv): DynamicModule {
    const client = { brokers: env.KAFKA_BROKERS, clientId: 'rider-app-sim' };
    return {
      module: AppModule,
      controllers: [SimController],
      providers: [
        CityRun,
        { provide: SIM_ENV, useValue: env },
        { provide: STREAM_CLIENT, useFactory: () => createStreamClient(client) },
      ],
    };
  }

  /** After all that writes has stopped. */
  onApplicationShutdown(): Promise<void> {
    return this.client.close();
  }
}
