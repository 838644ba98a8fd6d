/**
 * Nest's own Kafka transport (`@nestjs/microservices` over kafkajs), unchanged, against the broker: events, and
 * request-response over a reply topic.
 */
import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientKafka,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type KafkaContext,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { firstValueFrom } from 'rxjs';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

const EVENT_TOPIC = unique('nest-events');
const REQUEST_TOPIC = unique('nest-requests');
const REPLY_TOPIC = `${REQUEST_TOPIC}.reply`;
const NO_LOG = () => () => undefined;

const received: { readonly value: unknown; readonly key: string | undefined; readonly partition: number }[] = [];

@Controller()
export class TransportController {
  @EventPattern(EVENT_TOPIC)
  onEvent(@Payload() value: unknown, @Ctx() context: unknown): void {
    const kafka = context as KafkaContext;
    received.push({ value, key: kafka.getMessage().key?.toString(), partition: kafka.getPartition() });
  }

  @MessagePattern(REQUEST_TOPIC)
  onRequest(@Payload() value: { readonly a: number; readonly b: number }): Promise<{ readonly sum: number }> {
    return Promise.resolve({ sum: value.a + value.b });
  }
}

@Module({ controllers: [TransportController] })
class TransportModule {}

let target: Target | undefined;
let service: INestMicroservice | undefined;
let client: ClientKafka | undefined;

function transportOptions(clientId: string) {
  return {
    client: { clientId, brokers: [target!.bootstrapServers], logCreator: NO_LOG },
    consumer: { groupId: unique('nest-group'), sessionTimeout: 10_000, heartbeatInterval: 500 },
    subscribe: { fromBeginning: true },
  };
}

beforeAll(async () => {
  target = await startTarget();
  const admin = createStreamClient({ brokers: target.bootstrapServers, clientId: 'admin' });
  const topics = [EVENT_TOPIC, REQUEST_TOPIC, REPLY_TOPIC].map((name) => ({ name, partitions: 3 }));
  await admin.admin().ensureTopics(topics);
  await admin.close();
  service = await NestFactory.createMicroservice<MicroserviceOptions>(TransportModule, {
    transport: Transport.KAFKA,
    options: transportOptions('service'),
    logger: false,
  });
  await service.listen();
  client = new ClientKafka(transportOptions('client'));
  client.subscribeToResponseOf(REQUEST_TOPIC);
  await client.connect();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await client?.close();
  await service?.close();
  await target?.stop();
}, 60_000);

describe(`Nest's Kafka transport on ${targetName}`, () => {
  it('delivers emitted events with key, value and partition order', async () => {
    for (let n = 0; n < 20; n++) {
      await firstValueFrom(client!.emit(EVENT_TOPIC, { key: 'ride-1', value: { n } }), { defaultValue: undefined });
    }
    await until('all events', () => received.length === 20);
    expect(received.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, n) => ({ n })));
    expect(new Set(received.map(({ key, partition }) => `${key ?? ''} ${partition}`)).size).toBe(1);
  }, 60_000);

  it('answers requests over the reply topic', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((n) => firstValueFrom(client!.send<{ sum: number }>(REQUEST_TOPIC, { a: n, b: 10 }))),
    );
    expect(answers.map(({ sum }) => sum)).toEqual([11, 12, 13]);
  }, 60_000);
});
