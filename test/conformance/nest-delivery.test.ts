import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Module,
  type INestApplicationContext,
  type INestMicroservice,
  type Provider,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { lastValueFrom, timeout } from 'rxjs';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamRecord } from 'streaming-core/client/types';
import { DeadLetterDesk } from 'streaming-core/nest/dead-letter-desk';
import {
  OnBatch,
  OnEvent,
  StreamConsumer,
  type BatchContext,
  type EventBatch,
  type EventContext,
} from 'streaming-core/nest/stream-consumer.decorators';
import { StreamPublisher } from 'streaming-core/nest/stream-publisher';
import { StreamingModule } from 'streaming-core/nest/streaming.module';
import { defineTopic } from 'streaming-core/nest/topic';
import { StreamingClientProxy } from 'streaming-core/nest/transport/streaming-client-proxy';
import { StreamingServer } from 'streaming-core/nest/transport/streaming-server';
import { z } from 'zod';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

const schema = z.object({ id: z.string(), n: z.number() });
type Job = z.infer<typeof schema>;
const GROUP = unique('workers');
const Jobs = defineTopic({ name: unique('jobs'), schema, key: ({ id }) => id, partitions: 2 });
const Results = defineTopic({ name: unique('results'), schema, key: ({ id }) => id, partitions: 1 });
const PRICES = unique('prices');

const log: string[] = [];
let isAway = true;

@StreamConsumer({ groupId: GROUP, concurrency: 4, retry: { ladderDelaysMs: [20, 40], ladderOrder: 'key' } })
export class Workers {
  @OnEvent(Jobs)
  work({ id, n }: Job, { attempt }: EventContext): void {
    if (isAway && id === 'away') throw new Error(`away at attempt ${attempt}`);
    log.push(`${id}${n}`);
  }
}

let failures = 2;

@StreamConsumer({ groupId: unique('exact'), maxBatchRecords: 3 })
export class Exact {
  @OnBatch(Jobs, { transactional: true })
  async copy({ events }: EventBatch<Job>, { publisher }: BatchContext): Promise<void> {
    await publisher.send(Results, ...events.map(({ event }) => event));
    if (failures-- > 0) throw new Error('half-way');
  }
}

@Controller()
export class PricesController {
  @MessagePattern(PRICES)
  price(@Payload() sku: { sku: string }): object {
    return { ...sku, price: 5 };
  }
}

@Module({ controllers: [PricesController] })
class PricesModule {}

let target: Target | undefined;
let client: StreamClient | undefined;
let app: INestApplicationContext | undefined;
let service: INestMicroservice | undefined;
let proxy: StreamingClientProxy | undefined;

beforeAll(async () => {
  target = await startTarget();
  client = createStreamClient({ brokers: target.bootstrapServers, clientId: 'nest-delivery' });
  await client.admin().ensureTopics([{ name: PRICES, partitions: 1 }]);
}, START_TIMEOUT_MS);

afterEach(async () => {
  await proxy?.close();
  await service?.close();
  await app?.close();
  [proxy, service, app] = [undefined, undefined, undefined];
});

afterAll(async () => {
  await client?.close();
  await target?.stop();
}, 30_000);

async function start(providers: Provider[]): Promise<INestApplicationContext> {
  const streaming = StreamingModule.forRoot({ brokers: target!.bootstrapServers, clientId: 'nest-app' });
  @Module({ imports: [streaming, StreamingModule.forFeature([Jobs, Results])], providers })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return app;
}

async function recordsOf(topic: string): Promise<StreamRecord[]> {
  const count = (await client!.admin().partitionCounts([topic])).get(topic) ?? 0;
  const found: StreamRecord[] = [];
  const reader = client!.reader();
  for (let partition = 0; partition < count; partition++) {
    for await (const records of reader.readToEnd({ topic, partition })) found.push(...records);
  }
  await reader.close();
  return found;
}

describe(`delivery by the Nest module on ${targetName}`, () => {
  it('climbs the ladder with each key in order, ends in dead letters, and comes back by a merge', async () => {
    const context = await start([Workers]);
    const jobs = [0, 1, 2].flatMap((n) => ['a', 'away', 'b'].map((id) => ({ id, n })));
    await context.get(StreamPublisher).send(Jobs, ...jobs);
    const queue = `${Jobs.name}.${GROUP}.dlq`;
    await until('three dead letters', async () => (await recordsOf(queue)).length === 3);
    const desk = context.get(DeadLetterDesk);
    const letters = await desk.list(queue, 10);
    expect(letters.map(({ attempts, reason }) => [attempts, reason])).toEqual(
      Array(3).fill([3, 'Error: away at attempt 3']),
    );
    isAway = false;
    expect(await desk.merge(queue)).toBe(3);
    await until('all', () => log.length === 9);
    for (const id of ['a', 'b', 'away']) {
      expect(log.filter((entry) => entry.replace(/\d/, '') === id)).toEqual([0, 1, 2].map((n) => `${id}${n}`));
    }
    expect(await recordsOf(queue)).toEqual([]);
    expect((await desk.queues(GROUP)).map(({ letters: left }) => left)).toEqual([0]);
  }, 60_000);

  it('copies exactly once in transactions', async () => {
    await start([Exact]);
    await until('nine results', async () => (await recordsOf(Results.name)).length >= 9);
    await app!.close();
    const context = await start([Exact]);
    await context.get(StreamPublisher).send(Jobs, { id: 'last', n: 9 });
    // The merge wrote three jobs once more.
    await until('the last', async () => (await recordsOf(Results.name)).some(({ key }) => key === 'last'));
    const copied = (await recordsOf(Results.name)).map(({ value }) => value?.toString()).sort();
    const jobs = (await recordsOf(Jobs.name)).map(({ value }) => value?.toString()).sort();
    expect(copied).toEqual(jobs);
  }, 60_000);

  it('answers requests of Nest microservices', async () => {
    const brokers = target!.bootstrapServers;
    const strategy = new StreamingServer({ brokers, clientId: 'prices', groupId: unique('prices') });
    const options = { strategy, logger: false } as MicroserviceOptions & { logger: false };
    service = await NestFactory.createMicroservice<MicroserviceOptions>(PricesModule, options);
    await service.listen();
    proxy = new StreamingClientProxy({ brokers, clientId: 'caller' });
    const answer = proxy.send<unknown>(PRICES, { sku: 's' }).pipe(timeout(30_000));
    expect(await lastValueFrom(answer)).toEqual({ sku: 's', price: 5 });
  }, 60_000);
});
