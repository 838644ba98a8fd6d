import { type DecodedEvent, decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import { TOPICS, type EventOn, type TopicName } from '@ridestream/ride-domain/events/topics';
import type {
  PartitionFollower,
  PartitionReader,
  StreamRecord,
  TopicPartition,
  TopicPartitionOffset,
} from 'streaming-core/client/types';
import type { CityState } from '../live/city-state.js';

/** Topics of the city's state that are partitioned by zone. */
const ZONE_TOPICS = ['RideEvents', 'DriverStatus', 'LocationUpdates'] as const;
const CITY_TOPICS = ['ZonePricing', 'CityMetrics'] as const;
type FeedTopic = (typeof ZONE_TOPICS)[number] | (typeof CITY_TOPICS)[number];

/** Records read back from the end at the start, per partition: enough for every driver and price, and for recent rides. */
const WARM_UP_RECORDS: Readonly<Record<FeedTopic, bigint>> = {
  RideEvents: 20_000n,
  DriverStatus: 50_000n,
  LocationUpdates: 5_000n,
  ZonePricing: 2_000n,
  CityMetrics: 1n,
};
const PARTITIONS_AT_ONCE = 4;

/** An event with the place that it was read from; `event` is null when the record holds none. */
export interface FedRecord<T extends TopicName> {
  readonly record: StreamRecord;
  readonly event: EventOn<T> | null;
  /** Why there is no event. */
  readonly reason: string;
}

const isFeedTopic = (topic: string): topic is FeedTopic =>
  (ZONE_TOPICS as readonly string[]).includes(topic) || (CITY_TOPICS as readonly string[]).includes(topic);

/**
 * Keeps the picture of the whole city up to date, whoever owns its partitions: what the group consumes passes through
 * {@link ingest}; all other partitions are followed read-only. That includes the neighbours' supply, which matching needs.
 */
export class CityFeed {
  /** Next offset per topic and partition: what was taken in once is not taken in again when ownership moves. */
  private readonly positions = new Map<string, bigint>();
  private readonly consumed = new Set<number>();
  private zoneFollower: PartitionFollower | undefined;
  private cityFollower: PartitionFollower | undefined;
  private refollowing: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly city: CityState,
    private readonly reader: PartitionReader,
    private readonly zonePartitions: number,
  ) {}

  /** Reads the near past, so that the picture is whole before anyone looks. */
  async warmUp(): Promise<void> {
    const work = [...this.partitionsOf(CITY_TOPICS), ...this.partitionsOf(ZONE_TOPICS)];
    const worker = async (): Promise<void> => {
      for (let next = work.shift(); next !== undefined; next = work.shift()) await this.readTail(next);
    };
    await Promise.all(Array.from({ length: PARTITIONS_AT_ONCE }, worker));
    this.cityFollower = await this.reader.follow(this.fromPositions(this.partitionsOf(CITY_TOPICS)), (batch) => {
      this.ingest(batch.topic as TopicName, batch.records);
      return Promise.resolve();
    });
  }

  /** Decodes records of one partition, in order, and shows them to the city unless it has seen them. */
  ingest<T extends TopicName>(topic: T, records: readonly StreamRecord[]): FedRecord<T>[] {
    const first = records[0];
    if (first === undefined) return [];
    const place = keyOf({ topic, partition: first.partition });
    let next = this.positions.get(place) ?? 0n;
    const fed = records.map((record) => {
      const decoded: DecodedEvent<T> = decodeEvent(topic, record);
      const isNew = record.offset >= next;
      if (isNew) next = record.offset + 1n;
      if (!decoded.ok) return { record, event: null, reason: decoded.reason };
      if (isNew) this.show(decoded.event);
      return { record, event: decoded.event, reason: '' };
    });
    this.positions.set(place, next);
    return fed;
  }

  /** The group brings these partitions from here on: they are not followed. Returns where their driver topics go on. */
  async consume(partitions: readonly number[]): Promise<TopicPartitionOffset[]> {
    for (const partition of partitions) this.consumed.add(partition);
    await this.refollow();
    return partitions.flatMap((partition) =>
      ZONE_TOPICS.flatMap((topic) => {
        const offset = this.positions.get(keyOf({ topic, partition }));
        return offset === undefined ? [] : [{ topic, partition, offset }];
      }),
    );
  }

  /** The group does not bring these partitions any more. */
  async release(partitions: readonly number[]): Promise<void> {
    for (const partition of partitions) this.consumed.delete(partition);
    await this.refollow();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.refollowing;
    await Promise.all([this.zoneFollower?.close(), this.cityFollower?.close()]);
  }

  /** Follows all partitions that the group does not bring. Changes come one after the other. */
  private refollow(): Promise<void> {
    const change = async (): Promise<void> => {
      await this.zoneFollower?.close();
      this.zoneFollower = undefined;
      const others = this.partitionsOf(ZONE_TOPICS).filter(({ partition }) => !this.consumed.has(partition));
      if (this.isClosed || others.length === 0) return;
      this.zoneFollower = await this.reader.follow(this.fromPositions(others), (batch) => {
        this.ingest(batch.topic as TopicName, batch.records);
        return Promise.resolve();
      });
    };
    const result = this.refollowing.then(change);
    this.refollowing = result.catch(() => undefined);
    return result;
  }

  private async readTail({ topic, partition }: TopicPartition): Promise<void> {
    if (!isFeedTopic(topic)) return;
    const { first, end } = await this.reader.bounds({ topic, partition });
    const tail = end - WARM_UP_RECORDS[topic];
    const from = tail > first ? tail : first;
    this.positions.set(keyOf({ topic, partition }), from);
    for await (const records of this.reader.readToEnd({ topic, partition }, from)) this.ingest(topic, records);
  }

  private fromPositions(partitions: readonly TopicPartition[]): (TopicPartition & { from: bigint | 'latest' })[] {
    return partitions.map((place) => ({ ...place, from: this.positions.get(keyOf(place)) ?? 'latest' }));
  }

  private partitionsOf(topics: readonly FeedTopic[]): TopicPartition[] {
    return topics.flatMap((topic) => {
      const count = TOPICS[topic].partitioning === 'zone' ? this.zonePartitions : 1;
      return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    });
  }

  private show(event: EventOn<TopicName>): void {
    switch (event.type) {
      case 'driver.location':
      case 'driver.status':
      case 'driver.left_zone':
        this.city.applyDriver(event);
        break;
      case 'zone.priced':
        this.city.applyPricing(event);
        break;
      case 'city.metrics':
        this.city.applyMetrics(event);
        break;
      case 'ride.requested':
      case 'ride.cancel_requested':
      case 'clock.set':
        break;
      default:
        this.city.applyRide(event);
    }
  }
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;
