import type { LatLon } from '../events/common.js';

/** Mean earth radius (IUGG), metres. */
export const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;
/** Metres in a degree of latitude. */
export const METRES_PER_DEGREE = EARTH_RADIUS_M * RADIANS;

/** `[west, south, east, north]` in degrees, as GeoJSON has it. */
export type Bounds = readonly [number, number, number, number];

/** Great-circle distance in metres (haversine). */
export function distanceM(a: LatLon, b: LatLon): number {
  const sinLat = Math.sin(((b.lat - a.lat) * RADIANS) / 2);
  const sinLon = Math.sin(((b.lon - a.lon) * RADIANS) / 2);
  const h = sinLat * sinLat + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Initial bearing from `a` to `b`, degrees clockwise from north, 0 up to but not 360. */
export function bearingDeg(a: LatLon, b: LatLon): number {
  const deltaLon = (b.lon - a.lon) * RADIANS;
  const latA = a.lat * RADIANS;
  const latB = b.lat * RADIANS;
  const y = Math.sin(deltaLon) * Math.cos(latB);
  const x = Math.cos(latA) * Math.sin(latB) - Math.sin(latA) * Math.cos(latB) * Math.cos(deltaLon);
  const bearing = ((Math.atan2(y, x) / RADIANS) % 360) + 360;
  return bearing >= 360 ? bearing - 360 : bearing;
}

/** The point at `share` (0 to 1) of the way from `a` to `b`; straight in degrees, right for a city's distances. */
export function interpolate(a: LatLon, b: LatLon, share: number): LatLon {
  return { lat: a.lat + (b.lat - a.lat) * share, lon: a.lon + (b.lon - a.lon) * share };
}

/** The smallest box around points. Infinite, and inside out, when there are none. */
export function boundsOf(points: Iterable<LatLon>): Bounds {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { lat, lon } of points) {
    west = Math.min(west, lon);
    south = Math.min(south, lat);
    east = Math.max(east, lon);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

/** Metres east and north of an origin: plane geometry for a city (an error of about 0.1 % at 50 km). */
export class LocalProjection {
  readonly #origin: LatLon;
  readonly #metresPerLonDegree: number;

  constructor(origin: LatLon) {
    this.#origin = origin;
    this.#metresPerLonDegree = METRES_PER_DEGREE * Math.cos(origin.lat * RADIANS);
  }

  x(lon: number): number {
    return (lon - this.#origin.lon) * this.#metresPerLonDegree;
  }

  y(lat: number): number {
    return (lat - this.#origin.lat) * METRES_PER_DEGREE;
  }

  point(x: number, y: number): LatLon {
    return { lat: this.#origin.lat + y / METRES_PER_DEGREE, lon: this.#origin.lon + x / this.#metresPerLonDegree };
  }
}
