import type { RideEvent, RideEventOf } from '../src/events/ride-events.js';
import type { RideRequested } from '../src/events/ride-requests.js';

/** City time at which every story begins. */
export const START_MS = 1_772_524_800_000;

export interface StoryOptions {
  readonly rideId?: string;
  readonly zone?: string;
  readonly startMs?: number;
}

/** Writes the events of one ride as its writers would, a second of city time apart. */
export function rideStory(options: StoryOptions = {}) {
  const { rideId = 'ride-1', zone = 'z1', startMs = START_MS } = options;
  let now = startMs;
  const ride = { v: 1 as const, rideId, riderId: `rider-of-${rideId}`, zone };
  const stamp = () => ({ ...ride, at: (now += 1_000) });
  const pickup = { lat: 41.9, lon: -29.6 };
  const dropoff = { lat: 41.92, lon: -29.58 };
  const quote = { fareCents: 1_200, surge: 1, distanceM: 3_000, durationS: 420 };
  const asked = { pickup, dropoff, dropoffZone: 'z2', vehicleClass: 'standard' as const, quote };
  const to = (driverId: string, offerId = `offer-${driverId}`) => ({ ...stamp(), driverId, offerId });
  const by = (driverId: string) => ({ ...stamp(), driverId });
  const why = { policy: 'batched', candidates: 3, rankByEta: 1, waitedS: 2 };

  return {
    requested: (): RideRequested => ({ type: 'ride.requested', ...stamp(), ...asked }),
    queued: (): RideEventOf<'ride.queued'> => ({ type: 'ride.queued', ...stamp(), requestedAt: startMs, ...asked }),
    offered: (driverId: string, offerId?: string): RideEventOf<'ride.offered'> => ({
      type: 'ride.offered',
      ...to(driverId, offerId),
      attempt: 1,
      expiresAt: now + 15_000,
      pickup,
      dropoff,
      fareCents: 1_200,
      pickupEtaS: 90,
      why,
    }),
    accepted: (driverId: string, offerId?: string): RideEvent => ({
      type: 'ride.offer_accepted',
      ...to(driverId, offerId),
    }),
    declined: (driverId: string, offerId?: string): RideEvent => ({
      type: 'ride.offer_declined',
      ...to(driverId, offerId),
      reason: 'declined',
    }),
    expired: (driverId: string, offerId?: string): RideEvent => ({
      type: 'ride.offer_expired',
      ...to(driverId, offerId),
    }),
    assigned: (driverId: string, offerId?: string): RideEvent => ({
      type: 'ride.assigned',
      ...to(driverId, offerId),
      pickup,
      dropoff,
      pickupEtaS: 90,
    }),
    arrived: (driverId: string): RideEvent => ({ type: 'ride.driver_arrived', ...by(driverId) }),
    started: (driverId: string): RideEvent => ({ type: 'ride.started', ...by(driverId) }),
    completed: (driverId: string): RideEvent => ({
      type: 'ride.completed',
      ...by(driverId),
      fareCents: 1_200,
      distanceM: 3_050,
      durationS: 430,
    }),
    driverCancelled: (driverId: string): RideEvent => ({
      type: 'ride.driver_cancelled',
      ...by(driverId),
      reason: 'too_far',
    }),
    requeued: (driverId: string): RideEvent => ({ type: 'ride.requeued', ...by(driverId) }),
    noDriver: (): RideEvent => ({ type: 'ride.no_driver_found', ...stamp(), waitedS: 300 }),
    cancelled: (driverId: string | null = null): RideEvent => ({
      type: 'ride.cancelled',
      ...stamp(),
      by: 'rider',
      reason: 'changed_mind',
      driverId,
      feeCents: driverId === null ? 0 : 300,
    }),
    /** Lets city time pass. */
    wait: (ms: number): void => {
      now += ms;
    },
  };
}

export type RideStory = ReturnType<typeof rideStory>;

/** From the queue to the end of a ride that goes well. */
export function happyRide(story: RideStory, driverId: string): RideEvent[] {
  return [
    story.queued(),
    story.offered(driverId),
    story.accepted(driverId),
    story.assigned(driverId),
    story.arrived(driverId),
    story.started(driverId),
    story.completed(driverId),
  ];
}
