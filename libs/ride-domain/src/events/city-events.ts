import { z } from 'zod';
import { cityTimeSchema, envelope, zoneIdSchema } from './common.js';

/** On ZonePricing (compacted, key: zone), written by analytics when a window closes. */
export const zonePricedSchema = z.object({
  type: z.literal('zone.priced'),
  ...envelope,
  zone: zoneIdSchema,
  surge: z.number().min(1).max(10),
  /** The window that the multiplier was computed from. */
  windowStart: cityTimeSchema,
});
export type ZonePriced = z.infer<typeof zonePricedSchema>;

/** On CityClock (compacted, one partition, key "city"), written by the simulator when its clock changes and every 2 s. */
export const cityClockSchema = z.object({
  type: z.literal('clock.set'),
  ...envelope,
  /** `at` is the city time that it was at this wall-clock time (ms since 1970). */
  wallMs: z.number().int().nonnegative(),
  /** City seconds in a second; 0 while paused. */
  speed: z.number().min(0).max(600),
});
export type CityClockSet = z.infer<typeof cityClockSchema>;

const count = z.number().int().nonnegative();
/** On CityMetrics (compacted, one partition, key "city"), written by analytics about once a second of wall time: the live KPIs. */
export const cityMetricsSchema = z.object({
  type: z.literal('city.metrics'),
  ...envelope,
  /** Over the last 15 minutes of city time. */
  requests: count,
  matches: count,
  completions: count,
  cancelledByRider: count,
  cancelledByDriver: count,
  noDriverFound: count,
  /** Seconds from request to assignment; null while nothing was matched. */
  waitP50S: z.number().nonnegative().nullable(),
  waitP90S: z.number().nonnegative().nullable(),
  /** Seconds from request to the driver's arrival. */
  pickupP50S: z.number().nonnegative().nullable(),
  pickupP90S: z.number().nonnegative().nullable(),
  idleDrivers: count,
  busyDrivers: count,
  /** Busy share of drivers on duty, 0 to 1. */
  utilisation: z.number().min(0).max(1),
  surgeMax: z.number().min(1).max(10),
});
export type CityMetrics = z.infer<typeof cityMetricsSchema>;
