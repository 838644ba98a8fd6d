import { type BeforeApplicationShutdown, type DynamicModule, Module, type OnModuleInit } from '@nestjs/common';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { logConnection, membership } from '@ridestream/platform/config/log-connection';
import { DatabaseModule } from '@ridestream/platform/database/database.module';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { PlatformStreamingModule } from '@ridestream/platform/streaming/platform-streaming.module';
import type { StreamClient } from 'streaming-core/client/types';
import { InjectStreamClient, type RetryPolicy } from 'streaming-core/nest/stream-consumer.decorators';
import { STREAM_CLIENT } from 'streaming-core/nest/tokens';
import { NOTIFICATION_CHANNELS, type NotificationChannel } from './channels/channel.js';
import { LogChannel } from './channels/log.channel.js';
import { SocketChannel } from './channels/socket.channel.js';
import { DELIVERY_POLICY, type DeliveryPolicy, type NotificationsEnv } from './config.js';
import { DeadLettersController } from './http/dead-letters.controller.js';
import { NotificationsController } from './http/notifications.controller.js';
import { NotificationsGateway, SocketSettings } from './socket/notifications.gateway.js';
import { CreateNotifications1763800001000 } from './store/1763800001000-create-notifications.js';
import { RetryOnTheLog1763800002000 } from './store/1763800002000-retry-on-the-log.js';
import { DeliveryStore } from './store/delivery-store.js';
import { Notification } from './store/notification.entity.js';
import { NotificationStore } from './store/notification-store.js';
import { Retention, RetentionSettings } from './store/retention.js';
import { BatchDelivery } from './stream/batch-delivery.js';
import { Delivery, DELIVERY_POLICY_TOKEN } from './stream/delivery.js';
import { GROUP_ID } from './stream/group.js';
import { NotificationMetrics } from './stream/notification-metrics.js';
import { NotificationsConsumer } from './stream/notifications-consumer.js';

/** What a deployment or a test may put in or change. */
export interface NotificationsParts {
  /** Besides the socket and the log. */
  readonly channels?: readonly NotificationChannel[];
  readonly policy?: Partial<DeliveryPolicy>;
}

class TopicSettings {
  constructor(readonly zonePartitions: number) {}
}

@Module({})
export class AppModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    @InjectStreamClient() private readonly client: StreamClient,
    private readonly clock: LogCityClock,
    private readonly topics: TopicSettings,
  ) {}

  static for(env: NotificationsEnv, parts: NotificationsParts): DynamicModule {
    const policy = { ...DELIVERY_POLICY, ...parts.policy };
    return {
      module: AppModule,
      imports: [
        PlatformStreamingModule.forRoot({
          ...logConnection(env),
          clientId: 'notifications',
          consumers: { [GROUP_ID]: { retry: retryOf(policy), ...membership(env) } },
        }),
        DatabaseModule.forRoot({
          url: env.DATABASE_URL,
          schema: 'notifications',
          entities: [Notification],
          migrations: [CreateNotifications1763800001000, RetryOnTheLog1763800002000],
        }),
      ],
      controllers: [DeadLettersController, NotificationsController],
      providers: [
        { provide: TopicSettings, useValue: new TopicSettings(env.ZONE_PARTITIONS) },
        { provide: SocketSettings, useValue: new SocketSettings(env.SOCKETS_MAX) },
        { provide: RetentionSettings, useValue: new RetentionSettings(env.NOTIFICATIONS_KEEP_HOURS) },
        { provide: DELIVERY_POLICY_TOKEN, useValue: policy },
        {
          provide: LogCityClock,
          inject: [STREAM_CLIENT],
          useFactory: (client: StreamClient) => new LogCityClock(client.reader()),
        },
        {
          provide: NOTIFICATION_CHANNELS,
          inject: [SocketChannel, LogChannel],
          useFactory: (...own: NotificationChannel[]) => [...own, ...(parts.channels ?? [])],
        },
        LogChannel,
        SocketChannel,
        NotificationStore,
        DeliveryStore,
        NotificationMetrics,
        Delivery,
        BatchDelivery,
        NotificationsConsumer,
        Retention,
        NotificationsGateway,
      ],
    };
  }

  async onModuleInit(): Promise<void> {
    const admin = this.client.admin();
    await ensurePlatformTopics(admin, this.topics.zonePartitions);
    await admin.close();
    await this.clock.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.clock.close();
  }
}

/** A ride's messages keep their order: what comes later waits behind what is tried again. */
function retryOf({ retryDelaysMs, waitingRidesMax }: DeliveryPolicy): RetryPolicy {
  return { ladderDelaysMs: retryDelaysMs, ladderOrder: 'key', ladderKeysMax: waitingRidesMax };
}
