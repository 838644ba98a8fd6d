import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import type {
  ConsumerHandlers,
  PartitionBatch,
  PartitionReader,
  StreamProducer,
  TopicPartition,
  TopicPartitionOffset,
} from 'streaming-core/client/types';
import type { DeadLetters } from 'streaming-core/nest/dead-letters';
import type { DispatchCore } from '../zone/dispatch-core.js';
import type { CityFeed, FedRecord } from './city-feed.js';
import type { DispatchMetrics } from './dispatch-metrics.js';
import { OwnedPartition } from './owned-partition.js';
import { type GroupTopic, isGroupTopic } from './topics.js';

export interface DispatchConsumerParts {
  readonly core: DispatchCore;
  readonly feed: CityFeed;
  readonly reader: PartitionReader;
  readonly producer: StreamProducer;
  readonly deadLetters: DeadLetters;
  readonly metrics: DispatchMetrics;
  readonly cityNow: () => number;
  readonly wallNow: () => number;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/**
 * What the group "dispatch" does with its records. A partition number is owned as a whole: the same number of all four topics
 * comes and goes together, because the group's assignment is co-partitioned.
 */
export class DispatchConsumer implements ConsumerHandlers {
  private readonly partitions = new Map<number, OwnedPartition>();

  constructor(private readonly parts: DispatchConsumerParts) {}

  owned(): IterableIterator<OwnedPartition> {
    return this.partitions.values();
  }

  async onPartitionsAssigned(assigned: readonly TopicPartition[]): Promise<readonly TopicPartitionOffset[]> {
    const numbers = [...new Set(assigned.map(({ partition }) => partition))];
    const positions = await this.parts.feed.consume(numbers);
    await Promise.all(numbers.map((partition) => this.take(partition)));
    const wanted = new Set(assigned.map(({ topic, partition }) => `${topic}-${partition}`));
    return positions
      .map((position) => (position.topic === 'RideEvents' ? this.fromLedgerIfBehind(position) : position))
      .filter(({ topic, partition }) => wanted.has(`${topic}-${partition}`));
  }

  async onPartitionsRevoked(revoked: readonly TopicPartition[]): Promise<void> {
    const numbers = [...new Set(revoked.map(({ partition }) => partition))].filter((number) =>
      this.partitions.has(number),
    );
    await Promise.all(numbers.map((partition) => this.letGo(partition)));
    await this.parts.feed.release(numbers);
  }

  async onBatch(batch: PartitionBatch, signal: AbortSignal): Promise<void> {
    const { topic, partition, records } = batch;
    if (!isGroupTopic(topic)) return;
    const owned = this.partitions.get(partition);
    if (owned === undefined) throw new Error(`${topic}-${partition} is not owned`);
    switch (topic) {
      case 'RideRequests': {
        const fed = this.parts.feed.ingest(topic, records).map((one) => this.refuseMisplaced(one));
        const requests = fed.flatMap(({ event }): RideRequestsEvent[] => (event ? [event] : []));
        await owned.handleRequests(requests, signal);
        return this.bury(topic, fed);
      }
      case 'RideEvents': {
        const fed = this.parts.feed.ingest(topic, records);
        owned.handleRideEvents(fed.map(({ event, record }) => ({ event, offset: record.offset })));
        return this.bury(topic, fed);
      }
      case 'DriverStatus':
      case 'LocationUpdates':
        return this.bury(topic, this.parts.feed.ingest(topic, records));
    }
  }

  /** Rebuilds a partition's state. Called again if it fails, so it begins from nothing. */
  private async take(partition: number): Promise<void> {
    const { core, reader, producer, metrics, cityNow, wallNow, log } = this.parts;
    await this.partitions.get(partition)?.close();
    const owned = new OwnedPartition(partition, core.own(partition), {
      reader,
      producer,
      cityNow,
      wallNow,
      onRequest: (outcome) => metrics.requests.inc({ outcome }),
      onDoubt: (number, error) => log('warn', `partition ${number}: reading the log again after ${messageOf(error)}`),
    });
    this.partitions.set(partition, owned);
    const startedAt = wallNow();
    const { checkpointOffset, recordsRead } = await owned.load();
    const from = checkpointOffset === undefined ? 'the start' : `checkpoint ${checkpointOffset}`;
    const rides = owned.zone.ledger.size;
    const took = `${wallNow() - startedAt} ms`;
    log('info', `partition ${partition}: ${rides} live rides, ${recordsRead} records from ${from}, ${took}`);
  }

  private async letGo(partition: number): Promise<void> {
    const owned = this.partitions.get(partition);
    this.partitions.delete(partition);
    await owned?.close();
    this.parts.core.disown(partition);
  }

  /**
   * A request in another partition than its zone's would be a ride that phones never reach (they answer to the zone's
   * partition), and could be one more of a ride that the zone's partition has.
   */
  private refuseMisplaced(fed: FedRecord<'RideRequests'>): FedRecord<'RideRequests'> {
    if (fed.event === null) return fed;
    const { zone } = fed.event;
    const belongsTo = this.parts.core.partitionOf(zone);
    if (belongsTo === fed.record.partition) return fed;
    const reason =
      belongsTo === undefined ? `the city has no zone ${zone}` : `zone ${zone} belongs to partition ${belongsTo}`;
    return { record: fed.record, event: null, reason };
  }

  private fromLedgerIfBehind(position: TopicPartitionOffset): TopicPartitionOffset {
    const next = this.partitions.get(position.partition)?.zone.ledger.nextOffset ?? position.offset;
    return next < position.offset ? { ...position, offset: next } : position;
  }

  /** Resolves when the log has them, so that their offsets may be committed. */
  private async bury(topic: GroupTopic, fed: readonly FedRecord<GroupTopic>[]): Promise<void> {
    // A tombstone on the compacted topic is the log's own way to forget, not a fault.
    const dead = fed.filter(
      ({ event, record }) => event === null && !(topic === 'DriverStatus' && record.value === null),
    );
    if (dead.length === 0) return;
    this.parts.metrics.deadLetters.inc({ topic }, dead.length);
    await Promise.all(dead.map(({ record, reason }) => this.parts.deadLetters.add(record, reason)));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
