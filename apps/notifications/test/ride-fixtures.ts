import type { RideEventOf } from '@ridestream/ride-domain/events/ride-events';

export const NOON = Date.UTC(2026, 2, 6, 12);

const place = { lat: 40.7, lon: -74 };
const quote = { fareCents: 1250, surge: 1, distanceM: 2400, durationS: 480 };

const ride = (rideId: string, at: number) => ({ v: 1, rideId, riderId: `${rideId}-ann`, zone: 'soho', at }) as const;
const offered = (rideId: string, at: number) =>
  ({ ...ride(rideId, at), driverId: `${rideId}-bob`, offerId: `${rideId}-o1` }) as const;

/** Events of a ride of rider `<ride>-ann` and driver `<ride>-bob`, offer `<ride>-o1`. */
export const rideQueued = (rideId: string, at = NOON): RideEventOf<'ride.queued'> => ({
  type: 'ride.queued',
  ...ride(rideId, at),
  requestedAt: at - 500,
  pickup: place,
  dropoff: place,
  dropoffZone: 'soho',
  vehicleClass: 'standard',
  quote,
});

export const rideOffered = (rideId: string, at = NOON + 2_000): RideEventOf<'ride.offered'> => ({
  type: 'ride.offered',
  ...offered(rideId, at),
  attempt: 1,
  expiresAt: at + 15_000,
  pickup: place,
  dropoff: place,
  fareCents: 1250,
  pickupEtaS: 130,
  why: { policy: 'batched', candidates: 3, rankByEta: 1, waitedS: 2 },
});

export const rideOfferExpired = (rideId: string, at = NOON + 17_000): RideEventOf<'ride.offer_expired'> => ({
  type: 'ride.offer_expired',
  ...offered(rideId, at),
});

export const rideOfferAccepted = (rideId: string, at = NOON + 4_000): RideEventOf<'ride.offer_accepted'> => ({
  type: 'ride.offer_accepted',
  ...offered(rideId, at),
});

export const rideOfferDeclined = (rideId: string, at = NOON + 4_000): RideEventOf<'ride.offer_declined'> => ({
  type: 'ride.offer_declined',
  ...offered(rideId, at),
  reason: 'declined',
});

export const rideAssigned = (rideId: string, at = NOON + 5_000): RideEventOf<'ride.assigned'> => ({
  type: 'ride.assigned',
  ...offered(rideId, at),
  pickup: place,
  dropoff: place,
  pickupEtaS: 130,
});

export const rideRequeued = (rideId: string, at = NOON + 60_000): RideEventOf<'ride.requeued'> => ({
  type: 'ride.requeued',
  ...ride(rideId, at),
  driverId: `${rideId}-bob`,
});

export const rideDriverCancelled = (rideId: string, at = NOON + 59_000): RideEventOf<'ride.driver_cancelled'> => ({
  type: 'ride.driver_cancelled',
  ...ride(rideId, at),
  driverId: `${rideId}-bob`,
  reason: 'too_far',
});

export const rideNoDriver = (rideId: string, at = NOON + 300_000): RideEventOf<'ride.no_driver_found'> => ({
  type: 'ride.no_driver_found',
  ...ride(rideId, at),
  waitedS: 300,
});

export const rideDriverArrived = (rideId: string, at = NOON + 140_000): RideEventOf<'ride.driver_arrived'> => ({
  type: 'ride.driver_arrived',
  ...ride(rideId, at),
  driverId: `${rideId}-bob`,
});

export const rideStarted = (rideId: string, at = NOON + 170_000): RideEventOf<'ride.started'> => ({
  type: 'ride.started',
  ...ride(rideId, at),
  driverId: `${rideId}-bob`,
});

export const rideCompleted = (rideId: string, at = NOON + 700_000): RideEventOf<'ride.completed'> => ({
  type: 'ride.completed',
  ...ride(rideId, at),
  driverId: `${rideId}-bob`,
  fareCents: 1250,
  distanceM: 2400,
  durationS: 530,
});

export const rideCancelled = (
  rideId: string,
  by: RideEventOf<'ride.cancelled'>['by'],
  driverId: string | null,
  feeCents = 0,
  at = NOON + 30_000,
): RideEventOf<'ride.cancelled'> => ({
  type: 'ride.cancelled',
  ...ride(rideId, at),
  by,
  reason: 'changed_mind',
  driverId,
  feeCents,
});
