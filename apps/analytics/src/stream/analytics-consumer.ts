import { Inject, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import { TOPICS } from '@ridestream/ride-domain/events/topics';
import { ZonePartitionTable } from '@ridestream/ride-domain/zones/zone-partitions';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  PartitionReader,
  StreamAdmin,
  StreamClient,
  StreamProducer,
  StreamRecord,
  TopicPartition,
  TopicPartitionOffset,
} from 'streaming-core/client/types';
import { DeadLetters } from 'streaming-core/nest/dead-letters';
import {
  type BatchContext,
  type DecodeResult,
  type EventBatch,
  InjectStreamClient,
  InjectStreamProducer,
  OnBatch,
  OnPartitionsAssigned,
  OnPartitionsRevoked,
  StreamConsumer,
} from 'streaming-core/nest/stream-consumer.decorators';
import { PartitionAnalytics } from '../core/partition-analytics.js';
import type { ClosedWindow } from '../core/zone-window.js';
import { AnalyticsStore, PartitionTakenError } from '../store/analytics-store.js';
import { PartitionWorker } from './partition-worker.js';
import { PricePublisher } from './price-publisher.js';

type AnalyticsEvent = RideRequestsEvent | RideEvent | DriverStatusEvent;

const ANALYTICS_TOPICS: readonly string[] = [
  TOPICS.RideRequests.name,
  TOPICS.RideEvents.name,
  TOPICS.DriverStatus.name,
];

export const GROUP_ID = 'analytics';
const FLUSH_EVERY_MS = 500;
/** How far ahead of the city's clock an event may be, in city time: the clock itself lags when the log was away. */
const AHEAD_MAX_MS = 6 * 3_600_000;
/** A partition with so many events in memory is stored before it takes more. */
const PENDING_EVENTS_MAX = 20_000;

/**
 * Group "analytics": from the log into PostgreSQL, exactly once. Where reading goes on is kept in the database, in the same
 * transaction as the counts, and is what an assignment starts from; what the group has committed is for lag tools only.
 */
