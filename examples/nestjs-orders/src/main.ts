import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { kafkaOptions, OrdersModule } from './orders.app.js';

const brokers = (process.env['KAFKA_BROKERS'] ?? '127.0.0.1:9092').split(',');
const app = await NestFactory.createMicroservice<MicroserviceOptions>(
  OrdersModule.forBrokers(brokers),
  kafkaOptions(brokers),
);
app.enableShutdownHooks();
await app.listen();
