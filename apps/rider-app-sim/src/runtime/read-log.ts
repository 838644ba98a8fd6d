import { COUNT_ON_MS_MAX } from '@ridestream/platform/clock/log-city-clock';
import { decodeEvent } from '@ridestream/ride-domain/events/event-codec';
import { TOPICS, type EventOn, type TopicName } from '@ridestream/ride-domain/events/topics';
import type { PartitionReader, StreamRecord, TopicPartition, TopicPartitionOffset } from 'streaming-core/client/types';
import { LogMemory } from '../core/log-memory.js';
import type { RememberedCity } from '../core/remembered-city.js';

const MINUTE_MS = 60_000;
/** How far back, in city time, each topic is read. Drivers on duty say their state once a minute and where they are every 4 s. */
const WINDOW_MS = {
  DriverStatus: 5 * MINUTE_MS,
  LocationUpdates: 20_000,
  RideRequests: 30 * MINUTE_MS,
  /** Longer than any ride lasts. */
  RideEvents: 180 * MINUTE_MS,
} as const;
/** Topics are written by several services, whose records of a partition may be in another order than their event times. */
const DISORDER_MS = MINUTE_MS;
const STRIDE_RECORDS = 1_000n;

export interface EarlierRun {
  readonly remembered: RememberedCity;
  /** City time up to which phones lived. */
  readonly cityMs: number;
  /**
   * City time at which the next run may begin: no follower of the clock has counted on further, so nobody's time stands still or
   * goes back. Later than {@link cityMs} where the run before was killed and could not say that its time stops.
   */
  readonly resumeMs: number;
}

export interface LogReading {
  /** Null: the log holds no city yet. */
  readonly earlier: EarlierRun | null;
  /** From where to listen, so that nothing is missed and nothing heard twice. */
  readonly rideEvents: readonly TopicPartitionOffset[];
  /** Records that were skipped because they do not validate. */
  readonly skipped: number;
}

/** Rebuilds from the log what phones remember. Reads only the end of each topic, however long the log is. */
export async function readLog(reader: PartitionReader, partitions: number): Promise<LogReading> {
  const log = new LogWindow(reader, partitions);
  const ends = await log.ends('RideEvents');
  const clock = await log.lastOf('CityClock', 0);
  const latest = await log.latestEventMs(['DriverStatus', 'LocationUpdates']);
  if (clock === null && latest === 0) return { earlier: null, rideEvents: ends, skipped: log.skipped };
  const cityMs = Math.max(clock?.at ?? 0, latest);
  const memory = new LogMemory();
  await log.each('DriverStatus', cityMs - WINDOW_MS.DriverStatus, (event) => memory.noteDriver(event));
  await log.each('LocationUpdates', cityMs - WINDOW_MS.LocationUpdates, (event) => memory.noteDriver(event));
  await log.each('RideRequests', cityMs - WINDOW_MS.RideRequests, (event) => memory.noteRequest(event));
  const rideEvents = await log.each('RideEvents', cityMs - WINDOW_MS.RideEvents, (event) => memory.noteRide(event));
  const remembered = memory.remembered(cityMs - WINDOW_MS.RideRequests);
  const countedOnMs = clock === null ? 0 : clock.at + COUNT_ON_MS_MAX * clock.speed;
  const resumeMs = Math.max(cityMs, countedOnMs);
  return { earlier: { remembered, cityMs, resumeMs }, rideEvents, skipped: log.skipped };
}

/** The last prices that analytics set, by zone, and from where to listen for new ones. */
export async function readPrices(
  reader: PartitionReader,
  partitions: number,
  onPrice: (event: EventOn<'ZonePricing'>) => void,
): Promise<readonly TopicPartitionOffset[]> {
  return new LogWindow(reader, partitions).each('ZonePricing', 0, onPrice);
}

class LogWindow {
  skipped = 0;

  constructor(
    private readonly reader: PartitionReader,
    private readonly partitions: number,
  ) {}

  /**
   * Calls back for every event since `sinceMs` of city time, and none before: what is older in one partition may be undone
   * in another that was read less far back. Returns the offsets after the last record read.
   */
  async each<T extends TopicName>(
    topic: T,
    sinceMs: number,
    onEvent: (event: EventOn<T>) => void,
  ): Promise<readonly TopicPartitionOffset[]> {
    return Promise.all(
      this.partitionsOf(topic).map(async (partition) => {
        let offset = await this.offsetAt(partition, sinceMs - DISORDER_MS);
        for await (const records of this.reader.readToEnd(partition, offset)) {
          for (const record of records) {
            const event = this.decode(topic, record);
            if (event !== null && event.at >= sinceMs) onEvent(event);
          }
          offset = (records.at(-1)?.offset ?? offset - 1n) + 1n;
        }
        return { ...partition, offset };
      }),
    );
  }

  async ends(topic: TopicName): Promise<readonly TopicPartitionOffset[]> {
    return Promise.all(
      this.partitionsOf(topic).map(async (partition) => ({
        ...partition,
        offset: (await this.reader.bounds(partition)).end,
      })),
    );
  }

  async lastOf<T extends TopicName>(topic: T, partition: number): Promise<EventOn<T> | null> {
    const last = await this.lastRecord({ topic: TOPICS[topic].name, partition });
    return last === null ? null : this.decode(topic, last);
  }

  async latestEventMs(topics: readonly TopicName[]): Promise<number> {
    const partitions = topics.flatMap((topic) => this.partitionsOf(topic));
    const last = await Promise.all(partitions.map((partition) => this.lastRecord(partition)));
    return Math.max(0, ...last.map((record) => (record === null ? 0 : eventMs(record))));
  }

  /**
   * An offset from which on all events since `sinceMs` are read, and not many more: looks back from the end in growing
   * strides, so that the cost goes by the window and not by the length of the log.
   */
  private async offsetAt(partition: TopicPartition, sinceMs: number): Promise<bigint> {
    const { first, end } = await this.reader.bounds(partition);
    for (let stride = STRIDE_RECORDS; end - stride > first; stride *= 4n) {
      const record = await this.firstFrom(partition, end - stride);
      if (record !== null && eventMs(record) < sinceMs) return record.offset;
    }
    return first;
  }

  private async lastRecord(partition: TopicPartition): Promise<StreamRecord | null> {
    const { first, end } = await this.reader.bounds(partition);
    return end > first ? this.firstFrom(partition, end - 1n) : null;
  }

  private async firstFrom(partition: TopicPartition, offset: bigint): Promise<StreamRecord | null> {
    for await (const records of this.reader.readToEnd(partition, offset)) {
      const record = records.find((candidate) => candidate.offset >= offset);
      if (record !== undefined) return record;
    }
    return null;
  }

  private decode<T extends TopicName>(topic: T, record: StreamRecord): EventOn<T> | null {
    // A tombstone is the regular way to forget a key of a compacted topic.
    if (record.value === null) return null;
    const decoded = decodeEvent(topic, record);
    if (decoded.ok) return decoded.event;
    this.skipped++;
    return null;
  }

  private partitionsOf(topic: TopicName): TopicPartition[] {
    const { name, partitioning } = TOPICS[topic];
    const count = partitioning === 'zone' ? this.partitions : 1;
    return Array.from({ length: count }, (_, partition) => ({ topic: name, partition }));
  }
}

/** From the header, so that a record need not be decoded for it; 0 for one that has none. */
function eventMs(record: StreamRecord): number {
  const at = Number(record.headers.get('event-time') ?? 0);
  return Number.isFinite(at) ? at : 0;
}
