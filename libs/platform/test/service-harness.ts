import {
  removePostgresData,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@ridestream/platform/postgres/embedded-postgres';
import { type AppOptions, type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamProducer, StreamRecord } from 'streaming-core/client/types';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { until } from '../../../test/support/until.js';

export interface ServiceWorldOptions {
  /** The service: also the schema of its tables. */
  readonly name: string;
  /** Of the topics by zone. */
  readonly partitions: number;
}

/** What a service with a database needs around it. */
export interface ServiceWorld {
  readonly partitions: number;
  readonly broker: TestBroker;
  readonly client: StreamClient;
  readonly producer: StreamProducer;
  readonly database: pg.Pool;
  readonly postgres: PostgresServer;
  /** Undoes all of it, last first; tests may add to it. */
  readonly cleanUp: AsyncDisposableStack;
}

/** A database server that can go away and come back on the same data and port. */
export class PostgresServer {
  #running: EmbeddedPostgres;

  private constructor(
    running: EmbeddedPostgres,
    private readonly dataDir: string,
  ) {
    this.#running = running;
  }

  static async start(dataDir: string): Promise<PostgresServer> {
    return new PostgresServer(await startEmbeddedPostgres({ dataDir, durable: false }), dataDir);
  }

  get url(): string {
    return this.#running.url;
  }

  /** Stops the server while something happens. */
  async away(work: () => Promise<void>): Promise<void> {
    const { port } = this.#running;
    await this.#running.stop();
    try {
      await work();
    } finally {
      this.#running = await startEmbeddedPostgres({ dataDir: this.dataDir, port, durable: false });
    }
  }

  async remove(): Promise<void> {
    await this.#running.stop();
    await removePostgresData(this.dataDir);
  }
}

/** Starts a database, a broker with the platform's topics, and a client; what was started is stopped if the rest fails. */
export async function openServiceWorld({ name, partitions }: ServiceWorldOptions): Promise<ServiceWorld> {
  await using started = new AsyncDisposableStack();
  const directory = mkdtempSync(path.join(tmpdir(), `ridestream-${name}-`));
  started.defer(() => rmSync(directory, { recursive: true, force: true }));
  const postgres = await PostgresServer.start(path.join(directory, 'pg'));
  started.defer(() => postgres.remove());
  const database = new pg.Pool({ connectionString: postgres.url, options: `-c search_path=${name}`, max: 2 });
  // Connections that are closing when the server ends report it.
  database.on('error', () => undefined);
  started.defer(() => database.end());
  const broker = started.use(await startTestBroker());
  const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
  started.defer(() => client.close());
  const admin = client.admin();
  await ensurePlatformTopics(admin, partitions);
  await admin.close();
  const producer = await client.producer();
  return { partitions, broker, client, producer, database, postgres, cleanUp: started.move() };
}

/** A broker, a database, and what others write and read. The service is started by the test. */
export abstract class ServiceHarness {
  readonly broker: TestBroker;
  readonly database: pg.Pool;
  readonly client: StreamClient;
  readonly producer: StreamProducer;
  protected readonly world: ServiceWorld;
  readonly #apps = new Set<RunningApp>();

  protected constructor(world: ServiceWorld) {
    this.world = world;
    this.broker = world.broker;
    this.database = world.database;
    this.client = world.client;
    this.producer = world.producer;
    world.cleanUp.defer(async () => {
      await Promise.all([...this.#apps].map((app) => app.stop()));
    });
  }

  /** What the service needs to know. */
  environment(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.broker.bootstrapServers,
      DATABASE_URL: this.world.postgres.url,
      ZONE_PARTITIONS: String(this.world.partitions),
      PORT: '0',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
  }

  async stopService(app: RunningApp): Promise<void> {
    this.#apps.delete(app);
    await app.stop();
  }

  /** Ends the database server, and starts it again on the same data and port afterwards. */
  withoutDatabase(work: () => Promise<void>): Promise<void> {
    return this.world.postgres.away(work);
  }

  /** All records on the first partitions of a topic now, in order per partition. */
  async records(topic: string, partitions: number): Promise<StreamRecord[]> {
    const reader = this.client.reader();
    const found: StreamRecord[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      for await (const records of reader.readToEnd({ topic, partition })) found.push(...records);
    }
    await reader.close();
    return found;
  }

  stop(): Promise<void> {
    return this.world.cleanUp.disposeAsync();
  }

  /** Starts the service and waits until it is ready. */
  protected async run(options: AppOptions): Promise<RunningApp> {
    const app = await startApp(options);
    this.#apps.add(app);
    await until('the service to be ready', async () => (await fetch(`${app.url}/health/ready`)).ok);
    return app;
  }
}
