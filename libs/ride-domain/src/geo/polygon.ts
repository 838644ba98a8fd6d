import type { LatLon } from '../events/common.js';
import { boundsOf, METRES_PER_DEGREE, type Bounds } from './geometry.js';

/** A GeoJSON position: longitude first. */
export type Position = readonly [number, number];
/** A closed ring: the last position is the first again. */
export type Ring = readonly Position[];
/** An outer ring and holes. */
export type PolygonRings = readonly Ring[];
/** What a zone covers: one polygon or several. */
export type MultiPolygonRings = readonly PolygonRings[];

/** Even-odd ray casting (Shimrat 1962). A point on the edge may count as inside or outside. */
function insideRing(ring: Ring, { lat, lon }: LatLon): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!;
    const [xj, yj] = ring[j]!;
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export function contains(shape: MultiPolygonRings, point: LatLon): boolean {
  return shape.some(([outer, ...holes]) => {
    return outer !== undefined && insideRing(outer, point) && !holes.some((hole) => insideRing(hole, point));
  });
}

export function shapeBounds(shape: MultiPolygonRings): Bounds {
  return boundsOf(shape.flatMap(([outer = []]) => outer.map(([lon, lat]) => ({ lat, lon }))));
}

/** Signed area in square degrees (shoelace); positive when the ring runs counter-clockwise. */
export function ringArea(ring: Ring): number {
  let twice = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    twice += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1];
  }
  return twice / 2;
}

/** Area in square metres, holes taken off. */
export function areaM2(shape: MultiPolygonRings): number {
  let squareDegrees = 0;
  for (const [outer, ...holes] of shape) {
    if (outer !== undefined) squareDegrees += Math.abs(ringArea(outer));
    for (const hole of holes) squareDegrees -= Math.abs(ringArea(hole));
  }
  const [, south, , north] = shapeBounds(shape);
  return squareDegrees * METRES_PER_DEGREE ** 2 * Math.cos((((south + north) / 2) * Math.PI) / 180);
}

/** Centroid of the largest outer ring: a good place for a label. */
export function centroid(shape: MultiPolygonRings): LatLon {
  const outers = shape.map(([outer = []]) => outer);
  const ring = outers.reduce((best, next) => (Math.abs(ringArea(next)) > Math.abs(ringArea(best)) ? next : best));
  // Relative to the first position, because the products of nearby degrees cancel badly.
  const [x0, y0] = ring[0] ?? [0, 0];
  let [x, y, twice] = [0, 0, 0];
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = [ring[i]![0] - x0, ring[i]![1] - y0];
    const [xj, yj] = [ring[j]![0] - x0, ring[j]![1] - y0];
    const cross = xj * yi - xi * yj;
    x += (xi + xj) * cross;
    y += (yi + yj) * cross;
    twice += cross;
  }
  return { lat: y0 + y / (3 * twice), lon: x0 + x / (3 * twice) };
}

/** Metres from a point to the outline of a shape, on the plane around the point. */
export function distanceToOutlineM(shape: MultiPolygonRings, point: LatLon): number {
  const lonScale = METRES_PER_DEGREE * Math.cos((point.lat * Math.PI) / 180);
  let best = Infinity;
  for (const polygon of shape) {
    for (const ring of polygon) {
      for (let i = 1; i < ring.length; i++) {
        const ax = (ring[i - 1]![0] - point.lon) * lonScale;
        const ay = (ring[i - 1]![1] - point.lat) * METRES_PER_DEGREE;
        const bx = (ring[i]![0] - point.lon) * lonScale;
        const by = (ring[i]![1] - point.lat) * METRES_PER_DEGREE;
        best = Math.min(best, originToSegment(ax, ay, bx, by));
      }
    }
  }
  return best;
}

/** Distance from the origin to the segment from a to b. */
function originToSegment(ax: number, ay: number, bx: number, by: number): number {
  const dx = bx - ax;
  const dy = by - ay;
  const lengthSquared = dx * dx + dy * dy;
  const along = lengthSquared === 0 ? 0 : Math.max(0, Math.min(1, -(ax * dx + ay * dy) / lengthSquared));
  return Math.hypot(ax + along * dx, ay + along * dy);
}

/** Metres between a point and a box, 0 inside. A lower bound for the distance to what the box holds. */
export function distanceToBoundsM([west, south, east, north]: Bounds, { lat, lon }: LatLon): number {
  const dLon = Math.max(west - lon, 0, lon - east);
  const dLat = Math.max(south - lat, 0, lat - north);
  return Math.hypot(dLon * METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180), dLat * METRES_PER_DEGREE);
}
