import {
  removePostgresData,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '@ridestream/platform/postgres/embedded-postgres';
import { type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensurePlatformTopics } from '@ridestream/platform/streaming/ensure-topics';
import pg from 'pg';
import { io, type Socket } from 'socket.io-client';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamProducer, StreamRecord } from 'streaming-core/client/types';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import type { NotificationsParts } from '../src/app.module.js';
import type { NotificationChannel } from '../src/channels/channel.js';
import type { Message } from '../src/core/messages.js';
import { notificationsApp } from '../src/notifications-app.js';
import { NOON } from './ride-fixtures.js';
import type { SubscribeAnswer } from '../src/socket/protocol.js';

export const PARTITIONS = 2;
const WAIT_MS = 20_000;

/** Waits until `probe` gives something, by asking again and again. */
export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`still waiting for ${what} after ${WAIT_MS} ms`);
    await sleep(10);
  }
}

/** A channel that does what a test says, and remembers what it took. */
export class ScriptedChannel implements NotificationChannel {
  readonly taken: string[] = [];
  readonly tries: string[] = [];
  /** Called before a message is taken: reject to refuse it. */
  answer: (message: Message) => Promise<void> = () => Promise.resolve();

  constructor(readonly name = 'scripted') {}

  async deliver(message: Message): Promise<void> {
    this.tries.push(message.key);
    await this.answer(message);
    this.taken.push(message.key);
  }
}

/** A broker, a database, and what others write and read. The service is started by the test. */
export class NotificationsHarness {
  private readonly apps = new Set<RunningApp>();
  private readonly sockets: Socket[] = [];

  private constructor(
    readonly broker: TestBroker,
    private postgres: EmbeddedPostgres,
    private readonly directory: string,
    readonly database: pg.Pool,
    readonly client: StreamClient,
    readonly producer: StreamProducer,
  ) {}

  static async start(): Promise<NotificationsHarness> {
    const directory = mkdtempSync(path.join(tmpdir(), 'ridestream-notifications-'));
    const postgres = await startEmbeddedPostgres({ dataDir: path.join(directory, 'pg'), durable: false });
    const broker = await startTestBroker();
    const client = createStreamClient({ brokers: broker.bootstrapServers, clientId: 'test' });
    const database = new pg.Pool({ connectionString: postgres.url, options: '-c search_path=notifications', max: 2 });
    // Connections that are closing when the server ends report it.
    database.on('error', () => undefined);
    const admin = client.admin();
    await ensurePlatformTopics(admin, PARTITIONS);
    await admin.close();
    const producer = await client.producer();
    const harness = new NotificationsHarness(broker, postgres, directory, database, client, producer);
    await harness.setCityTime(NOON);
    return harness;
  }

  /** The city's clock runs on from here, at the pace of the wall's. */
  async setCityTime(at: number): Promise<void> {
    const wallMs = Date.now();
    const clock = { type: 'clock.set', v: 1, at, wallMs, speed: 1 } as const;
    await this.producer.send([encodeEvent('CityClock', clock, { partition: 0, timestampMs: wallMs })]);
  }

  /** What the service needs to know, for a process of its own. */
  environment(): Record<string, string> {
    return {
      KAFKA_BROKERS: this.broker.bootstrapServers,
      DATABASE_URL: this.postgres.url,
      ZONE_PARTITIONS: String(PARTITIONS),
      PORT: '0',
      // Tests remove what is old themselves.
      NOTIFICATIONS_KEEP_HOURS: '240',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    };
  }

  /** Starts the service and waits until it is ready. */
  async service(parts: NotificationsParts = {}, env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    const app = await startApp(notificationsApp({ ...this.environment(), ...env }, parts));
    this.apps.add(app);
    await until('the service to be ready', async () => (await fetch(`${app.url}/health/ready`)).ok || undefined);
    return app;
  }

  async stopService(app: RunningApp): Promise<void> {
    this.apps.delete(app);
    await app.stop();
  }

  /** Ends the database server, and starts it again on the same data and port afterwards. */
  async withoutDatabase(work: () => Promise<void>): Promise<void> {
    const { port } = this.postgres;
    await this.postgres.stop();
    try {
      await work();
    } finally {
      const dataDir = path.join(this.directory, 'pg');
      this.postgres = await startEmbeddedPostgres({ dataDir, port, durable: false });
    }
  }

  async say(partition: number, ...events: readonly RideEvent[]): Promise<void> {
    const timestampMs = Date.now();
    await this.producer.send(events.map((event) => encodeEvent('RideEvents', event, { partition, timestampMs })));
  }

  /** Writes anything at all, valid or not. */
  async scribble(partition: number, key: string, value: string): Promise<void> {
    await this.producer.send([{ topic: 'RideEvents', partition, key, value }]);
  }

  /** key -> state of all stored messages whose key begins so. */
  async states(prefix: string): Promise<Record<string, string>> {
    const { rows } = await this.database.query<{ key: string; state: string }>(
      `select key, state from notification where starts_with(key, $1) order by seq`,
      [prefix],
    );
    return Object.fromEntries(rows.map(({ key, state }) => [key, state]));
  }

  /** Waits until so many messages of a ride are in one of the states. */
  async settled(prefix: string, count: number): Promise<Record<string, string>> {
    return until(`${count} settled messages of ${prefix}`, async () => {
      const states = await this.states(prefix);
      const settled = Object.values(states).filter((state) => state !== 'pending').length;
      return settled >= count ? states : undefined;
    });
  }

  async deadLetters(): Promise<StreamRecord[]> {
    const topic = 'RideEvents.notifications.dlq';
    const admin = this.client.admin();
    const counts = await admin.partitionCounts([topic]);
    await admin.close();
    const reader = this.client.reader();
    const found: StreamRecord[] = [];
    for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
      for await (const records of reader.readToEnd({ topic, partition })) found.push(...records);
    }
    await reader.close();
    return found;
  }

  socket(url: string, extraHeaders: Readonly<Record<string, string>> = {}, namespace = '/notifications'): Socket {
    const socket = io(`${url}${namespace}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders,
    });
    this.sockets.push(socket);
    return socket;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.disconnect();
    await Promise.all([...this.apps].map((app) => app.stop()));
    await this.client.close();
    await this.broker.stop();
    await this.database.end();
    await this.postgres.stop();
    await removePostgresData(path.join(this.directory, 'pg'));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export async function subscribe(socket: Socket, request: unknown): Promise<SubscribeAnswer> {
  return (await socket.timeout(10_000).emitWithAck('subscribe', request)) as SubscribeAnswer;
}

/** The next time that something happens on a socket: what came with it. */
export function happened(socket: Socket, event: 'connect' | 'disconnect' | 'connect_error'): Promise<unknown> {
  return new Promise((resolve) => socket.once(event as 'disconnect', resolve));
}
