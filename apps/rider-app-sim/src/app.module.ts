import { type DynamicModule, Module } from '@nestjs/common';
import { logConnection } from '@ridestream/platform/config/log-connection';
import { StreamingModule } from 'streaming-core/nest/streaming.module';
import type { SimEnv } from './config.js';
import { SimController } from './http/sim.controller.js';
import { CityRun, SIM_ENV } from './runtime/city-run.js';

@Module({})
export class AppModule {
  static forEnv(env: SimEnv): DynamicModule {
    return {
      module: AppModule,
      imports: [StreamingModule.forRoot({ ...logConnection(env), clientId: 'rider-app-sim' })],
      controllers: [SimController],
      providers: [CityRun, { provide: SIM_ENV, useValue: env }],
    };
  }
}
