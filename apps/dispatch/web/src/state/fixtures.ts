import type { LiveDelta, LiveRide, LiveSnapshot, VehicleTuple } from '../../../src/live/protocol.js';

/** City time that the tests start at. */
export const T0 = 1_700_000_000_000;

export const vehicle = (driverId: string, lon = 0, lat = 0, state: VehicleTuple[4] = 'idle'): VehicleTuple => [
  driverId,
  lon,
  lat,
  90,
  state,
  null,
];

export const ride = (rideId: string, part: Partial<LiveRide> = {}): LiveRide => ({
  rideId,
  riderId: 'rider-1',
  zone: 'z1',
  state: 'queued',
  requestedAt: T0,
  updatedAt: T0,
  pickup: [0, 0],
  dropoff: [0.01, 0.01],
  driverId: null,
  offerExpiresAt: null,
  fareCents: 1_250,
  ...part,
});

export const snapshot = (part: Partial<LiveSnapshot> = {}): LiveSnapshot => ({
  epoch: 'e1',
  seq: 7,
  clock: { cityMs: T0, wallMs: 1_000, speed: 10 },
  vehicles: [],
  rides: [],
  zones: [],
  metrics: null,
  ...part,
});

export const delta = (seq: number, part: Partial<LiveDelta> = {}): LiveDelta => ({
  epoch: 'e1',
  seq,
  clock: { cityMs: T0, wallMs: 1_000, speed: 10 },
  vehicles: [],
  vehiclesGone: [],
  rides: [],
  ridesGone: [],
  zones: [],
  metrics: null,
  ...part,
});
