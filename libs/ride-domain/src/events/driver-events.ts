import { z } from 'zod';
import { envelope, idSchema, latLonSchema, vehicleClassSchema, zoneIdSchema } from './common.js';

export const driverStateSchema = z.enum(['offline', 'idle', 'offered', 'en_route', 'waiting', 'on_trip']);
export type DriverState = z.infer<typeof driverStateSchema>;

/**
 * `seq` counts a driver's events over DriverStatus and LocationUpdates together, always upward, also across zones and
 * restarts of the phone. A reader that follows several zones keeps the event with the highest `seq` and drops the rest.
 */
const driver = {
  ...envelope,
  driverId: idSchema,
  seq: z.number().int().nonnegative(),
  zone: zoneIdSchema,
  position: latLonSchema,
} as const;

/** On DriverStatus, when the state changes, when the driver enters a zone (hello), and as a slow heartbeat. */
export const driverStatusSchema = z.object({
  type: z.literal('driver.status'),
  ...driver,
  state: driverStateSchema,
  vehicleClass: vehicleClassSchema,
  /** The ride offered to the driver or being served. */
  rideId: idSchema.nullable(),
});
export type DriverStatus = z.infer<typeof driverStatusSchema>;

/** On DriverStatus, in the partition of the zone that the driver leaves (goodbye), before the hello in the next one. */
export const driverLeftZoneSchema = z.object({
  type: z.literal('driver.left_zone'),
  ...driver,
  toZone: zoneIdSchema,
});
export type DriverLeftZone = z.infer<typeof driverLeftZoneSchema>;

export const driverStatusEventsSchema = z.discriminatedUnion('type', [driverStatusSchema, driverLeftZoneSchema]);
export type DriverStatusEvent = z.infer<typeof driverStatusEventsSchema>;

/** On LocationUpdates, every 4 s of city time while on duty. */
export const driverLocationSchema = z.object({
  type: z.literal('driver.location'),
  ...driver,
  state: driverStateSchema,
  speedMps: z.number().min(0).max(90),
  /** Degrees clockwise from north, 0 up to but not 360. */
  bearingDeg: z.number().min(0).lt(360),
  rideId: idSchema.nullable(),
});
export type DriverLocation = z.infer<typeof driverLocationSchema>;
