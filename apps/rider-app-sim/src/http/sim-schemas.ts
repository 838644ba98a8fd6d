import { driverStateSchema } from '@ridestream/ride-domain/events/driver-events';
import { zoneIdSchema } from '@ridestream/ride-domain/events/common';
import { z } from 'zod';
import { SPEED_MAX } from '../runtime/sim-city-clock.js';

/** City minutes. */
const minutes = z
  .number()
  .positive()
  .max(24 * 60);

export const speedBodySchema = z.strictObject({
  speed: z.number().min(0).max(SPEED_MAX).describe('City seconds in a second; 0 stands still'),
});
export type SpeedBody = z.infer<typeof speedBodySchema>;

export const demandBurstBodySchema = z.strictObject({
  zone: zoneIdSchema,
  requests: z.number().int().min(1).max(5_000).describe('So many requests more than usual'),
  minutes: minutes.describe('City minutes over which they come'),
});
export type DemandBurstBody = z.infer<typeof demandBurstBodySchema>;

export const driversOffBodySchema = z.strictObject({
  zone: zoneIdSchema.optional().describe('Only drivers who are there; without it, all'),
  share: z.number().min(0).max(1).describe('Share of the drivers on duty'),
  minutes: minutes.describe('City minutes until they come back'),
});
export type DriversOffBody = z.infer<typeof driversOffBodySchema>;

const count = z.number().int().nonnegative();

export const simViewSchema = z.object({
  run: z.string().describe('Begins the id of every ride of this run'),
  seed: count,
  clock: z.object({
    cityTime: z.iso.datetime(),
    cityMs: count,
    paused: z.boolean(),
    speedAsked: z.number(),
    speedEffective: z.number().describe('What the machine managed over the last seconds'),
  }),
  drivers: z.record(driverStateSchema, count),
  riders: z.object({ waiting: count, matched: count, riding: count }),
  requests: z.object({ made: count, turnedAway: count.describe('The app follows as many rides as it can') }),
  log: z.object({
    eventsPerSecond: count,
    events: count,
    acknowledged: count,
    inFlight: count,
    heldTicks: count.describe('Times that the city stood still because the log could not take more'),
    failing: z.boolean(),
  }),
});
export type SimView = z.infer<typeof simViewSchema>;

export const driversOffViewSchema = z.object({ asked: count });
export type DriversOffView = z.infer<typeof driversOffViewSchema>;
