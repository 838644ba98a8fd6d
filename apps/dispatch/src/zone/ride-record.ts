import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { applyRideEvent, type Ride } from '@ridestream/ride-domain/rides/ride';

/** A ride as dispatch sees it: the fold that all services share, and what dispatch alone must remember. */
export interface RideRecord {
  readonly ride: Ride;
  /** Drivers that are not asked for this ride before that city time (ms). */
  readonly notBefore: ReadonlyMap<string, number>;
  /** City time (ms), by dispatch's clock, since when the ride looks for the driver whom it has not, or last looked. */
  readonly waitingSince: number;
}

export type FoldVerdict = ReturnType<typeof applyRideEvent>['verdict'];

export interface FoldedRecord {
  readonly record: RideRecord | undefined;
  readonly verdict: FoldVerdict;
}

/** Past the end of city time: never again. */
const NEVER_MS = 4_070_908_800_000;
/** A phone that let an offer run out gets a rest; one that was busy or late may be asked again soon. */
const REST_AFTER_EXPIRY_MS = 60_000;
const REST_AFTER_REFUSAL_MS = 20_000;
const NOBODY: ReadonlyMap<string, number> = new Map();

/** Pure: the same events in the same order give the same record, on every instance. */
export function foldRecord(record: RideRecord | undefined, event: RideEvent): FoldedRecord {
  const { ride, verdict } = applyRideEvent(record?.ride, event);
  if (verdict !== 'applied' || ride === undefined) return { record, verdict };
  const begins = record === undefined || event.type === 'ride.requeued';
  const waitingSince = begins ? event.at : record.waitingSince;
  return { verdict, record: { ride, notBefore: restAfter(record?.notBefore ?? NOBODY, event), waitingSince } };
}

function restAfter(notBefore: ReadonlyMap<string, number>, event: RideEvent): ReadonlyMap<string, number> {
  switch (event.type) {
    case 'ride.offer_declined': {
      const until = event.reason === 'declined' ? NEVER_MS : event.at + REST_AFTER_REFUSAL_MS;
      return new Map(notBefore).set(event.driverId, until);
    }
    case 'ride.offer_expired':
      return new Map(notBefore).set(event.driverId, event.at + REST_AFTER_EXPIRY_MS);
    case 'ride.requeued':
      return new Map(notBefore).set(event.driverId, NEVER_MS);
    default:
      return notBefore;
  }
}

export const hasDriver = ({ state }: Ride): boolean =>
  state === 'en_route' || state === 'arrived' || state === 'in_progress';

/** The driver whom the ride holds: asked for it, or serving it. */
export function driverHeldBy(ride: Ride): string | null {
  if (ride.state === 'offered') return ride.offer?.driverId ?? null;
  return hasDriver(ride) ? ride.driverId : null;
}

/** What the driver's phone said and dispatch owes an answer to. */
export function unansweredOf(ride: Ride): 'accepted' | 'given_back' | null {
  if (ride.state === 'offered' && ride.offer !== null && ride.offer.acceptedAt !== null) return 'accepted';
  if ((ride.state === 'en_route' || ride.state === 'arrived') && ride.givenBackAt !== null) return 'given_back';
  return null;
}
