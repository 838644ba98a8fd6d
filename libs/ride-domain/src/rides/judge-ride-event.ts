import type { RideEvent, RideEventOf } from '../events/ride-events.js';
import type { Ride } from './ride-schema.js';
import { FINAL_RIDE_STATES, RIDE_TRANSITIONS } from './ride-states.js';

export type RideVerdict = 'applied' | 'late' | 'duplicate' | 'illegal';

export type Judgement =
  { readonly verdict: 'applied' } | { readonly verdict: Exclude<RideVerdict, 'applied'>; readonly reason: string };

const applied: Judgement = { verdict: 'applied' };
const late = (reason: string): Judgement => ({ verdict: 'late', reason });
const duplicate = (reason: string): Judgement => ({ verdict: 'duplicate', reason });
const illegal = (reason: string): Judgement => ({ verdict: 'illegal', reason });

/** Whether an event moves a ride on. The table of legal moves is {@link RIDE_TRANSITIONS}; this says what the rest means. */
export function judge(ride: Ride, event: RideEvent): Judgement {
  if (event.rideId !== ride.rideId) return illegal(`event of ride ${event.rideId} for ride ${ride.rideId}`);
  if (event.riderId !== ride.riderId) return illegal(`rider ${event.riderId} is not the rider ${ride.riderId}`);
  if (event.zone !== ride.zone) return illegal(`zone ${event.zone} does not own the ride, ${ride.zone} does`);
  switch (event.type) {
    case 'ride.queued':
      return duplicate('the ride was queued before');
    case 'ride.offered':
      return judgeOffered(ride, event);
    case 'ride.offer_accepted':
    case 'ride.offer_declined':
      return judgeAnswer(ride, event);
    case 'ride.offer_expired':
      return judgeExpired(ride, event);
    case 'ride.assigned':
      return judgeAssigned(ride, event);
    case 'ride.requeued':
      if (ride.driverId === event.driverId) return judgeByState(ride, event);
      if (ride.blockedDrivers.includes(event.driverId)) return duplicate(`${event.driverId} gave the ride back before`);
      return illegal(`${event.driverId} does not have the ride`);
    case 'ride.no_driver_found':
      return ride.state === 'no_driver_found' ? duplicate('the search has ended before') : judgeByState(ride, event);
    case 'ride.cancelled':
      return ride.state === 'cancelled' ? duplicate('the ride was cancelled before') : judgeByState(ride, event);
    case 'ride.driver_arrived':
    case 'ride.started':
    case 'ride.completed':
    case 'ride.driver_cancelled':
      return judgeProgress(ride, event);
  }
}

function judgeByState(ride: Ride, event: RideEvent): Judgement {
  if (RIDE_TRANSITIONS[event.type].from.includes(ride.state)) return applied;
  return illegal(`${event.type} while ${ride.state}`);
}

/** True for an offer that was made before: open, closed, or turned into the assignment. */
function isKnownOffer(ride: Ride, offerId: string): boolean {
  return offerId === ride.offer?.offerId || offerId === ride.assignedOfferId || ride.closedOffers.includes(offerId);
}

function judgeOffered(ride: Ride, event: RideEventOf<'ride.offered'>): Judgement {
  if (isKnownOffer(ride, event.offerId)) return duplicate(`offer ${event.offerId} was made before`);
  if (ride.blockedDrivers.includes(event.driverId)) return illegal(`${event.driverId} gave the ride back before`);
  return judgeByState(ride, event);
}

function judgeAnswer(ride: Ride, event: RideEventOf<'ride.offer_accepted' | 'ride.offer_declined'>): Judgement {
  const { offer } = ride;
  const accepts = event.type === 'ride.offer_accepted';
  if (accepts && event.offerId === ride.assignedOfferId) return duplicate('the ride is assigned by this offer');
  if (offer?.offerId !== event.offerId) return late(`offer ${event.offerId} is not open`);
  if (offer.driverId !== event.driverId) return illegal(`the offer was made to ${offer.driverId}`);
  if (offer.acceptedAt === null) return judgeByState(ride, event);
  return accepts ? duplicate('the offer was accepted before') : late('the offer was accepted before');
}

function judgeExpired(ride: Ride, event: RideEventOf<'ride.offer_expired'>): Judgement {
  if (ride.closedOffers.includes(event.offerId)) return duplicate(`offer ${event.offerId} was closed before`);
  if (ride.offer?.offerId !== event.offerId) return illegal(`offer ${event.offerId} is not open`);
  if (ride.offer.driverId !== event.driverId) return illegal(`the offer was made to ${ride.offer.driverId}`);
  return judgeByState(ride, event);
}

function judgeAssigned(ride: Ride, event: RideEventOf<'ride.assigned'>): Judgement {
  if (event.offerId === ride.assignedOfferId && event.driverId === ride.driverId) {
    return duplicate(`${event.driverId} has the ride`);
  }
  if (ride.offer?.offerId !== event.offerId) return illegal(`offer ${event.offerId} is not open`);
  if (ride.offer.driverId !== event.driverId) return illegal(`the offer was made to ${ride.offer.driverId}`);
  if (ride.offer.acceptedAt === null) return illegal('the driver has not accepted');
  return judgeByState(ride, event);
}

type Progress = RideEventOf<'ride.driver_arrived' | 'ride.started' | 'ride.completed' | 'ride.driver_cancelled'>;

/** What the phone of the ride's driver says on the way. */
function judgeProgress(ride: Ride, event: Progress): Judgement {
  if (ride.driverId !== event.driverId) {
    if (!ride.blockedDrivers.includes(event.driverId)) return illegal(`${event.driverId} does not have the ride`);
    if (event.type === 'ride.driver_cancelled') return duplicate(`${event.driverId} gave the ride back before`);
    return late(`${event.driverId} does not have the ride any more`);
  }
  if (saidBefore(ride, event)) return duplicate(`${event.type} was said before`);
  if (ride.state !== 'completed' && FINAL_RIDE_STATES.has(ride.state)) return late(`the ride is ${ride.state}`);
  return judgeByState(ride, event);
}

function saidBefore(ride: Ride, event: Progress): boolean {
  switch (event.type) {
    case 'ride.driver_arrived':
      return ride.arrivedAt !== null;
    case 'ride.started':
      return ride.startedAt !== null;
    case 'ride.completed':
      return ride.state === 'completed';
    case 'ride.driver_cancelled':
      return ride.givenBackAt !== null;
  }
}
