import type { RideEvent, RideEventOf } from '../events/ride-events.js';
import { judge, type RideVerdict } from './judge-ride-event.js';
import { CLOSED_OFFERS_MAX, type Ride } from './ride-schema.js';

export { rideSchema, type Ride } from './ride-schema.js';

export interface RideFold {
  /** The ride after the event: the very same object unless the verdict is `applied`. */
  readonly ride: Ride | undefined;
  readonly verdict: RideVerdict;
  /** Why the event was not applied. */
  readonly reason?: string;
}

/**
 * One step of a ride's life: pure, so every service that reads RideEvents in order has the same ride.
 *
 * - `applied`: the ride moved on, or now knows that the phone accepted or gave up.
 * - `duplicate`: what the event says already holds, as when a writer tried again.
 * - `late`: a phone spoke about an offer that is closed or a ride that has ended; by design, and without effect.
 * - `illegal`: no correct writer would have written this here. The ride stays as it was.
 *
 * @param ride undefined before `ride.queued`
 */
export function applyRideEvent(ride: Ride | undefined, event: RideEvent): RideFold {
  if (ride === undefined) {
    if (event.type === 'ride.queued') return { ride: begin(event), verdict: 'applied' };
    return { ride, verdict: 'illegal', reason: `${event.type} for a ride that was never queued` };
  }
  const judgement = judge(ride, event);
  if (judgement.verdict !== 'applied') return { ride, ...judgement };
  return { ride: { ...advance(ride, event), updatedAt: event.at }, verdict: 'applied' };
}

function begin(event: RideEventOf<'ride.queued'>): Ride {
  const { rideId, riderId, zone, pickup, dropoff, dropoffZone, vehicleClass, quote, requestedAt, at } = event;
  return {
    rideId,
    riderId,
    zone,
    state: 'queued',
    pickup,
    dropoff,
    dropoffZone,
    vehicleClass,
    quote,
    offer: null,
    driverId: null,
    assignedOfferId: null,
    attempts: 0,
    closedOffers: [],
    blockedDrivers: [],
    requestedAt,
    queuedAt: at,
    assignedAt: null,
    arrivedAt: null,
    startedAt: null,
    givenBackAt: null,
    endedAt: null,
    updatedAt: at,
    cancelledBy: null,
    chargedCents: null,
  };
}

/** The ride after an event that was judged to apply. */
function advance(ride: Ride, event: RideEvent): Ride {
  switch (event.type) {
    case 'ride.queued':
      return ride;
    case 'ride.offered': {
      const { offerId, driverId, expiresAt, pickupEtaS } = event;
      const offer = { offerId, driverId, expiresAt, pickupEtaS, acceptedAt: null };
      return { ...ride, state: 'offered', offer, attempts: ride.attempts + 1 };
    }
    case 'ride.offer_accepted':
      return { ...ride, offer: ride.offer && { ...ride.offer, acceptedAt: event.at } };
    case 'ride.offer_declined':
    case 'ride.offer_expired':
      return { ...ride, state: 'queued', offer: null, closedOffers: closing(ride, event.offerId) };
    case 'ride.assigned': {
      const { driverId, offerId, at } = event;
      return { ...ride, state: 'en_route', offer: null, driverId, assignedOfferId: offerId, assignedAt: at };
    }
    case 'ride.driver_arrived':
      return { ...ride, state: 'arrived', arrivedAt: event.at };
    case 'ride.started':
      return { ...ride, state: 'in_progress', startedAt: event.at };
    case 'ride.completed':
      return { ...ride, state: 'completed', endedAt: event.at, chargedCents: event.fareCents };
    case 'ride.driver_cancelled':
      return { ...ride, givenBackAt: event.at };
    case 'ride.requeued':
      return requeue(ride, event.driverId);
    case 'ride.no_driver_found':
      return { ...ride, state: 'no_driver_found', endedAt: event.at, chargedCents: 0 };
    case 'ride.cancelled': {
      const closedOffers = ride.offer === null ? ride.closedOffers : closing(ride, ride.offer.offerId);
      const end = { endedAt: event.at, cancelledBy: event.by, chargedCents: event.feeCents };
      return { ...ride, state: 'cancelled', offer: null, closedOffers, ...end };
    }
  }
}

function requeue(ride: Ride, driverId: string): Ride {
  return {
    ...ride,
    state: 'queued',
    driverId: null,
    assignedOfferId: null,
    closedOffers: ride.assignedOfferId === null ? ride.closedOffers : closing(ride, ride.assignedOfferId),
    blockedDrivers: ride.blockedDrivers.includes(driverId) ? ride.blockedDrivers : [...ride.blockedDrivers, driverId],
    assignedAt: null,
    arrivedAt: null,
    givenBackAt: null,
  };
}

const closing = (ride: Ride, offerId: string): readonly string[] =>
  [...ride.closedOffers, offerId].slice(-CLOSED_OFFERS_MAX);
