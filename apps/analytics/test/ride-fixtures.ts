import type { DriverState, DriverStatus } from '@ridestream/ride-domain/events/driver-events';
import type { RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequested } from '@ridestream/ride-domain/events/ride-requests';

export const NOON = Date.UTC(2026, 2, 6, 12);

const place = { lat: 40.7, lon: -74 };
const trip = {
  pickup: place,
  dropoff: place,
  dropoffZone: 'elsewhere',
  vehicleClass: 'standard',
  quote: { fareCents: 900, surge: 1, distanceM: 2000, durationS: 400 },
} as const;

export interface RideAt {
  readonly rideId: string;
  readonly zone: string;
}

const ride = ({ rideId, zone }: RideAt, at: number) => ({ v: 1, rideId, riderId: `${rideId}-p`, zone, at }) as const;

export const requested = (of: RideAt, at: number): RideRequested => ({
  type: 'ride.requested',
  ...ride(of, at),
  ...trip,
});

export const queued = (of: RideAt, at: number, requestedAt: number): RideEventOf<'ride.queued'> => ({
  type: 'ride.queued',
  ...ride(of, at),
  requestedAt,
  ...trip,
});

export const assigned = (of: RideAt, at: number): RideEventOf<'ride.assigned'> => ({
  type: 'ride.assigned',
  ...ride(of, at),
  driverId: `${of.rideId}-d`,
  offerId: `${of.rideId}-o`,
  pickup: place,
  dropoff: place,
  pickupEtaS: 60,
});

export const completed = (of: RideAt, at: number): RideEventOf<'ride.completed'> => ({
  type: 'ride.completed',
  ...ride(of, at),
  driverId: `${of.rideId}-d`,
  fareCents: 900,
  distanceM: 2000,
  durationS: 400,
});

export const cancelled = (of: RideAt, at: number): RideEventOf<'ride.cancelled'> => ({
  type: 'ride.cancelled',
  ...ride(of, at),
  by: 'rider',
  reason: 'changed_mind',
  driverId: null,
  feeCents: 0,
});

let seq = 0;
export const driver = (driverId: string, zone: string, state: DriverState, at: number): DriverStatus => ({
  type: 'driver.status',
  v: 1,
  at,
  driverId,
  seq: ++seq,
  zone,
  position: place,
  state,
  vehicleClass: 'standard',
  rideId: null,
});
