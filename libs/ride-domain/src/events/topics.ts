import type { z } from 'zod';
import { cityClockSchema, cityMetricsSchema, zonePricedSchema } from './city-events.js';
import { driverLocationSchema, driverStatusEventsSchema } from './driver-events.js';
import { rideEventsSchema } from './ride-events.js';
import { rideRequestsSchema } from './ride-requests.js';

const HOUR_MS = 3_600_000;

/** One topic of the platform: its events, how it is partitioned, how long it is kept. */
export interface TopicDefinition<S extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: S;
  /** `zone`: as many partitions as the zone table has, chosen by the event's zone. `single`: one partition. */
  readonly partitioning: 'zone' | 'single';
  /** The event's field that is the record key. */
  readonly key: 'rideId' | 'driverId' | 'zone' | 'constant';
  readonly config: Readonly<Record<string, string>>;
}

const topic = <S extends z.ZodType>(definition: TopicDefinition<S>): TopicDefinition<S> => definition;

export const TOPICS = {
  RideRequests: topic({
    name: 'RideRequests',
    schema: rideRequestsSchema,
    partitioning: 'zone',
    key: 'rideId',
    config: { 'cleanup.policy': 'delete', 'retention.ms': String(7 * 24 * HOUR_MS) },
  }),
  LocationUpdates: topic({
    name: 'LocationUpdates',
    schema: driverLocationSchema,
    partitioning: 'zone',
    key: 'driverId',
    config: { 'cleanup.policy': 'delete', 'retention.ms': String(HOUR_MS), 'segment.bytes': String(64 * 1024 * 1024) },
  }),
  DriverStatus: topic({
    name: 'DriverStatus',
    schema: driverStatusEventsSchema,
    partitioning: 'zone',
    key: 'driverId',
    config: { 'cleanup.policy': 'compact' },
  }),
  RideEvents: topic({
    name: 'RideEvents',
    schema: rideEventsSchema,
    partitioning: 'zone',
    key: 'rideId',
    config: { 'cleanup.policy': 'delete', 'retention.ms': String(7 * 24 * HOUR_MS) },
  }),
  ZonePricing: topic({
    name: 'ZonePricing',
    schema: zonePricedSchema,
    partitioning: 'zone',
    key: 'zone',
    config: { 'cleanup.policy': 'compact' },
  }),
  CityClock: topic({
    name: 'CityClock',
    schema: cityClockSchema,
    partitioning: 'single',
    key: 'constant',
    config: { 'cleanup.policy': 'compact' },
  }),
  CityMetrics: topic({
    name: 'CityMetrics',
    schema: cityMetricsSchema,
    partitioning: 'single',
    key: 'constant',
    config: { 'cleanup.policy': 'compact' },
  }),
} as const;

export type TopicName = keyof typeof TOPICS;
/** The type of the events on a topic. */
export type EventOn<T extends TopicName> = z.infer<(typeof TOPICS)[T]['schema']>;
