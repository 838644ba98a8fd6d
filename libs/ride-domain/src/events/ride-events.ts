import { z } from 'zod';
import { envelope, idSchema, latLonSchema, vehicleClassSchema, zoneIdSchema } from './common.js';
import { quoteSchema } from './ride-requests.js';

/** Every ride event names its ride, its rider and the zone that owns the ride (its partition). */
const ride = { ...envelope, rideId: idSchema, riderId: idSchema, zone: zoneIdSchema } as const;
const offer = { ...ride, driverId: idSchema, offerId: idSchema } as const;

// Written by dispatch, which alone decides what becomes of a ride.

/** Dispatch took the request on. Carries the whole request, so that RideEvents alone tells a ride's life. */
export const rideQueuedSchema = z.object({
  type: z.literal('ride.queued'),
  ...ride,
  requestedAt: envelope.at,
  pickup: latLonSchema,
  dropoff: latLonSchema,
  dropoffZone: zoneIdSchema,
  vehicleClass: vehicleClassSchema,
  quote: quoteSchema,
});
export const rideOfferedSchema = z.object({
  type: z.literal('ride.offered'),
  ...offer,
  /** 1 for the first driver asked. */
  attempt: z.number().int().min(1),
  expiresAt: envelope.at,
  pickup: latLonSchema,
  dropoff: latLonSchema,
  fareCents: z.number().int().nonnegative(),
  pickupEtaS: z.number().nonnegative(),
  /** Why this driver: shown to operators. */
  why: z.object({
    policy: z.string().max(40),
    /** Drivers that could have been asked. */
    candidates: z.number().int().min(1),
    /** 1 when no candidate was nearer by road. */
    rankByEta: z.number().int().min(1),
    waitedS: z.number().nonnegative(),
  }),
});
export const rideOfferExpiredSchema = z.object({ type: z.literal('ride.offer_expired'), ...offer });
/** The ride is this driver's. Answers `ride.offer_accepted`. */
export const rideAssignedSchema = z.object({
  type: z.literal('ride.assigned'),
  ...offer,
  pickup: latLonSchema,
  dropoff: latLonSchema,
  pickupEtaS: z.number().nonnegative(),
});
/** The driver gave the ride back; it waits again, and that driver is not asked again for it. */
export const rideRequeuedSchema = z.object({ type: z.literal('ride.requeued'), ...ride, driverId: idSchema });
export const rideNoDriverSchema = z.object({
  type: z.literal('ride.no_driver_found'),
  ...ride,
  waitedS: z.number().nonnegative(),
});
export const rideCancelledSchema = z.object({
  type: z.literal('ride.cancelled'),
  ...ride,
  by: z.enum(['rider', 'driver', 'platform']),
  reason: z.string().max(80),
  /** The driver who had an open offer or the ride, who is free now. */
  driverId: idSchema.nullable(),
  feeCents: z.number().int().nonnegative(),
});

// Written by the driver's phone, which is the authority on what the driver does.

export const rideOfferAcceptedSchema = z.object({ type: z.literal('ride.offer_accepted'), ...offer });
export const rideOfferDeclinedSchema = z.object({
  type: z.literal('ride.offer_declined'),
  ...offer,
  /** `busy`: the phone already holds an offer or a ride. `stale`: the offer had run out when it arrived. */
  reason: z.enum(['declined', 'busy', 'stale', 'offline']),
});
const driven = { ...ride, driverId: idSchema } as const;
export const rideDriverArrivedSchema = z.object({ type: z.literal('ride.driver_arrived'), ...driven });
export const rideStartedSchema = z.object({ type: z.literal('ride.started'), ...driven });
export const rideCompletedSchema = z.object({
  type: z.literal('ride.completed'),
  ...driven,
  fareCents: z.number().int().nonnegative(),
  distanceM: z.number().nonnegative(),
  durationS: z.number().nonnegative(),
});
/** The driver gives the ride back before the rider is on board. */
export const rideDriverCancelledSchema = z.object({
  type: z.literal('ride.driver_cancelled'),
  ...driven,
  reason: z.enum(['too_far', 'vehicle_trouble', 'rider_not_there', 'other']),
});

export const rideEventsSchema = z.discriminatedUnion('type', [
  rideQueuedSchema,
  rideOfferedSchema,
  rideOfferExpiredSchema,
  rideAssignedSchema,
  rideRequeuedSchema,
  rideNoDriverSchema,
  rideCancelledSchema,
  rideOfferAcceptedSchema,
  rideOfferDeclinedSchema,
  rideDriverArrivedSchema,
  rideStartedSchema,
  rideCompletedSchema,
  rideDriverCancelledSchema,
]);
export type RideEvent = z.infer<typeof rideEventsSchema>;
export type RideEventType = RideEvent['type'];
export type RideEventOf<T extends RideEventType> = Extract<RideEvent, { type: T }>;
