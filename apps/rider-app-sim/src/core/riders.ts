import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { Quote, RideCancelRequested, RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { fareCents } from '@ridestream/ride-domain/pricing/fares';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import { RIDER_HABITS } from './habits.js';
import { logNormal } from './random.js';
import { againRideId, attemptOf, firstRideId } from './ride-ids.js';
import type { World } from './world.js';

const { cancelsWhenTooFar, changesMind, forgetsAfterMs, looksAtMapMs, patienceMs, pickupToleranceS } = RIDER_HABITS;
const { premiumShare, retries, retryAfterMs, retryShare, xlShare } = RIDER_HABITS;

/** A ride as its rider's phone sees it. */
export interface RiderRide {
  readonly request: RideRequested;
  readonly random: SeededRandom;
  readonly toleranceS: number;
  /** 1 for the first request of this trip, more when the rider asks again. */
  readonly attempt: number;
  phase: 'waiting' | 'matched' | 'riding';
  /** Grows with every turn of the ride: a patience that began before is void. */
  turn: number;
  cancelAsked: boolean;
}

export interface TripWish {
  readonly pickup: LatLon;
  readonly dropoff: LatLon;
}

type Asked = Omit<RideRequested, 'type' | 'v' | 'at' | 'quote'>;

/** Rides that riders' phones follow at most. Beyond it new riders find the app overloaded and leave. */
export const RIDES_MAX = 50_000;
const PERSONS_MIN = 2_000;
const DRAWS_MAX = 8;
const SWEEP_EVERY_MS = 600_000;

/** The riders' phones: they ask, wait, lose patience, cancel, and learn from RideEvents how it ends. */
export class Riders {
  private readonly rides = new Map<string, RiderRide>();
  private readonly onTheWay = new Set<string>();
  private readonly surgeByZone = new Map<string, number>();
  private readonly persons: number;
  private requestCount = 0;
  turnedAway = 0;

  /** @param runId what makes ride ids unique over runs and seeds */
  constructor(
    private readonly world: World,
    private readonly random: SeededRandom,
    private readonly runId: string,
    persons: number,
  ) {
    this.persons = Math.max(PERSONS_MIN, persons);
    this.planSweep();
  }

  get requests(): number {
    return this.requestCount;
  }

  counts(): { waiting: number; matched: number; riding: number } {
    const counts = { waiting: 0, matched: 0, riding: 0 };
    for (const ride of this.rides.values()) counts[ride.phase]++;
    return counts;
  }

  follows(): Iterable<Readonly<RiderRide>> {
    return this.rides.values();
  }

  setSurge(zone: string, surge: number): void {
    this.surgeByZone.set(zone, surge);
  }

  /** A rider opens the app, sees a quote and asks for a ride. Who asks, and how patient they are, the seed alone decides. */
  ask(wish: TripWish): void {
    if (this.rides.size >= RIDES_MAX) {
      this.turnedAway++;
      return;
    }
    const rideId = firstRideId(this.runId, ++this.requestCount);
    const random = this.random.fork(rideId);
    const { city } = this.world;
    this.request(random, 1, {
      ...wish,
      rideId,
      riderId: this.person(random.fork('person')),
      zone: city.nearestZone(wish.pickup),
      dropoffZone: city.nearestZone(wish.dropoff),
      vehicleClass: classOf(random.next()),
    });
  }

  /** Goes on with a ride that was asked for before the phones were switched off. */
  resume(request: RideRequested, phase: RiderRide['phase'], cancelAsked: boolean): void {
    const ride = this.follow(request, this.random.fork(`again ${request.rideId}`), attemptOf(request.rideId));
    ride.phase = phase;
    ride.cancelAsked = cancelAsked;
  }

  /** News of a ride; of other people's rides there is nothing to do. */
  hear(event: RideEvent): void {
    const ride = this.rides.get(event.rideId);
    if (ride === undefined) return;
    switch (event.type) {
      case 'ride.assigned':
        ride.phase = 'matched';
        ride.turn++;
        this.judgePickup(ride, event.pickupEtaS);
        return;
      case 'ride.requeued':
        ride.phase = 'waiting';
        ride.turn++;
        this.beginWaiting(ride);
        return;
      case 'ride.started':
        ride.phase = 'riding';
        ride.turn++;
        return;
      case 'ride.no_driver_found':
        this.forget(ride);
        this.maybeAskAgain(ride);
        return;
      case 'ride.completed':
      case 'ride.cancelled':
        this.forget(ride);
        return;
      default:
        return;
    }
  }

  private request(random: SeededRandom, attempt: number, asked: Asked): void {
    const request: RideRequested = {
      type: 'ride.requested',
      v: 1,
      at: this.world.now,
      ...asked,
      quote: this.quote(asked),
    };
    const partition = this.world.city.partitionOf(request.zone);
    this.world.say({ topic: 'RideRequests', partition, event: request });
    this.follow(request, random, attempt);
  }

  private quote({ dropoff, pickup, vehicleClass, zone }: Asked): Quote {
    const drive = this.world.driveTo(this.world.city.nearestNode(pickup), dropoff);
    const surge = this.surgeByZone.get(zone) ?? 1;
    const { distanceM, durationS } = { distanceM: Math.round(drive.distanceM), durationS: Math.round(drive.durationS) };
    return { fareCents: fareCents({ distanceM, durationS, surge, vehicleClass }), surge, distanceM, durationS };
  }

  /** Somebody who is not under way already; a newcomer if that is not found in a few draws. */
  private person(random: SeededRandom): string {
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const id = `rider-${String(random.int(this.persons) + 1).padStart(5, '0')}`;
      if (!this.onTheWay.has(id)) return id;
    }
    return `rider-${this.runId}-${this.requestCount}`;
  }

  private follow(request: RideRequested, random: SeededRandom, attempt: number): RiderRide {
    const toleranceS = logNormal(random, pickupToleranceS.median, pickupToleranceS.spread);
    const ride = { request, random, toleranceS, attempt, phase: 'waiting', turn: 0, cancelAsked: false } as RiderRide;
    this.rides.set(request.rideId, ride);
    this.onTheWay.add(request.riderId);
    this.beginWaiting(ride);
    return ride;
  }

  /** Gives up, every now and then, what nobody has ended in all that time. */
  private planSweep(): void {
    this.world.after(SWEEP_EVERY_MS, () => {
      const before = this.world.now - forgetsAfterMs;
      for (const ride of this.rides.values()) if (ride.request.at < before) this.forget(ride);
      this.planSweep();
    });
  }

  private forget(ride: RiderRide): void {
    if (this.rides.get(ride.request.rideId) !== ride) return;
    this.rides.delete(ride.request.rideId);
    this.onTheWay.delete(ride.request.riderId);
  }

  private beginWaiting(ride: RiderRide): void {
    const { random, turn } = ride;
    const patience = logNormal(random, patienceMs.median, patienceMs.spread);
    const stillWaiting = () => ride.phase === 'waiting' && ride.turn === turn;
    if (random.chance(changesMind)) {
      this.world.after(patience * random.next(), () => {
        if (stillWaiting()) this.askToCancel(ride, 'changed_mind');
      });
      return;
    }
    this.world.after(patience, () => {
      if (stillWaiting()) this.askToCancel(ride, 'waited_too_long');
    });
  }

  private judgePickup(ride: RiderRide, pickupEtaS: number): void {
    const { random, turn } = ride;
    if (pickupEtaS <= ride.toleranceS || !random.chance(cancelsWhenTooFar)) return;
    this.world.after(random.between(...looksAtMapMs), () => {
      if (ride.phase === 'matched' && ride.turn === turn) this.askToCancel(ride, 'driver_too_far');
    });
  }

  private askToCancel(ride: RiderRide, reason: RideCancelRequested['reason']): void {
    const { rideId, riderId, zone } = ride.request;
    if (ride.cancelAsked || !this.rides.has(rideId)) return;
    ride.cancelAsked = true;
    this.world.say({
      topic: 'RideRequests',
      partition: this.world.city.partitionOf(zone),
      event: { type: 'ride.cancel_requested', v: 1, at: this.world.now, rideId, riderId, zone, reason },
    });
  }

  private maybeAskAgain(ride: RiderRide): void {
    if (ride.cancelAsked || ride.attempt > retries || !ride.random.chance(retryShare)) return;
    const { rideId, riderId, zone, pickup, dropoff, dropoffZone, vehicleClass } = ride.request;
    const attempt = ride.attempt + 1;
    const again = { rideId: againRideId(rideId, attempt), riderId, zone, pickup, dropoff, dropoffZone, vehicleClass };
    this.world.after(ride.random.between(...retryAfterMs), () => {
      if (this.rides.size < RIDES_MAX) this.request(ride.random.fork(again.rideId), attempt, again);
    });
  }
}

const classOf = (draw: number): VehicleClass =>
  draw < xlShare ? 'xl' : draw < xlShare + premiumShare ? 'premium' : 'standard';
