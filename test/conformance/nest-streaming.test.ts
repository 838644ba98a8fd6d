import 'reflect-metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type INestApplicationContext, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamRecord, TopicPartition, TopicPartitionOffset } from 'streaming-core/client/types';
import { RetryLater } from 'streaming-core/nest/retry-later';
import {
  OnBatch,
  OnEvent,
  OnPartitionsAssigned,
  OnPartitionsRevoked,
  StreamConsumer,
  type BatchContext,
  type DecodeResult,
  type EventBatch,
  type EventContext,
} from 'streaming-core/nest/stream-consumer.decorators';
import { StreamingConsumers } from 'streaming-core/nest/streaming-consumers';
import { StreamingModule } from 'streaming-core/nest/streaming.module';
import { TypedProducer, provideTypedProducer } from 'streaming-core/nest/typed-producer';
import { START_TIMEOUT_MS, startTarget, targetName, unique, until, type Target } from './target.ts';

interface Counted {
  readonly id: string;
  readonly n: number;
}

const EVENTS = unique('events');
const BATCHES = unique('batches');
const EVENT_GROUP = unique('event-group');
const BATCH_GROUP = unique('batch-group');
const SEND = Symbol('send');

function decode(_topic: string, record: StreamRecord): DecodeResult<Counted> {
  if (record.value?.toString().startsWith('{')) {
    return { ok: true, event: JSON.parse(record.value.toString()) as Counted };
  }
  return { ok: false, reason: 'value is not JSON' };
}

const log: string[] = [];
const busy = new Set<string>();
let late = 2;
const metrics: string[] = [];

@StreamConsumer({
  groupId: EVENT_GROUP,
  decode,
  concurrency: 4,
  retry: { attempts: 3, firstDelayMs: 1, maxDelayMs: 2 },
})
export class EventHandler {
  @OnEvent(EVENTS)
  async onEvent(event: Counted, { attempt }: EventContext): Promise<void> {
    if (busy.has(event.id)) throw new Error('two events of one key at once');
    busy.add(event.id);
    await new Promise((resolve) => setImmediate(resolve));
    busy.delete(event.id);
    if (event.id === 'poison') throw new Error(`cannot take ${event.id} at attempt ${attempt}`);
    if (event.id === 'late' && late-- > 0) throw new RetryLater(1);
    log.push(`${event.id}${event.n}`);
  }
}

const batchLog: string[] = [];

@StreamConsumer({ groupId: BATCH_GROUP, topics: [BATCHES], decode, commit: 'manual' })
export class BatchHandler {
  @OnBatch(BATCHES)
  async onBatch(batch: EventBatch<Counted>, context: BatchContext): Promise<void> {
    for (const { event, record } of batch.events) {
      batchLog.push(`${event.id}${event.n}`);
      await context.commit(record.offset + 1n);
    }
  }

  @OnPartitionsAssigned()
  onAssigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    batchLog.push(`assigned ${partitions.length}`);
    return Promise.resolve(partitions.map((partition) => ({ ...partition, offset: 1n })));
  }

  @OnPartitionsRevoked()
  onRevoked(partitions: readonly TopicPartition[]): Promise<void> {
    batchLog.push(`revoked ${partitions.length}`);
    return Promise.resolve();
  }
}

let target: Target | undefined;
let client: StreamClient | undefined;
let app: INestApplicationContext | undefined;

beforeAll(async () => {
  target = await startTarget();
  client = createStreamClient({ brokers: target.bootstrapServers, clientId: 'nest-test' });
  await client.admin().ensureTopics([
    { name: EVENTS, partitions: 2 },
    { name: BATCHES, partitions: 1 },
  ]);
}, START_TIMEOUT_MS);

afterEach(async () => {
  await app?.close();
  app = undefined;
});

afterAll(async () => {
  await client?.close();
  await target?.stop();
}, 30_000);

async function start(providers: Provider[]): Promise<INestApplicationContext> {
  @Module({
    imports: [
      StreamingModule.forRootAsync({
        useFactory: () => ({
          brokers: target!.bootstrapServers,
          clientId: 'nest-app',
          metrics: {
            consumed: ({ topic }, records) => metrics.push(`consumed ${topic} ${records}`),
            deadLettered: ({ topic, reason }) => metrics.push(`dead ${topic} ${reason}`),
          },
        }),
      }),
    ],
    providers,
  })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return app;
}

