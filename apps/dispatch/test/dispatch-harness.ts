import { type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { type CityPack, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { encodeEvent, decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent, RideEventOf, RideEventType } from '@ridestream/ride-domain/events/ride-events';
import type { EventOn, TopicName } from '@ridestream/ride-domain/events/topics';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamClient, StreamProducer } from 'streaming-core/client/types';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { dispatchApp } from '../src/dispatch-app.js';
import { writeGridPack } from './grid-pack.js';

const PARTITIONS = 2;
const WAIT_MS = 30_000;
/** For tests that start services: more than a machine under load needs. */
export const SERVICE_TEST_TIMEOUT_MS = 60_000;

/** Waits until `probe` gives something, by asking again and again. */
export async function until<T>(what: string, probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`still waiting for ${what} after ${WAIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A broker, the grid city, and what a phone or an operator does from outside. Dispatch is started by the test. */
export class DispatchHarness {
  readonly rideEvents: RideEvent[] = [];
  private readonly apps: RunningApp[] = [];
  private producer!: StreamProducer;
  private client!: StreamClient;
  private isStopped = false;

  private constructor(
    readonly broker: TestBroker,
    readonly pack: CityPack,
    private readonly packDir: { readonly dir: string; remove(): Promise<void> },
  ) {}

  static async start(): Promise<DispatchHarness> {
    const packDir = await writeGridPack();
    const pack = await loadCityPack(packDir.dir, { partitions: PARTITIONS });
    const harness = new DispatchHarness(await startTestBroker(), pack, packDir);
    harness.client = createStreamClient({ brokers: harness.broker.bootstrapServers, clientId: 'phones' });
    return harness;
  }

  /** Starts an instance of dispatch, and waits until it is ready. */
  async dispatch(env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    // A test that ran out of time goes on in the background: it must not start what nobody stops.
    if (this.isStopped) throw new Error('the test is over');
    const app = await startApp(
      dispatchApp({
        KAFKA_BROKERS: this.broker.bootstrapServers,
        CITY_PACK: this.packDir.dir,
        ZONE_PARTITIONS: String(PARTITIONS),
        PORT: '0',
        LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
        ...env,
      }),
    );
    this.apps.push(app);
    await until('dispatch to be ready', async () => (await fetch(`${app.url}/health/ready`)).ok || undefined);
    return app;
  }

  /** Connects the phones: call it once the topics are there. */
  async connect(): Promise<void> {
    this.producer = await this.client.producer();
    const places = Array.from({ length: PARTITIONS }, (_, partition) => ({
      topic: 'RideEvents',
      partition,
      from: 'earliest' as const,
    }));
    await this.client.reader().follow(places, ({ records }) => {
      for (const record of records) {
        const decoded = decodeEvent('RideEvents', record);
        if (decoded.ok) this.rideEvents.push(decoded.event);
      }
      return Promise.resolve();
    });
  }

  async say<T extends TopicName>(topic: T, event: EventOn<T> & { readonly zone: string }): Promise<void> {
    const partition = this.pack.partitions.partitionOf(event.zone);
    await this.producer.send([encodeEvent(topic, event, { partition, timestampMs: Date.now() })]);
  }

  /** Writes anything at all, valid or not, to the partition of a zone. */
  async scribble(topic: string, zone: string, value: string, key = 'x'): Promise<void> {
    const partition = this.pack.partitions.partitionOf(zone);
    await this.producer.send([{ topic, partition, key, value }]);
  }

  /** The driver's phone takes an offer. */
  async accept(offer: RideEventOf<'ride.offered'>): Promise<void> {
    const { rideId, riderId, zone, driverId, offerId } = offer;
    await this.say('RideEvents', {
      type: 'ride.offer_accepted',
      v: 1,
      at: Date.now(),
      rideId,
      riderId,
      zone,
      driverId,
      offerId,
    });
  }

  /** Waits for an event of a ride on the log. */
  event<T extends RideEventType>(rideId: string, type: T, nth = 1): Promise<RideEventOf<T>> {
    return until(`${type} number ${nth} of ${rideId}`, () => {
      const found = this.rideEvents.filter(
        (event): event is RideEventOf<T> => event.type === type && event.rideId === rideId,
      );
      return found[nth - 1];
    });
  }

  eventsOf(rideId: string): RideEventType[] {
    return this.rideEvents.filter((event) => event.rideId === rideId).map(({ type }) => type);
  }

  /** All records of a topic's partition, as text. */
  async textOf(topic: string, partition: number): Promise<string[]> {
    const texts: string[] = [];
    const reader = this.client.reader();
    for await (const records of reader.readToEnd({ topic, partition })) {
      for (const { value } of records) texts.push(value?.toString('utf8') ?? '');
    }
    await reader.close();
    return texts;
  }

  async stopApp(app: RunningApp): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.stop();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all(this.apps.map((app) => app.stop()));
    await this.client.close();
    await this.broker.stop();
    await this.packDir.remove();
  }
}
