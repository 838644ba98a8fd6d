import { commonEnv, portEnv } from '@ridestream/platform/config/common-env';
import { decimal, integer, readEnv } from '@ridestream/platform/config/env';
import { z } from 'zod';
import { SPEED_MAX } from './runtime/sim-city-clock.js';

const SEED_MAX = 0xffff_ffff;

export const simEnvSchema = z.object({
  ...commonEnv,
  PORT: portEnv(3003),
  /** City seconds in a second. At 5 a ride takes two or three minutes to watch. */
  SPEED: decimal(0, SPEED_MAX).default(5),
  /** Drivers on the road at any time. Default: by the size of the city. */
  DRIVERS: integer(0, 50_000).optional(),
  /** Ride requests an hour, mean over the week; the hour of the week makes it more or less. Default: two for each driver. */
  REQUESTS_PER_HOUR: decimal(0, 1_000_000).optional(),
  /** The same seed gives the same city. */
  SEED: integer(0, SEED_MAX).default(1),
});
export type SimEnv = z.infer<typeof simEnvSchema>;

export const readSimEnv = (env: Readonly<Record<string, string | undefined>> = process.env): SimEnv =>
  readEnv(simEnvSchema, env);

const JUNCTIONS_PER_DRIVER = 12;
const DRIVERS_MIN = 40;
const DRIVERS_MAX = 400;
const REQUESTS_PER_DRIVER_HOUR = 2;

/** How many drivers and requests a city of so many road junctions has where nobody says. */
export function fleetSize(env: Pick<SimEnv, 'DRIVERS' | 'REQUESTS_PER_HOUR'>, junctions: number) {
  const fitting = Math.min(DRIVERS_MAX, Math.max(DRIVERS_MIN, Math.round(junctions / JUNCTIONS_PER_DRIVER)));
  const drivers = env.DRIVERS ?? fitting;
  return { drivers, requestsPerHour: env.REQUESTS_PER_HOUR ?? drivers * REQUESTS_PER_DRIVER_HOUR };
}
