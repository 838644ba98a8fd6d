import type { LiveRide } from '../../../src/live/protocol.js';
import { useDashboard, useStore } from '../app/dashboard.js';
import { zoneAt, type CityGeometry, type Point } from '../map/city-geometry.js';

/** Zone names by point: rides keep their points, and looking one up anew each pulse would cost. */
const namesOf = new WeakMap<CityGeometry, WeakMap<Point, string>>();

function placeName(city: CityGeometry, point: Point): string {
  const names = namesOf.get(city) ?? new WeakMap<Point, string>();
  namesOf.set(city, names);
  const known = names.get(point);
  if (known !== undefined) return known;
  const name = zoneAt(city.zones, point)?.name ?? 'outside the zones';
  names.set(point, name);
  return name;
}

/** Names of the zones that a ride goes from and to. */
export function usePlaceNames(ride: Pick<LiveRide, 'zone' | 'dropoff'>): { from: string; to: string } {
  const dashboard = useDashboard();
  const city = useStore(dashboard.city);
  return { from: dashboard.zoneName(ride.zone), to: city ? placeName(city, ride.dropoff) : '…' };
}
