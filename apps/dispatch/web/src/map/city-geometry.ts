import type { CityView, GeoJsonCollection } from '../../../src/live/protocol.js';

export type Point = readonly [number, number];
export type Ring = readonly Point[];
/** Outer ring first, then holes. */
export type Polygon = readonly Ring[];

export interface ZoneShape {
  readonly zone: string;
  readonly name: string;
  readonly polygons: readonly Polygon[];
  /** Inside the largest polygon, near its middle. */
  readonly centre: Point;
  /** East-west room at the centre, degrees. */
  readonly widthDeg: number;
  readonly box: readonly [number, number, number, number];
}

/** From the least to the most important; drawn in this order. */
export const STREET_RANKS = ['path', 'street', 'main', 'arterial', 'motorway'] as const;
export type StreetRank = (typeof STREET_RANKS)[number];
export interface Street {
  readonly rank: StreetRank;
  readonly name: string;
  readonly path: Ring;
}

export interface CityGeometry {
  readonly name: string;
  readonly timeZone: string;
  readonly attribution: string;
  readonly bounds: CityView['bounds'];
  readonly zones: readonly ZoneShape[];
  readonly streets: Readonly<Record<StreetRank, readonly Street[]>>;
  readonly water: readonly Polygon[];
  readonly parks: readonly Polygon[];
}

interface Feature {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly coordinates: unknown;
}

const RANKS: Readonly<Record<string, StreetRank>> = {
  motorway: 'motorway',
  motorway_link: 'motorway',
  trunk: 'motorway',
  trunk_link: 'motorway',
  bridge: 'motorway',
  tunnel: 'motorway',
  primary: 'arterial',
  primary_link: 'arterial',
  avenue: 'arterial',
  secondary: 'main',
  secondary_link: 'main',
  tertiary: 'main',
  tertiary_link: 'main',
  footway: 'path',
  path: 'path',
  steps: 'path',
  pedestrian: 'path',
  cycleway: 'path',
  bridleway: 'path',
  track: 'path',
  service: 'path',
};

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

function features(collection: GeoJsonCollection): Feature[] {
  return collection.features.flatMap((feature) => {
    if (!isRecord(feature) || !isRecord(feature['geometry'])) return [];
    const { type, coordinates } = feature['geometry'];
    const properties = isRecord(feature['properties']) ? feature['properties'] : {};
    return [{ properties, type: text(type), coordinates }];
  });
}

// The gateway validated the pack: past the geometry's type its coordinates have the shape that GeoJSON gives them.
const polygonsOf = ({ type, coordinates }: Feature): readonly Polygon[] => {
  if (type === 'Polygon') return [coordinates as Polygon];
  return type === 'MultiPolygon' ? (coordinates as readonly Polygon[]) : [];
};
const linesOf = ({ type, coordinates }: Feature): readonly Ring[] => {
  if (type === 'LineString') return [coordinates as Ring];
  return type === 'MultiLineString' ? (coordinates as readonly Ring[]) : [];
};

export function ringArea(ring: Ring): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    sum += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1];
  }
  return sum / 2;
}

/** Even-odd rule over all rings, so holes count as outside. */
export function insidePolygon(polygon: Polygon, [x, y]: Point): boolean {
  let inside = false;
  for (const ring of polygon) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [ax, ay] = ring[i]!;
      const [bx, by] = ring[j]!;
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
  }
  return inside;
}

/** Where a horizontal line crosses a polygon, as the widest stretch inside it. */
function widestSpan(polygon: Polygon, y: number): { middle: number; width: number } {
  const crossings: number[] = [];
  for (const ring of polygon) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [ax, ay] = ring[i]!;
      const [bx, by] = ring[j]!;
      if (ay > y !== by > y) crossings.push(((bx - ax) * (y - ay)) / (by - ay) + ax);
    }
  }
  crossings.sort((a, b) => a - b);
  let best = { middle: 0, width: 0 };
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const width = crossings[i + 1]! - crossings[i]!;
    if (width > best.width) best = { middle: (crossings[i]! + crossings[i + 1]!) / 2, width };
  }
  return best;
}

/** A good place for a label: the widest of a few lines across the middle half of the outline. */
function labelPlace(polygon: Polygon): { centre: Point; widthDeg: number } {
  const ys = polygon[0]!.map((point) => point[1]);
  const [south, north] = [Math.min(...ys), Math.max(...ys)];
  let best = { centre: polygon[0]![0]!, widthDeg: 0 };
  for (const share of [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74]) {
    const y = south + (north - south) * share;
    const span = widestSpan(polygon, y);
    // Near the middle is better unless it is much narrower.
    if (span.width > best.widthDeg * 1.15) best = { centre: [span.middle, y], widthDeg: span.width };
  }
  return best;
}

function zoneShape(feature: Feature): ZoneShape | null {
  const polygons = polygonsOf(feature);
  const largest = polygons.reduce<Polygon | null>(
    (best, polygon) => (best && Math.abs(ringArea(best[0]!)) >= Math.abs(ringArea(polygon[0]!)) ? best : polygon),
    null,
  );
  if (!largest) return null;
  const zone = text(feature.properties['zone']);
  const points = polygons.flatMap((polygon) => [...polygon[0]!]);
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] as const;
  return { zone, name: text(feature.properties['name']) || zone, polygons, ...labelPlace(largest), box };
}

export function cityGeometry(city: CityView): CityGeometry {
  const streets: Record<StreetRank, Street[]> = { path: [], street: [], main: [], arterial: [], motorway: [] };
  for (const feature of features(city.streets)) {
    const rank = RANKS[text(feature.properties['class'])] ?? 'street';
    const name = text(feature.properties['name']);
    for (const path of linesOf(feature)) if (path.length > 1) streets[rank].push({ rank, name, path });
  }
  const backdrop = features(city.backdrop);
  const ofKind = (kind: string): Polygon[] =>
    backdrop.filter(({ properties }) => properties['kind'] === kind).flatMap((feature) => [...polygonsOf(feature)]);
  const zones = features(city.zones).flatMap((feature) => zoneShape(feature) ?? []);
  const { name, timeZone, attribution, bounds } = city;
  return { name, timeZone, attribution, bounds, zones, streets, water: ofKind('water'), parks: ofKind('park') };
}

export function zoneAt(zones: readonly ZoneShape[], point: Point): ZoneShape | null {
  const [x, y] = point;
  for (const zone of zones) {
    const [west, south, east, north] = zone.box;
    if (x < west || x > east || y < south || y > north) continue;
    if (zone.polygons.some((polygon) => insidePolygon(polygon, point))) return zone;
  }
  return null;
}