@StreamConsumer({ groupId: GROUP_ID, commit: 'manual', decode: decodeRecord })
export class AnalyticsConsumer implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('analytics');
  private readonly workers = new Map<number, PartitionWorker>();
  private readonly commits = new Map<string, BatchContext['commit']>();
  private readonly reader: PartitionReader;
  private readonly admin: StreamAdmin;
  private readonly deadLetters: DeadLetters;
  private timer: NodeJS.Timeout | undefined;
  private isFlushing = false;

  constructor(
    @InjectStreamClient() client: StreamClient,
    @InjectStreamProducer() producer: StreamProducer,
    private readonly clock: LogCityClock,
    private readonly store: AnalyticsStore,
    private readonly pricing: PricePublisher,
    @Inject(ZonePartitionTable) private readonly table: ZonePartitionTable,
  ) {
    this.reader = client.reader();
    this.admin = client.admin();
    this.deadLetters = new DeadLetters(GROUP_ID, producer, this.admin);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flushAll(), FLUSH_EVERY_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.admin.close();
  }

  @OnBatch(TOPICS.RideRequests.name)
  @OnBatch(TOPICS.RideEvents.name)
  @OnBatch(TOPICS.DriverStatus.name)
  async take(batch: EventBatch<AnalyticsEvent>, context: BatchContext): Promise<void> {
    const worker = this.workers.get(batch.partition);
    const last = batch.records.at(-1);
    if (!last) return;
    // Given up to another process: not ours to count, and not to be passed over in silence until the group says so.
    if (!worker) throw new Error(`partition ${batch.partition} is stored by another process`);
    for (const event of await this.believable(batch)) apply(worker.analytics, event);
    this.commits.set(`${batch.topic} ${batch.partition}`, context.commit.bind(context));
    worker.advanced(batch.topic, last.offset + 1n, batch.records.length);
    if (worker.pendingEvents >= PENDING_EVENTS_MAX) await this.flush(worker);
  }

  /**
   * Without the events that are far ahead of the city's clock, which become dead letters: one of them would make all that
   * comes after it look too late to count. Nothing is counted before they are put aside, so a batch may be taken again.
   */
  private async believable({ events }: EventBatch<AnalyticsEvent>): Promise<AnalyticsEvent[]> {
    const latest = this.clock.now() + AHEAD_MAX_MS;
    for (const { event, record } of events) {
      if (event.at <= latest) continue;
      const reason = `at: ${new Date(event.at).toISOString()} is more than six hours ahead of the city's clock`;
      this.logger.warn(`${record.topic}-${record.partition}@${record.offset} is put aside: ${reason}`);
      await this.deadLetters.add(record, reason);
    }
    return events.filter(({ event }) => event.at <= latest).map(({ event }) => event);
  }

  @OnPartitionsAssigned()
  async assigned(partitions: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const numbers = [...new Set(partitions.map(({ partition }) => partition))];
    const starts = await Promise.all(numbers.map((partition) => this.load(partition)));
    const wanted = new Set(partitions.map(({ topic, partition }) => `${topic} ${partition}`));
    return starts.flat().filter(({ topic, partition }) => wanted.has(`${topic} ${partition}`));
  }

  @OnPartitionsRevoked()
  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    const numbers = new Set(partitions.map(({ partition }) => partition));
    await Promise.all(
      [...numbers].map(async (partition) => {
        const worker = this.workers.get(partition);
        if (!worker) return;
        await this.flush(worker);
        this.workers.delete(partition);
        worker.abandon();
      }),
    );
  }

  /** Rebuilds one partition's state as it was when it was last stored, and says where its topics go on from there. */
  private async load(partition: number): Promise<readonly TopicPartitionOffset[]> {
    const { store, reader } = this;
    const zones = this.table.zonesOf(partition);
    const [offsets, rides, surge, open] = await Promise.all([
      store.offsets(partition),
      store.openRides(partition),
      store.latestSurge(zones),
      store.openWindows(zones),
    ]);
    const stored = new Map(offsets.map(({ topic, offset }) => [topic, offset]));
    const positions = await Promise.all(
      ANALYTICS_TOPICS.map(async (topic) => {
        const { first } = await reader.bounds({ topic, partition });
        const known = stored.get(topic) ?? 0n;
        // Retention may have removed what was not read yet.
        return { topic, partition, offset: known > first ? known : first };
      }),
    );
    const analytics = new PartitionAnalytics(zones, rides, surge, open);
    await this.restoreDrivers(analytics, partition, stored.get(TOPICS.DriverStatus.name) ?? 0n);
    const starts = new Map(ANALYTICS_TOPICS.map((topic) => [topic, stored.get(topic) ?? 0n]));
    const worker = new PartitionWorker(partition, analytics, starts, store, {
      onStored: (closed, advances) => this.stored(partition, closed, advances),
      onRetry: (error, delayMs) =>
        this.logger.warn(
          `partition ${partition}: the database did not take the counts, again in ${delayMs} ms: ${String(error)}`,
        ),
      sleep: (delayMs) => sleep(delayMs),
    });
    this.workers.set(partition, worker);
    return positions;
  }

  /** DriverStatus is compacted: its beginning says where everybody was. */
  private async restoreDrivers(analytics: PartitionAnalytics, partition: number, until: bigint): Promise<void> {
    if (until === 0n) return;
    for await (const records of this.reader.readToEnd({ topic: TOPICS.DriverStatus.name, partition })) {
      for (const record of records) {
        if (record.offset >= until) return;
        const decoded = decodeEvent('DriverStatus', record);
        if (decoded.ok) analytics.restoreDriver(decoded.event);
      }
    }
  }

  private async flushAll(): Promise<void> {
    // A database that is away makes one round wait, not one more every time.
    if (this.isFlushing) return;
    this.isFlushing = true;
    try {
      // One after the other: one database connection is enough, and the others stay free for queries.
      for (const worker of this.workers.values()) await this.flush(worker);
    } finally {
      this.isFlushing = false;
    }
  }

  private async flush(worker: PartitionWorker): Promise<void> {
    try {
      await worker.flush();
    } catch (error) {
      if (!(error instanceof PartitionTakenError)) throw error;
      this.logger.warn(`another process took partition ${worker.partition} over`);
      worker.abandon();
      this.workers.delete(worker.partition);
    }
  }

  private async stored(
    partition: number,
    closed: readonly ClosedWindow[],
    advances: readonly { readonly topic: string; readonly to: bigint }[],
  ): Promise<void> {
    try {
      for (const { topic, to } of advances) await this.commits.get(`${topic} ${partition}`)?.(to);
      if (closed.length > 0) await this.pricing.publish(partition, closed);
    } catch (error) {
      // Both are news about what is stored already; the next round brings newer ones.
      this.logger.warn(`partition ${partition}: group offsets or prices could not be published: ${String(error)}`);
    }
  }
}

function decodeRecord(topic: string, record: StreamRecord): DecodeResult<AnalyticsEvent> {
  switch (topic) {
    case TOPICS.RideRequests.name:
      return decodeEvent('RideRequests', record);
    case TOPICS.RideEvents.name:
      return decodeEvent('RideEvents', record);
    default:
      return decodeEvent('DriverStatus', record);
  }
}

function apply(analytics: PartitionAnalytics, event: AnalyticsEvent): void {
  if (event.type === 'ride.requested' || event.type === 'ride.cancel_requested') analytics.applyRequest(event);
  else if (event.type === 'driver.status' || event.type === 'driver.left_zone') analytics.applyDriverStatus(event);
  else analytics.applyRideEvent(event);
}
