import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import type { Motion } from './motion.js';

/** What the phone keeps of a ride that it was offered or drives. */
export interface RideTask {
  readonly rideId: string;
  readonly riderId: string;
  /** Zone of the pick-up, which owns the ride: the driver's answers go to its partition. */
  readonly zone: string;
  readonly pickup: LatLon;
  readonly dropoff: LatLon;
  /** Agreed upfront; null: by the meter, where the phone was not told. */
  readonly fareCents: number | null;
}

export interface OpenOffer extends RideTask {
  readonly offerId: string;
  readonly expiresAt: number;
  readonly pickupEtaS: number;
  /** Accepted: waiting for dispatch to confirm or release. */
  accepted: boolean;
}

export interface ActiveRide extends RideTask {
  phase: 'en_route' | 'waiting' | 'on_trip';
  /** City time when the trip began; 0 before. */
  startedAt: number;
  tripDistanceM: number;
}

const REMEMBERED_MAX = 16;

/** The last few ids, oldest forgotten first: enough to know a message that comes twice. */
export class RecentIds {
  private readonly ids: string[] = [];

  has(id: string): boolean {
    return this.ids.includes(id);
  }

  add(id: string): void {
    this.ids.push(id);
    if (this.ids.length > REMEMBERED_MAX) this.ids.shift();
  }
}

/**
 * One driver with phone and car. The phone is the authority on what the driver does: `offer` and `ride` are never both set,
 * and never replaced while set.
 */
export class Driver {
  state: DriverState = 'offline';
  /** Of the last event, over DriverStatus and LocationUpdates together. */
  seq = 0;
  zone = '';
  offer: OpenOffer | null = null;
  ride: ActiveRide | null = null;
  shiftEndsAt = 0;
  /** Wants to be off the road until then, as soon as there is no ride to finish. 0: no such wish. */
  offUntil = 0;
  /** Grows whenever the driver becomes idle: what was planned for an earlier idle time is void. */
  idleTurn = 0;
  readonly answeredOffers = new RecentIds();
  readonly endedRides = new RecentIds();

  constructor(
    readonly id: string,
    /** The car is driven in turns; its drivers share the number. */
    readonly car: number,
    readonly vehicleClass: VehicleClass,
    readonly random: SeededRandom,
    readonly motion: Motion,
  ) {}

  get rideId(): string | null {
    return this.ride?.rideId ?? this.offer?.rideId ?? null;
  }
}
