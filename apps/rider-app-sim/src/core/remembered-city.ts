import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import type { ActiveRide, Driver, OpenOffer, RideTask } from './driver.js';
import type { DriverReports } from './driver-reports.js';
import type { Duty } from './duty.js';
import type { Fleet } from './fleet.js';
import type { Offers } from './offers.js';
import type { Riders } from './riders.js';
import type { Trips } from './trips.js';
import type { World } from './world.js';

/** A driver as of the last thing that the phone said. */
export interface RememberedDriver {
  readonly driverId: string;
  readonly seq: number;
  readonly state: DriverState;
  readonly zone: string;
  readonly position: LatLon;
}

/** A ride that had not ended, as of the last event about it. */
export interface RememberedRide {
  readonly request: RideRequested;
  readonly phase: 'waiting' | 'en_route' | 'arrived' | 'in_progress';
  /** The offer that a phone holds, accepted or not. */
  readonly offer: RememberedOffer | null;
  /** The driver of the ride. */
  readonly driverId: string | null;
  /** City time of `ride.started`; 0 before. */
  readonly startedAt: number;
  /** The rider has a phone in this simulation, and not a person's request over HTTP. */
  readonly simulatedRider: boolean;
  readonly cancelAsked: boolean;
}

export interface RememberedOffer {
  readonly offerId: string;
  readonly driverId: string;
  readonly expiresAt: number;
  readonly pickupEtaS: number;
  readonly accepted: boolean;
}

/** What the log tells of the phones of an earlier run. */
export interface RememberedCity {
  readonly drivers: readonly RememberedDriver[];
  readonly rides: readonly RememberedRide[];
  /** As many cars as there were, which may be more than there are to be now. */
  readonly carsSeen: number;
}

/** The parts of the city that remembering fills. */
export interface Sleepers {
  readonly world: World;
  readonly fleet: Fleet;
  readonly reports: DriverReports;
  readonly duty: Duty;
  readonly offers: Offers;
  readonly trips: Trips;
  readonly riders: Riders;
}

/**
 * Switches the phones on again. Restored: where each driver is, on or off duty, sequence numbers, offers that are open or
 * accepted, rides at whatever point they were, riders who wait or ride. Drawn anew, because the log does not hold it: the rest
 * of shifts and of riders' patience, thinking and boarding times. Drivers set out again from where they were.
 */
export function wakeUp(remembered: RememberedCity, parts: Sleepers): void {
  const { duty, fleet, reports, riders } = parts;
  for (const memory of remembered.drivers) wakeDriver(memory, parts);
  // A ride in hand comes before an offer: whoever has one refuses the other, in whatever order the log gave them.
  for (const ride of remembered.rides) if (ride.driverId !== null) resumeRide(ride, ride.driverId, parts);
  for (const ride of remembered.rides) {
    if (ride.driverId === null && ride.offer !== null) resumeOffer(ride, ride.offer, parts);
    if (ride.simulatedRider) riders.resume(ride.request, riderPhase(ride.phase), ride.cancelAsked);
  }
  const driven = new Set<number>();
  for (const driver of fleet.drivers) {
    if (driver.state === 'offline') continue;
    duty.resume(driver);
    // A car too many, or one that two drivers claim: home after the ride in hand.
    if (driver.car >= fleet.cars || driven.has(driver.car)) driver.shiftEndsAt = 0;
    driven.add(driver.car);
    if (driver.state === 'idle') duty.becomeIdle(driver);
    else reports.status(driver);
  }
}

function wakeDriver(memory: RememberedDriver, { fleet, world }: Sleepers): void {
  const driver = fleet.get(memory.driverId);
  if (driver === undefined) return;
  driver.seq = Math.max(driver.seq, memory.seq);
  if (memory.state === 'offline') return;
  driver.zone = memory.zone;
  driver.motion.place(memory.position, world.city.nearestNode(memory.position));
  // Idle until a ride says otherwise: what the phone said last about a ride may be older than the ride's end.
  driver.state = 'idle';
}

function resumeRide(ride: RememberedRide, driverId: string, parts: Sleepers): void {
  const driver = parts.fleet.get(driverId);
  if (driver === undefined || driver.ride !== null || ride.phase === 'waiting') return;
  parts.trips.resume(driver, activeRide(taskOf(ride.request), ride, driver, parts.world));
}

/** One that the phone cannot hold runs out: dispatch sees to that. */
function resumeOffer(ride: RememberedRide, offer: RememberedOffer, parts: Sleepers): void {
  const driver = parts.fleet.get(offer.driverId);
  if (driver === undefined || driver.offer !== null || driver.ride !== null) return;
  parts.offers.hold(driver, offerOf(taskOf(ride.request), offer));
}

function activeRide(task: RideTask, ride: RememberedRide, driver: Driver, world: World): ActiveRide {
  const phase = ({ waiting: 'en_route', en_route: 'en_route', arrived: 'waiting', in_progress: 'on_trip' } as const)[
    ride.phase
  ];
  const soFar =
    phase === 'on_trip' ? world.driveTo(world.city.nearestNode(task.pickup), driver.motion.position()) : null;
  return { ...task, phase, startedAt: ride.startedAt, tripDistanceM: soFar?.distanceM ?? 0 };
}

function offerOf(task: RideTask, { offerId, expiresAt, pickupEtaS, accepted }: RememberedOffer): OpenOffer {
  return { ...task, offerId, expiresAt, pickupEtaS, accepted };
}

function taskOf({ rideId, riderId, zone, pickup, dropoff, quote }: RideRequested): RideTask {
  return { rideId, riderId, zone, pickup, dropoff, fareCents: quote.fareCents };
}

const riderPhase = (phase: RememberedRide['phase']) =>
  phase === 'waiting' ? 'waiting' : phase === 'in_progress' ? 'riding' : 'matched';
