import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { CityLog } from './city-log.ts';

export type Offer = RideEventOf<'ride.offered'>;

export interface PhoneParts {
  readonly log: CityLog;
  readonly cityNow: () => number;
}

type RideOf = Pick<RideEvent, 'rideId' | 'riderId' | 'zone'>;

/** A driver's phone that says what the script tells it to say, and nothing else, but for the position now and then. */
export class DriverPhone {
  private seq = 0;
  private state: DriverState = 'offline';
  private rideId: string | null = null;
  private position: LatLon;
  private isReporting = false;

  constructor(
    readonly driverId: string,
    home: LatLon,
    private readonly parts: PhoneParts,
    private readonly vehicleClass: VehicleClass = 'standard',
  ) {
    this.position = home;
  }

  get zone(): string {
    return this.parts.log.pack.zones.nearestZone(this.position);
  }

  get isIdle(): boolean {
    return this.state === 'idle';
  }

  comeOnline(): Promise<void> {
    return this.become('idle', null);
  }

  goOffline(): Promise<void> {
    return this.become('offline', null);
  }

  async driveTo(position: LatLon): Promise<void> {
    const from = this.zone;
    this.position = position;
    const toZone = this.zone;
    if (from !== toZone) {
      // Goodbye to the old zone, then hello in the next one.
      await this.parts.log.say('DriverStatus', { type: 'driver.left_zone', ...this.envelope(), zone: from, toZone });
      await this.become(this.state, this.rideId);
    }
    await this.report();
  }

  /** Where the car is, as phones on duty say all the time. Skipped while the last one is still on its way. */
  async report(): Promise<void> {
    if (this.state === 'offline' || this.isReporting) return;
    this.isReporting = true;
    try {
      const { state, rideId } = this;
      const place = { type: 'driver.location', ...this.envelope(), state, rideId, speedMps: 0, bearingDeg: 0 } as const;
      await this.parts.log.say('LocationUpdates', place);
    } finally {
      this.isReporting = false;
    }
  }

  async accept(offer: Offer): Promise<void> {
    await this.become('offered', offer.rideId);
    await this.sayRide({ type: 'ride.offer_accepted', ...this.about(offer), offerId: offer.offerId });
  }

  async decline(offer: Offer, reason: 'declined' | 'busy' = 'declined'): Promise<void> {
    await this.sayRide({ type: 'ride.offer_declined', ...this.about(offer), offerId: offer.offerId, reason });
  }

  async setOut(ride: RideOf): Promise<void> {
    await this.become('en_route', ride.rideId);
  }

  async arrive(ride: RideOf & { readonly pickup: LatLon }): Promise<void> {
    await this.driveTo(ride.pickup);
    await this.sayRide({ type: 'ride.driver_arrived', ...this.about(ride) });
    await this.become('waiting', ride.rideId);
  }

  async start(ride: RideOf): Promise<void> {
    await this.sayRide({ type: 'ride.started', ...this.about(ride) });
    await this.become('on_trip', ride.rideId);
  }

  async complete(ride: RideOf & { readonly dropoff: LatLon }, fareCents: number): Promise<void> {
    await this.driveTo(ride.dropoff);
    const trip = { fareCents, distanceM: 900, durationS: 120 };
    await this.sayRide({ type: 'ride.completed', ...this.about(ride), ...trip });
    await this.become('idle', null);
  }

  async giveBack(ride: RideOf): Promise<void> {
    await this.sayRide({ type: 'ride.driver_cancelled', ...this.about(ride), reason: 'vehicle_trouble' });
    await this.become('idle', null);
  }

  async become(state: DriverState, rideId: string | null): Promise<void> {
    this.state = state;
    this.rideId = rideId;
    const status = {
      type: 'driver.status',
      ...this.envelope(),
      state,
      rideId,
      vehicleClass: this.vehicleClass,
    } as const;
    await this.parts.log.say('DriverStatus', status);
  }

  private sayRide(event: RideEvent): Promise<void> {
    return this.parts.log.say('RideEvents', event);
  }

  private about({ rideId, riderId, zone }: RideOf) {
    return { v: 1 as const, at: this.parts.cityNow(), rideId, riderId, zone, driverId: this.driverId };
  }

  private envelope() {
    const { driverId, zone, position } = this;
    return { v: 1 as const, at: this.parts.cityNow(), driverId, seq: ++this.seq, zone, position };
  }
}
