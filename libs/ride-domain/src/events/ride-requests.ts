import { z } from 'zod';
import { envelope, idSchema, latLonSchema, vehicleClassSchema, zoneIdSchema } from './common.js';

/** What the rider was told before asking. */
export const quoteSchema = z.object({
  /** In minor units of the city's currency (cents). */
  fareCents: z.number().int().nonnegative(),
  /** Surge multiplier that the fare includes, 1 when there is none. */
  surge: z.number().min(1).max(10),
  distanceM: z.number().nonnegative(),
  durationS: z.number().nonnegative(),
});
export type Quote = z.infer<typeof quoteSchema>;

export const rideRequestedSchema = z.object({
  type: z.literal('ride.requested'),
  ...envelope,
  rideId: idSchema,
  riderId: idSchema,
  /** Zone of the pick-up: it owns the ride for its whole life. */
  zone: zoneIdSchema,
  pickup: latLonSchema,
  dropoff: latLonSchema,
  dropoffZone: zoneIdSchema,
  vehicleClass: vehicleClassSchema,
  quote: quoteSchema,
});
export type RideRequested = z.infer<typeof rideRequestedSchema>;

/** A rider asks to cancel. The ride's zone decides: the answer is `ride.cancelled` on RideEvents, or nothing if too late. */
export const rideCancelRequestedSchema = z.object({
  type: z.literal('ride.cancel_requested'),
  ...envelope,
  rideId: idSchema,
  riderId: idSchema,
  zone: zoneIdSchema,
  reason: z.enum(['changed_mind', 'waited_too_long', 'driver_too_far', 'other']),
});
export type RideCancelRequested = z.infer<typeof rideCancelRequestedSchema>;

export const rideRequestsSchema = z.discriminatedUnion('type', [rideRequestedSchema, rideCancelRequestedSchema]);
export type RideRequestsEvent = z.infer<typeof rideRequestsSchema>;
