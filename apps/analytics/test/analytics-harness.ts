import type { RunningApp } from '@ridestream/platform/http/run-app';
import { type CityPack, defaultCityDir, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { decodeEvent, encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { EventOn, TopicName } from '@ridestream/ride-domain/events/topics';
import { openServiceWorld, ServiceHarness, type ServiceWorld } from '../../../libs/platform/test/service-harness.js';
import { until } from '../../../test/support/until.js';
import { analyticsApp } from '../src/analytics-app.js';

export const PARTITIONS = 3;

type ZonedTopic = 'RideRequests' | 'RideEvents' | 'DriverStatus';

/** A broker, a database and the default city, and what others write and read. The service is started by the test. */
export class AnalyticsHarness extends ServiceHarness {
  private constructor(
    world: ServiceWorld,
    readonly pack: CityPack,
  ) {
    super(world);
  }

  static async start(): Promise<AnalyticsHarness> {
    const pack = await loadCityPack(defaultCityDir(), { partitions: PARTITIONS });
    return new AnalyticsHarness(await openServiceWorld({ name: 'analytics', partitions: PARTITIONS }), pack);
  }

  /** Starts the service and waits until it is ready. */
  service(): Promise<RunningApp> {
    return this.run(analyticsApp(this.environment()));
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
}
