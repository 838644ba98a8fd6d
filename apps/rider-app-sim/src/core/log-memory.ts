import type { DriverLocation, DriverState, DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequested, RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import { applyRideEvent, type Ride } from '@ridestream/ride-domain/rides/ride';
import { carOf } from './fleet.js';
import type { RememberedCity, RememberedDriver, RememberedRide } from './remembered-city.js';
import { isSimulatedRide } from './ride-ids.js';

/**
 * Folds what stands in the log into what phones remember. Records of one partition must come in order; partitions and topics
 * may come in any order.
 */
export class LogMemory {
  private readonly drivers = new Map<string, RememberedDriver>();
  private readonly requests = new Map<string, RideRequested>();
  private readonly rides = new Map<string, Ride>();
  private readonly cancelAsked = new Set<string>();
  private cars = 0;

  noteDriver(event: DriverStatusEvent | DriverLocation): void {
    const car = carOf(event.driverId);
    if (car === null) return;
    this.cars = Math.max(this.cars, car + 1);
    const known = this.drivers.get(event.driverId);
    if (known !== undefined && known.seq >= event.seq) return;
    this.drivers.set(event.driverId, rememberDriver(event, known?.state));
  }

  noteRequest(event: RideRequestsEvent): void {
    if (event.type === 'ride.requested') this.requests.set(event.rideId, event);
    else this.cancelAsked.add(event.rideId);
  }

  noteRide(event: RideEvent): void {
    const { ride } = applyRideEvent(this.rides.get(event.rideId), event);
    if (ride !== undefined) this.rides.set(event.rideId, ride);
  }

  /** Requests from before `sinceMs` that dispatch never took on are left out: their riders have gone. */
  remembered(sinceMs: number): RememberedCity {
    const known = [...this.rides.values()].filter(({ endedAt }) => endedAt === null).map((ride) => this.known(ride));
    const unheard = [...this.requests.values()]
      .filter(({ at, rideId }) => at >= sinceMs && !this.rides.has(rideId))
      .map((request) => this.waiting(request));
    return { drivers: [...this.drivers.values()], rides: [...known, ...unheard], carsSeen: this.cars };
  }

  private known(ride: Ride): RememberedRide {
    const waiting = this.waiting(requestOf(ride));
    const { state, givenBackAt, driverId, offer, startedAt } = ride;
    const driven = state === 'en_route' || state === 'arrived' || state === 'in_progress';
    if (driven && givenBackAt === null) return { ...waiting, phase: state, driverId, startedAt: startedAt ?? 0 };
    return { ...waiting, offer: offer && { ...offer, accepted: offer.acceptedAt !== null } };
  }

  private waiting(request: RideRequested): RememberedRide {
    return {
      request,
      phase: 'waiting',
      offer: null,
      driverId: null,
      startedAt: 0,
      simulatedRider: isSimulatedRide(request.rideId),
      cancelAsked: this.cancelAsked.has(request.rideId),
    };
  }
}

function rememberDriver(
  event: DriverStatusEvent | DriverLocation,
  stateBefore: DriverState | undefined,
): RememberedDriver {
  const { driverId, seq, position } = event;
  // Only who is on duty crosses a border.
  if (event.type === 'driver.left_zone') {
    return { driverId, seq, position, zone: event.toZone, state: stateBefore ?? 'idle' };
  }
  return { driverId, seq, position, zone: event.zone, state: event.state };
}

function requestOf(ride: Ride): RideRequested {
  const { rideId, riderId, zone, requestedAt, pickup, dropoff, dropoffZone, vehicleClass, quote } = ride;
  const where = { zone, pickup, dropoff, dropoffZone };
  return { type: 'ride.requested', v: 1, at: requestedAt, rideId, riderId, ...where, vehicleClass, quote };
}
