import type { RideState } from '@ridestream/ride-domain/rides/ride-states';
import type { LiveRide } from '../../../src/live/protocol.js';

export const RIDE_FILTERS = ['all', 'waiting', 'pickup', 'trip', 'ended'] as const;
export type RideFilter = (typeof RIDE_FILTERS)[number];

/** Each state of a ride stands in exactly one list. */
const FILTER_OF: Readonly<Record<RideState, Exclude<RideFilter, 'all'>>> = {
  queued: 'waiting',
  offered: 'waiting',
  en_route: 'pickup',
  arrived: 'pickup',
  in_progress: 'trip',
  completed: 'ended',
  cancelled: 'ended',
  no_driver_found: 'ended',
};

export const isWaiting = (ride: LiveRide): boolean => FILTER_OF[ride.state] === 'waiting';
export const isEnded = (ride: LiveRide): boolean => FILTER_OF[ride.state] === 'ended';

export interface RideList {
  readonly shown: readonly LiveRide[];
  /** Rides that match, of which `shown` are the first. */
  readonly total: number;
  readonly counts: Readonly<Record<RideFilter, number>>;
}

/**
 * Waiting riders come longest-waiting first, all other lists latest change first. `query` matches a part of the ride's,
 * rider's or driver's id.
 */
export function listRides(rides: Iterable<LiveRide>, filter: RideFilter, query: string, limit: number): RideList {
  const wanted = query.trim().toLowerCase();
  const counts = { all: 0, waiting: 0, pickup: 0, trip: 0, ended: 0 };
  const matching: LiveRide[] = [];
  for (const ride of rides) {
    const kind = FILTER_OF[ride.state];
    counts.all++;
    counts[kind]++;
    if (filter !== 'all' && kind !== filter) continue;
    const hit = [ride.rideId, ride.riderId, ride.driverId ?? ''].some((id) => id.toLowerCase().includes(wanted));
    if (hit) matching.push(ride);
  }
  if (filter === 'waiting') matching.sort((a, b) => a.requestedAt - b.requestedAt);
  else matching.sort((a, b) => b.updatedAt - a.updatedAt || (a.rideId < b.rideId ? 1 : -1));
  return { shown: matching.slice(0, limit), total: matching.length, counts };
}
