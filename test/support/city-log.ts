import { RideAudit, type AuditReport } from '@ridestream/ride-domain/audit/ride-audit';
import type { CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import { decodeEvent, encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent, RideEventOf, RideEventType } from '@ridestream/ride-domain/events/ride-events';
import type { EventOn, TopicName } from '@ridestream/ride-domain/events/topics';
import type { StreamClient, StreamProducer, StreamRecord } from 'streaming-core/client/types';
import { until } from './until.ts';

export interface LoggedEvent<T extends TopicName> {
  readonly partition: number;
  /** Wall clock, as its writer stamped it. */
  readonly timestampMs: number;
  readonly event: EventOn<T>;
}

export type RideListener = (event: RideEvent) => void;

/** What a phone, an operator and an auditor see of the log, through the public client alone. */
export class CityLog {
  private readonly byRide = new Map<string, RideEvent[]>();
  private readonly listeners = new Set<RideListener>();

  constructor(
    private readonly client: StreamClient,
    readonly producer: StreamProducer,
    readonly pack: CityPack,
  ) {}

  /** Follows RideEvents from its beginning. */
  async follow(): Promise<void> {
    const places = this.partitions().map((partition) => ({
      topic: 'RideEvents',
      partition,
      from: 'earliest' as const,
    }));
    await this.client.reader().follow(places, ({ records }) => {
      for (const record of records) this.take(record);
      return Promise.resolve();
    });
  }

  whenRideEvent(listener: RideListener): void {
    this.listeners.add(listener);
  }

  /** Writes an event to the partition of its zone; resolves when the log has it. */
  async say<T extends TopicName>(topic: T, event: EventOn<T> & { readonly zone: string }): Promise<void> {
    const partition = this.pack.partitions.partitionOf(event.zone);
    await this.producer.send([encodeEvent(topic, event, { partition, timestampMs: Date.now() })]);
  }

  /** Writes anything at all, valid or not, to the partition of a zone. */
  async scribble(topic: string, zone: string, key: string | null, value: string | Buffer | null): Promise<void> {
    await this.producer.send([{ topic, partition: this.pack.partitions.partitionOf(zone), key, value }]);
  }

  /** Waits for an event of a ride; `nth` counts from 1. */
  event<T extends RideEventType>(rideId: string, type: T, nth = 1): Promise<RideEventOf<T>> {
    const isIt = (event: RideEvent): event is RideEventOf<T> => event.type === type;
    return until(`${type} number ${nth} of ride ${rideId}`, () => this.eventsOf(rideId).filter(isIt)[nth - 1], {
      seen: () => this.story(rideId),
    });
  }

  /** Waits until all of these rides are completed. */
  async completed(rideIds: readonly string[], timeoutMs = 40_000): Promise<void> {
    const open = new Set(rideIds);
    await until(
      `${rideIds.length} rides to be completed`,
      () => {
        for (const rideId of open) if (this.typesOf(rideId).includes('ride.completed')) open.delete(rideId);
        return open.size === 0;
      },
      {
        timeoutMs,
        seen: () =>
          `${open.size} are not: ${[...open]
            .slice(0, 3)
            .map((rideId) => `${rideId}: ${this.story(rideId)}`)
            .join('\n')}`,
      },
    );
  }

  /** The types of a ride's events, in order. */
  typesOf(rideId: string): RideEventType[] {
    return this.eventsOf(rideId).map(({ type }) => type);
  }

  eventsOf(rideId: string): readonly RideEvent[] {
    return this.byRide.get(rideId) ?? [];
  }

  /** A ride's events in words, for failure messages. */
  story(rideId: string): string {
    const events = this.eventsOf(rideId).map((event) => {
      const driver = 'driverId' in event && event.driverId !== null ? ` ${event.driverId}` : '';
      return `${event.type}${driver} at ${new Date(event.at).toISOString()}`;
    });
    return events.length === 0 ? 'nothing of this ride on RideEvents' : `\n  ${events.join('\n  ')}`;
  }

  /** All records of a topic from the first to the end as it is now; partition by partition, in order. */
  async readAll(topic: string): Promise<StreamRecord[]> {
    const admin = this.client.admin();
    const partitions = (await admin.partitionCounts([topic])).get(topic) ?? 0;
    await admin.close();
    const reader = this.client.reader();
    const records: StreamRecord[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      for await (const part of reader.readToEnd({ topic, partition })) records.push(...part);
    }
    await reader.close();
    return records;
  }

  /** All valid events of a topic, partition by partition, in order. */
  async eventsOn<T extends TopicName>(topic: T): Promise<LoggedEvent<T>[]> {
    const records = await this.readAll(topic);
    return records.flatMap((record) => {
      const decoded = decodeEvent(topic, record);
      return decoded.ok ? [{ partition: record.partition, timestampMs: record.timestamp, event: decoded.event }] : [];
    });
  }

  /** Judges all rides by the log alone. */
  async audit(): Promise<AuditReport> {
    const audit = new RideAudit({ partitionOf: (zone) => this.pack.partitions.partitionOf(zone) });
    for (const { partition, event } of await this.eventsOn('RideRequests')) audit.addRequest(partition, event);
    for (const { partition, event, timestampMs } of await this.eventsOn('RideEvents')) {
      audit.addRideEvent(partition, event, timestampMs);
    }
    return audit.report();
  }

  private partitions(): number[] {
    return Array.from({ length: this.pack.partitions.partitionCount }, (_, partition) => partition);
  }

  private take(record: StreamRecord): void {
    const decoded = decodeEvent('RideEvents', record);
    if (!decoded.ok) return;
    const { event } = decoded;
    const ofRide = this.byRide.get(event.rideId);
    if (ofRide === undefined) this.byRide.set(event.rideId, [event]);
    else ofRide.push(event);
    for (const listener of this.listeners) listener(event);
  }
}
