import { ApiException } from '@ridestream/platform/http/api-error';
import type { CityPack } from '@ridestream/ride-domain/city/load-city-pack';
import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type {
  RideCancelRequested,
  RideRequested,
  RideRequestsEvent,
} from '@ridestream/ride-domain/events/ride-requests';
import { fareCents } from '@ridestream/ride-domain/pricing/fares';
import { FINAL_RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import { Router } from '@ridestream/ride-domain/roads/router';
import type { StreamProducer } from 'streaming-core/client/types';
import type { CityState } from '../live/city-state.js';
import type { QuoteView, RequestRideBody, RideView } from '../live/protocol.js';

export interface RideDeskParts {
  readonly pack: CityPack;
  readonly city: CityState;
  readonly cityNow: () => number;
  readonly wallNow: () => number;
  readonly newRideId: () => string;
  /** Throws while the log cannot be written to. */
  readonly producer: () => StreamProducer;
}

export type CancelReason = RideCancelRequested['reason'];

/** A ride shorter than this is a slip of the finger. */
const DISTANCE_MIN_M = 50;

/** Where riders are served through the API: it answers from the city's picture and writes to RideRequests, never elsewhere. */
export class RideDesk {
  private readonly router: Router;

  constructor(private readonly parts: RideDeskParts) {
    this.router = new Router(parts.pack.graph);
  }

  /** @throws ApiException 422 when the trip cannot be made in this city */
  quote(pickup: LatLon, dropoff: LatLon, vehicleClass: VehicleClass): QuoteView & { readonly dropoffZone: string } {
    const { pack, city, cityNow } = this.parts;
    const zone = this.zoneOf(pickup, 'pickup');
    const dropoffZone = this.zoneOf(dropoff, 'dropoff');
    const from = pack.graph.nearestNode(pickup);
    const route = this.router.route(from, pack.graph.nearestNode(dropoff), cityNow());
    if (route === null) throw new ApiException(422, 'NO_ROUTE', 'There is no road from the pick-up to the drop-off.');
    const { distanceM, durationS } = route;
    if (distanceM < DISTANCE_MIN_M) {
      throw new ApiException(422, 'TOO_SHORT', 'The pick-up and the drop-off are at the same corner.');
    }
    const surge = city.surgeOf(zone);
    const fare = fareCents({ distanceM, durationS, surge, vehicleClass });
    return {
      fareCents: fare,
      surge,
      distanceM: Math.round(distanceM),
      durationS: Math.round(durationS),
      zone,
      dropoffZone,
    };
  }

  /** Writes the request; resolves when the log has it. */
  async request(body: RequestRideBody): Promise<RideView> {
    const { city, cityNow, newRideId } = this.parts;
    const { riderId, pickup, dropoff, vehicleClass = 'standard' } = body;
    const { zone, dropoffZone, ...quote } = this.quote(pickup, dropoff, vehicleClass);
    const rideId = newRideId();
    const event: RideRequested = {
      type: 'ride.requested',
      v: 1,
      at: cityNow(),
      rideId,
      riderId,
      zone,
      pickup,
      dropoff,
      dropoffZone,
      vehicleClass,
      quote,
    };
    await this.write(event);
    city.rides.note(event);
    return this.find(rideId);
  }

  /** @throws ApiException 404 for a ride that is not known (any more) */
  find(rideId: string): RideView {
    const ride = this.parts.city.rides.find(rideId);
    if (ride === undefined) throw new ApiException(404, 'RIDE_NOT_FOUND', `There is no ride ${rideId}.`);
    return ride;
  }

  /** Writes the wish to cancel. The ride's zone decides: read the ride to see what came of it. */
  async cancel(rideId: string, reason: CancelReason): Promise<RideView> {
    const ride = this.find(rideId);
    if (FINAL_RIDE_STATES.has(ride.state)) {
      throw new ApiException(409, 'RIDE_ENDED', `The ride has ended (${ride.state}).`);
    }
    if (ride.state === 'in_progress') {
      throw new ApiException(409, 'RIDE_IN_PROGRESS', 'The rider is on board: it is too late to cancel.');
    }
    const { riderId, zone } = ride;
    const at = this.parts.cityNow();
    await this.write({ type: 'ride.cancel_requested', v: 1, at, rideId, riderId, zone, reason });
    return ride;
  }

  private async write(event: RideRequestsEvent): Promise<void> {
    const { pack, producer, wallNow } = this.parts;
    const partition = pack.partitions.partitionOf(event.zone);
    const record = encodeEvent('RideRequests', event, { partition, timestampMs: wallNow() });
    let log: StreamProducer;
    try {
      log = producer();
    } catch {
      throw new ApiException(503, 'STARTING', 'The service is starting. Try again in a few seconds.');
    }
    try {
      await log.send([record]);
    } catch {
      throw new ApiException(503, 'LOG_UNAVAILABLE', 'The event log cannot be written to. Try again.');
    }
  }

  private zoneOf(point: LatLon, which: 'pickup' | 'dropoff'): string {
    const zone = this.parts.pack.zones.zoneAt(point);
    if (zone !== null) return zone;
    const name = which === 'pickup' ? 'pick-up' : 'drop-off';
    throw new ApiException(422, 'OUT_OF_CITY', `The ${name} is outside the zones of ${this.parts.pack.name}.`, [
      { path: which, message: 'not in any zone' },
    ]);
  }
}
