import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { logConnection, membership } from '@ridestream/platform/config/log-connection';
import { DatabaseModule } from '@ridestream/platform/database/database.module';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { PlatformStreamingModule } from '@ridestream/platform/streaming/platform-streaming.module';
import { defaultCityDir, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { ZonePartitionTable } from '@ridestream/ride-domain/zones/zone-partitions';
import type { StreamClient } from 'streaming-core/client/types';
import { InjectStreamClient } from 'streaming-core/nest/stream-consumer.decorators';
import { STREAM_CLIENT } from 'streaming-core/nest/tokens';
import type { AnalyticsEnv } from './config.js';
import { WindowsController } from './http/windows.controller.js';
import { CreateAnalytics1763800000000 } from './store/1763800000000-create-analytics.js';
import { AnalyticsStore } from './store/analytics-store.js';
import { Retention, RetentionSettings } from './store/retention.js';
import { WindowQueries } from './store/window-queries.js';
import { ZoneWindow } from './store/zone-window.entity.js';
import { AnalyticsConsumer, GROUP_ID } from './stream/analytics-consumer.js';
import { MetricsPublisher } from './stream/metrics-publisher.js';
import { PricePublisher } from './stream/price-publisher.js';

@Module({})
export class AppModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    @InjectStreamClient() private readonly client: StreamClient,
    private readonly table: ZonePartitionTable,
    private readonly clock: LogCityClock,
  ) {}

  static for(env: AnalyticsEnv): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformStreamingModule.forRoot({
          ...logConnection(env),
          clientId: 'analytics',
          consumers: { [GROUP_ID]: membership(env) },
        }),
        DatabaseModule.forRoot({
          url: env.DATABASE_URL,
          schema: 'analytics',
          entities: [ZoneWindow],
          migrations: [CreateAnalytics1763800000000],
        }),
      ],
      controllers: [WindowsController],
      providers: [
        {
          provide: ZonePartitionTable,
          useFactory: async () => {
            const pack = await loadCityPack(env.CITY_PACK ?? defaultCityDir(), { partitions: env.ZONE_PARTITIONS });
            return pack.partitions;
          },
        },
        { provide: RetentionSettings, useValue: new RetentionSettings(env.ANALYTICS_KEEP_HOURS) },
        {
          provide: LogCityClock,
          inject: [STREAM_CLIENT],
          useFactory: (client: StreamClient) => new LogCityClock(client.reader()),
        },
        AnalyticsStore,
        Retention,
        WindowQueries,
        PricePublisher,
        MetricsPublisher,
        AnalyticsConsumer,
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    const admin = this.client.admin();
    await ensurePlatformTopics(admin, this.table.partitionCount);
    await admin.close();
    await this.clock.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.clock.close();
  }
}
