import {
  removePostgresData,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@ridestream/platform/postgres/embedded-postgres';
import { type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { type CityPack, defaultCityDir, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { decodeEvent, encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { EventOn, TopicName } from '@ridestream/ride-domain/events/topics';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamProducer, StreamRecord } from 'streaming-core/client/types';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { analyticsApp } from '../src/analytics-app.js';

export const PARTITIONS = 3;
const WAIT_MS = 30_000;

/** Waits until `probe` gives something, by asking again and again. */
export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`still waiting for ${what} after ${WAIT_MS} ms`);
    await sleep(20);
  }
}

type ZonedTopic = 'RideRequests' | 'RideEvents' | 'DriverStatus';

/** A broker, a database and the default city, and what others write and read. The service is started by the test. */
export class AnalyticsHarness {
  private readonly apps = new Set<RunningApp>();

  private constructor(
    readonly broker: TestBroker,
    readonly postgres: EmbeddedPostgres,
    readonly pack: CityPack,
    private readonly directory: string,
    readonly database: pg.Pool,
    readonly client: StreamClient,
    readonly producer: StreamProducer,
  ) {}

  static async start(): Promise<AnalyticsHarness> {
    const directory = mkdtempSync(path.join(tmpdir(), 'ridestream-analytics-'));
    const postgres = await startEmbeddedPostgres({ dataDir: path.join(directory, 'pg'), durable: false });
    const broker = await startTestBroker();
    const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
    const database = new pg.Pool({ connectionString: postgres.url, options: '-c search_path=analytics', max: 2 });
    // Connections that are closing when the server ends report it.
    database.on('error', () => undefined);
    const admin = client.admin();
    await ensurePlatformTopics(admin, PARTITIONS);
    await admin.close();
    const pack = await loadCityPack(defaultCityDir(), { partitions: PARTITIONS });
    return new AnalyticsHarness(broker, postgres, pack, directory, database, client, await client.producer());
  }

  /** What the service needs to know. */
  environment(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.broker.bootstrapServers,
      DATABASE_URL: this.postgres.url,
      ZONE_PARTITIONS: String(PARTITIONS),
      PORT: '0',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
  }

  /** Starts the service and waits until it is ready. */
  async service(): Promise<RunningApp> {
    const app = await startApp(analyticsApp(this.environment()));
    this.apps.add(app);
    await until('the service to be ready', async () => (await fetch(`${app.url}/health/ready`)).ok || undefined);
    return app;
  }

  /** A zone of each partition in turn. */
  zone(index: number): string {
    const zone = this.pack.partitions.zonesOf(index % PARTITIONS)[0];
    if (zone === undefined) throw new Error('a partition without a zone');
    return zone;
  }

  async say<T extends ZonedTopic>(topic: T, ...events: readonly (EventOn<T> & { zone: string })[]): Promise<void> {
    const timestampMs = Date.now();
    await this.producer.send(
      events.map((event) =>
        encodeEvent<T>(topic, event, { partition: this.pack.partitions.partitionOf(event.zone), timestampMs }),
      ),
    );
  }

  /** All events on a topic now, in order per partition. */
  async read<T extends TopicName>(topic: T, partitions: number): Promise<EventOn<T>[]> {
    const events: EventOn<T>[] = [];
    for (const record of await this.records(topic, partitions)) {
      const decoded = decodeEvent(topic, record);
      if (!decoded.ok) throw new Error(`${topic} holds what is not valid: ${decoded.reason}`);
      events.push(decoded.event);
    }
    return events;
  }

  async records(topic: string, partitions: number): Promise<StreamRecord[]> {
    const reader = this.client.reader();
    const found: StreamRecord[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      for await (const records of reader.readToEnd({ topic, partition })) found.push(...records);
    }
    await reader.close();
    return found;
  }

  /** Waits until everything on the three topics is in the database. */
  async caughtUp(): Promise<void> {
    const reader = this.client.reader();
    for (const topic of ['RideRequests', 'RideEvents', 'DriverStatus']) {
      for (let partition = 0; partition < PARTITIONS; partition++) {
        const { end } = await reader.bounds({ topic, partition });
        await until(`${topic}-${partition} to be stored up to ${end}`, async () => {
          const { rows } = await this.database.query<{ next_offset: string }>(
            'select next_offset from consumed_offset where topic = $1 and partition = $2',
            [topic, partition],
          );
          return BigInt(rows[0]?.next_offset ?? 0) >= end ? true : undefined;
        });
      }
    }
    await reader.close();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.apps].map((app) => app.stop()));
    await this.client.close();
    await this.broker.stop();
    await this.database.end();
    await this.postgres.stop();
    await removePostgresData(path.join(this.directory, 'pg'));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