const encode = (event: Counted) => ({ topic: EVENTS, partition: 0, key: event.id, value: JSON.stringify(event) });

describe(`the Nest module on ${targetName}`, () => {
  it('hands events over in order per key, retries, and puts aside what cannot be handled', async () => {
    const context = await start([EventHandler, provideTypedProducer<Counted>(SEND, encode)]);
    const producer = context.get<TypedProducer<Counted>>(SEND);
    const ids = ['a', 'b', 'late', 'poison', 'c'];
    await producer.send(...[0, 1, 2].flatMap((n) => ids.map((id) => ({ id, n }))));
    await producer.producer.send([{ topic: EVENTS, partition: 1, key: 'k', value: 'not json', headers: { x: 'y' } }]);
    await until('all good events', () => log.length === 12);
    for (const id of ['a', 'b', 'c', 'late']) {
      expect(log.filter((entry) => entry.startsWith(id))).toEqual([`${id}0`, `${id}1`, `${id}2`]);
    }
    const dead: StreamRecord[] = [];
    const reader = client!.reader();
    await until('the dead letters', async () => {
      dead.length = 0;
      const topic = `${EVENTS}.${EVENT_GROUP}.dlq`;
      if (!(await client!.admin().partitionCounts([topic])).has(topic)) return false;
      for (const partition of [0, 1]) {
        for await (const records of reader.readToEnd({ topic, partition })) dead.push(...records);
      }
      return dead.length === 4;
    });
    expect(dead.slice(0, 3).map(({ key }) => key)).toEqual(['poison', 'poison', 'poison']);
    expect(dead[0]!.headers.get('dlq-reason')).toBe('Error: cannot take poison at attempt 3');
    expect(dead[0]!.headers.get('dlq-attempts')).toBe('3');
    expect(dead[3]!.value?.toString()).toBe('not json');
    expect(Object.fromEntries(dead[3]!.headers)).toEqual({
      x: 'y',
      'dlq-reason': 'value is not JSON',
      'dlq-topic': EVENTS,
      'dlq-partition': '1',
      'dlq-offset': '0',
      'dlq-group': EVENT_GROUP,
    });
    const consumers = context.get(StreamingConsumers);
    await until('no lag', () => consumers.status().consumers[0]!.lag === 0);
    expect(consumers.status()).toMatchObject({
      ok: true,
      consumers: [{ name: 'EventHandler', groupId: EVENT_GROUP, connected: true, assigned: 2 }],
    });
    expect(metrics).toContain(`dead ${EVENTS} refused`);
    expect(metrics.filter((entry) => entry === `dead ${EVENTS} failed`)).toHaveLength(3);
  }, 60_000);

  it('goes on where it stopped, without handling anything twice', async () => {
    log.length = 0;
    const context = await start([EventHandler, provideTypedProducer<Counted>(SEND, encode)]);
    await context.get<TypedProducer<Counted>>(SEND).send({ id: 'a', n: 3 });
    await until('the new event', () => log.length > 0);
    expect(log).toEqual(['a3']);
  }, 60_000);

  it('hands batches over, begins where the hook says, commits by hand, and revokes on shutdown', async () => {
    const producer = await client!.producer();
    const records = [0, 1, 2].map((n) => ({ topic: BATCHES, key: 'a', value: JSON.stringify({ id: 'a', n }) }));
    await producer.send(records);
    const context = await start([BatchHandler]);
    await until('the batch', () => batchLog.length === 3);
    await context.close();
    app = undefined;
    expect(batchLog).toEqual(['assigned 1', 'a1', 'a2', 'revoked 1']);
  }, 60_000);

  it('refuses a consumer class that contradicts itself', async () => {
    @StreamConsumer({ groupId: 'x', topics: ['without-handler'] })
    class Contradictory {
      @OnEvent('other')
      onEvent(): void {
        // never called
      }
    }
    await expect(start([Contradictory])).rejects.toThrow('Contradictory has no handler for without-handler');
  });
});
