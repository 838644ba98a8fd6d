import { Module, type DynamicModule } from '@nestjs/common';
import { ClientsModule, Transport, type KafkaOptions } from '@nestjs/microservices';
import { KAFKA, OrdersController } from './orders.controller.js';
import { Stock } from './stock.js';

/** Nest's own Kafka transport; only the address of the broker differs between a test and production. */
export function kafkaOptions(brokers: string[]): KafkaOptions {
  return {
    transport: Transport.KAFKA,
    options: {
      client: { clientId: 'orders', brokers, retry: { initialRetryTime: 50, retries: 20 } },
      consumer: { groupId: 'orders', maxWaitTimeInMs: 100, heartbeatInterval: 100 },
      producer: { idempotent: true },
      subscribe: { fromBeginning: true },
    },
  };
}

@Module({})
export class OrdersModule {
  static forBrokers(brokers: string[]): DynamicModule {
    const { options } = kafkaOptions(brokers);
    const client = {
      name: KAFKA,
      transport: Transport.KAFKA,
      options: { ...options, producerOnlyMode: true },
    } as const;
    return {
      module: OrdersModule,
      imports: [ClientsModule.register([client])],
      controllers: [OrdersController],
      providers: [Stock],
    };
  }
}
