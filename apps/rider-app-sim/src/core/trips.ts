import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import { fareCents } from '@ridestream/ride-domain/pricing/fares';
import { assert } from './assert.js';
import type { ActiveRide, Driver, RideTask } from './driver.js';
import type { DriverReports } from './driver-reports.js';
import { DRIVER_HABITS } from './habits.js';
import type { World } from './world.js';

const { boardingMs, cancelEnRoute, noShow, noShowMs } = DRIVER_HABITS;

type CancelReason = RideEventOf<'ride.driver_cancelled'>['reason'];

/** A driver serves a ride: to the pick-up, boarding, to the drop-off. */
export class Trips {
  /** Who serves a ride. */
  private readonly servedBy = new Map<string, Driver>();

  constructor(
    private readonly world: World,
    private readonly reports: DriverReports,
    /** The driver has no ride any more. */
    private readonly onFree: (driver: Driver) => void,
  ) {}

  /** Dispatch gave the ride to the driver, whose hands are free. */
  begin(driver: Driver, task: RideTask): void {
    driver.motion.advance(this.world.now);
    const ride: ActiveRide = { ...taskOf(task), phase: 'en_route', startedAt: 0, tripDistanceM: 0 };
    this.take(driver, ride);
    this.driveToPickup(driver, ride);
    this.reports.setState(driver, 'en_route');
    if (!driver.random.chance(cancelEnRoute)) return;
    const reason = driver.random.chance(0.5) ? 'vehicle_trouble' : 'other';
    const delayMs = (driver.motion.arrivesAt - this.world.now) * driver.random.next();
    this.world.after(delayMs, () => {
      if (driver.ride === ride && ride.phase === 'en_route') this.giveBack(driver, ride, reason);
    });
  }

  /** A phone that was switched on again in the middle of a ride goes on with it. */
  resume(driver: Driver, ride: ActiveRide): void {
    this.take(driver, ride);
    driver.state = ride.phase;
    if (ride.phase === 'en_route') this.driveToPickup(driver, ride);
    else if (ride.phase === 'waiting') this.board(driver, ride);
    else this.driveToDropoff(driver, ride);
  }

  /** The rider or the platform ended the ride, or gave it to another: the driver is free. */
  overhear(event: RideEvent): void {
    const driver = this.servedBy.get(event.rideId);
    if (driver === undefined) return;
    const over =
      event.type === 'ride.cancelled' ||
      (event.type === 'ride.requeued' && event.driverId === driver.id) ||
      (event.type === 'ride.assigned' && event.driverId !== driver.id);
    if (over) this.release(driver);
  }

  private release(driver: Driver): void {
    const { ride } = driver;
    if (ride === null) return;
    driver.motion.advance(this.world.now);
    driver.motion.stop(this.world.now);
    this.free(driver, ride);
  }

  private take(driver: Driver, ride: ActiveRide): void {
    assert(driver.ride === null && driver.offer === null, 'a driver holds one ride or offer at most');
    driver.ride = ride;
    this.servedBy.set(ride.rideId, driver);
  }

  private driveToPickup(driver: Driver, ride: ActiveRide): void {
    driver.motion.follow(this.world.driveTo(driver.motion.nodeAhead(), ride.pickup), this.world.now);
    this.world.at(driver.motion.arrivesAt, () => {
      if (driver.ride === ride && ride.phase === 'en_route') this.arrive(driver, ride);
    });
  }

  private arrive(driver: Driver, ride: ActiveRide): void {
    ride.phase = 'waiting';
    this.sayProgress(driver, ride, 'ride.driver_arrived');
    this.reports.setState(driver, 'waiting');
    this.board(driver, ride);
  }

  private board(driver: Driver, ride: ActiveRide): void {
    const { random } = driver;
    const stillWaiting = () => driver.ride === ride && ride.phase === 'waiting';
    if (random.chance(noShow)) {
      this.world.after(random.between(...noShowMs), () => {
        if (stillWaiting()) this.giveBack(driver, ride, 'rider_not_there');
      });
      return;
    }
    this.world.after(random.between(...boardingMs), () => {
      if (stillWaiting()) this.start(driver, ride);
    });
  }

  private start(driver: Driver, ride: ActiveRide): void {
    ride.phase = 'on_trip';
    ride.startedAt = this.world.now;
    this.sayProgress(driver, ride, 'ride.started');
    this.driveToDropoff(driver, ride);
    this.reports.setState(driver, 'on_trip');
  }

  private driveToDropoff(driver: Driver, ride: ActiveRide): void {
    driver.motion.advance(this.world.now);
    const drive = this.world.driveTo(driver.motion.nodeAhead(), ride.dropoff);
    ride.tripDistanceM += drive.distanceM;
    driver.motion.follow(drive, this.world.now);
    this.world.at(driver.motion.arrivesAt, () => {
      if (driver.ride === ride) this.complete(driver, ride);
    });
  }

  private complete(driver: Driver, ride: ActiveRide): void {
    driver.motion.advance(this.world.now);
    const distanceM = Math.round(ride.tripDistanceM);
    const durationS = Math.round((this.world.now - ride.startedAt) / 1000);
    const byMeter = () => fareCents({ distanceM, durationS, surge: 1, vehicleClass: driver.vehicleClass });
    this.world.say({
      topic: 'RideEvents',
      partition: this.world.city.partitionOf(ride.zone),
      event: {
        type: 'ride.completed',
        ...this.envelope(driver, ride),
        fareCents: ride.fareCents ?? byMeter(),
        distanceM,
        durationS,
      },
    });
    this.free(driver, ride);
  }

  private giveBack(driver: Driver, ride: ActiveRide, reason: CancelReason): void {
    this.world.say({
      topic: 'RideEvents',
      partition: this.world.city.partitionOf(ride.zone),
      event: { type: 'ride.driver_cancelled', ...this.envelope(driver, ride), reason },
    });
    this.release(driver);
  }

  private free(driver: Driver, ride: ActiveRide): void {
    driver.ride = null;
    this.servedBy.delete(ride.rideId);
    driver.endedRides.add(ride.rideId);
    this.onFree(driver);
  }

  private sayProgress(driver: Driver, ride: ActiveRide, type: 'ride.driver_arrived' | 'ride.started'): void {
    this.world.say({
      topic: 'RideEvents',
      partition: this.world.city.partitionOf(ride.zone),
      event: { type, ...this.envelope(driver, ride) },
    });
  }

  private envelope(driver: Driver, ride: RideTask) {
    const { rideId, riderId, zone } = ride;
    return { v: 1 as const, at: this.world.now, rideId, riderId, zone, driverId: driver.id };
  }
}

function taskOf({ rideId, riderId, zone, pickup, dropoff, fareCents }: RideTask): RideTask {
  return { rideId, riderId, zone, pickup, dropoff, fareCents };
}
