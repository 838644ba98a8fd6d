/** A city for tests: streets in a square grid, both ways, ten seconds a block; west half zone "west", east half zone "east". */
import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import type { DriverStatus } from '@ridestream/ride-domain/events/driver-events';
import type { RideCancelRequested, RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { RoadGraph } from '@ridestream/ride-domain/roads/road-graph';
import { CityCalendar } from '@ridestream/ride-domain/time/city-calendar';
import { ZonePartitionTable } from '@ridestream/ride-domain/zones/zone-partitions';

export const START_MS = Date.UTC(2024, 2, 5, 12);
export const BLOCK_S = 10;
const BLOCK_DEG = 0.001;
const ORIGIN: LatLon = { lat: 40.7, lon: -74 };

/** The corner at a column (east) and a row (north). */
export const corner = (column: number, row: number): LatLon => ({
  lat: ORIGIN.lat + row * BLOCK_DEG,
  lon: ORIGIN.lon + column * BLOCK_DEG,
});

export function gridGraph(size: number): RoadGraph {
  const positions = Array.from({ length: size * size }, (_, node) => corner(node % size, Math.floor(node / size)));
  const edges = positions.flatMap((_, node) => {
    const east = node % size < size - 1 ? [[node, node + 1] as const] : [];
    const north = node + size < size * size ? [[node, node + size] as const] : [];
    return [...east, ...north].flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  });
  return new RoadGraph({
    positions,
    from: edges.map(([from]) => from),
    to: edges.map(([, to]) => to),
    seconds: new Float32Array(24 * edges.length).fill(BLOCK_S),
    calendar: new CityCalendar('UTC'),
  });
}

/** Zone "west" in partition 0, its neighbour "east" in partition 1, and "island" in partition 2, beside none. */
export const gridPartitions = (): ZonePartitionTable =>
  new ZonePartitionTable(
    3,
    [
      { id: 'west', load: 1, neighbours: ['east'] },
      { id: 'east', load: 1, neighbours: ['west'] },
      { id: 'island', load: 1, neighbours: [] },
    ],
    new Map([
      ['west', 0],
      ['east', 1],
      ['island', 2],
    ]),
  );

export function rideRequest(
  rideId: string,
  pickup: LatLon,
  at: number,
  more: { readonly zone?: string; readonly vehicleClass?: VehicleClass } = {},
): RideRequested {
  return {
    type: 'ride.requested',
    v: 1,
    at,
    rideId,
    riderId: `rider-of-${rideId}`,
    zone: more.zone ?? 'west',
    pickup,
    dropoff: corner(9, 9),
    dropoffZone: 'east',
    vehicleClass: more.vehicleClass ?? 'standard',
    quote: { fareCents: 1200, surge: 1, distanceM: 1500, durationS: 180 },
  };
}

export const cancelRequest = (rideId: string, at: number): RideCancelRequested => ({
  type: 'ride.cancel_requested',
  v: 1,
  at,
  rideId,
  riderId: `rider-of-${rideId}`,
  zone: 'west',
  reason: 'changed_mind',
});

export function driverStatus(
  driverId: string,
  seq: number,
  position: LatLon,
  at: number,
  more: Partial<Pick<DriverStatus, 'state' | 'zone' | 'vehicleClass' | 'rideId'>> = {},
): DriverStatus {
  return {
    type: 'driver.status',
    v: 1,
    at,
    driverId,
    seq,
    zone: more.zone ?? 'west',
    position,
    state: more.state ?? 'idle',
    vehicleClass: more.vehicleClass ?? 'standard',
    rideId: more.rideId ?? null,
  };
}
