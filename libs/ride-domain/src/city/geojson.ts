import { z } from 'zod';
import { areaM2, type MultiPolygonRings, type Position } from '../geo/polygon.js';
import { CityPackError } from './city-pack-error.js';
import { parsePackJson } from './pack-json.js';

/** What the dashboard draws. */
export interface GeoJsonFeatures {
  readonly type: 'FeatureCollection';
  readonly features: readonly GeoJsonFeature[];
}

export interface GeoJsonFeature {
  readonly type: 'Feature';
  readonly properties: Readonly<Record<string, string | number>>;
  readonly geometry:
    | { readonly type: 'LineString'; readonly coordinates: readonly Position[] }
    | { readonly type: 'MultiLineString'; readonly coordinates: readonly (readonly Position[])[] }
    | { readonly type: 'MultiPolygon'; readonly coordinates: MultiPolygonRings };
}

/** A position may carry a height, which is dropped. */
const position = z
  .array(z.number())
  .min(2, 'a position is [longitude, latitude]')
  .refine(
    ([lon, lat]) => Math.abs(lon!) <= 180 && Math.abs(lat!) <= 90,
    'a position is [longitude, latitude] in degrees',
  )
  .transform(([lon, lat]): Position => [lon!, lat!]);
const line = z.array(position).min(2, 'a line has two positions at least');
const ring = z
  .array(position)
  .min(3, 'a ring has three corners at least')
  .transform(closed)
  .refine((positions) => positions.length >= 4, 'a ring has three corners at least');
const polygon = z.array(ring).min(1, 'a polygon has an outer ring');

function closed(positions: Position[]): Position[] {
  const [first, last] = [positions[0]!, positions[positions.length - 1]!];
  return first[0] === last[0] && first[1] === last[1] ? positions : [...positions, first];
}

const area = z.discriminatedUnion('type', [
  z
    .object({ type: z.literal('Polygon'), coordinates: polygon })
    .transform(({ coordinates }): MultiPolygonRings => [coordinates]),
  z
    .object({ type: z.literal('MultiPolygon'), coordinates: z.array(polygon).min(1) })
    .transform(({ coordinates }): MultiPolygonRings => coordinates),
]);
const lines = z.discriminatedUnion('type', [
  z.object({ type: z.literal('LineString'), coordinates: line }),
  z.object({ type: z.literal('MultiLineString'), coordinates: z.array(line).min(1) }),
]);
const properties = z.record(z.string(), z.unknown()).nullable().default(null);

const collectionOf = <G extends z.ZodType>(geometry: G) =>
  z.object({
    type: z.literal('FeatureCollection'),
    features: z.array(z.object({ type: z.literal('Feature'), id: z.unknown().optional(), properties, geometry })),
  });

/** Properties under lower-case names; where two differ in case only, the first counts. */
export type LooseProperties = ReadonlyMap<string, unknown>;

function loose(record: Record<string, unknown> | null, id: unknown): LooseProperties {
  const found = new Map<string, unknown>();
  for (const [name, value] of Object.entries(record ?? {})) {
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
  }
  if (id !== undefined && id !== null) found.set('feature id', id);
  return found;
}

/** The first of the named properties that holds text or a number, as text; empty when none does. */
export function propertyText(record: LooseProperties, names: readonly string[]): string {
  for (const name of names) {
    const value = record.get(name);
    if (typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')) return String(value).trim();
  }
  return '';
}

export interface AreaFeature {
  readonly properties: LooseProperties;
  readonly shape: MultiPolygonRings;
}

/** Polygons of a GeoJSON file. @throws CityPackError for what is not one, or has no area. */
export function readAreas(file: string, text: string): AreaFeature[] {
  const { features } = parsePackJson(file, text, collectionOf(area));
  return features.map((feature, index) => {
    if (!(areaM2(feature.geometry) > 1)) {
      throw new CityPackError({ file, field: `features[${index}].geometry` }, 'the polygon has no area');
    }
    return { properties: loose(feature.properties, feature.id), shape: feature.geometry };
  });
}

/** `roads.geojson` with nothing but what drawing needs: properties class and name. */
export function readStreets(file: string, text: string): GeoJsonFeatures {
  const { features } = parsePackJson(file, text, collectionOf(lines));
  return {
    type: 'FeatureCollection',
    features: features.map(({ properties: record, geometry }) => ({
      type: 'Feature',
      properties: {
        class: propertyText(loose(record, null), ['class', 'fclass', 'highway']) || 'unclassified',
        name: propertyText(loose(record, null), ['name']),
      },
      geometry,
    })),
  };
}

/** `backdrop.geojson`: water and parks, property kind. Other kinds are left out. */
export function readBackdrop(file: string, text: string): GeoJsonFeatures {
  const areas = readAreas(file, text).map(({ properties: record, shape }) => ({
    kind: propertyText(record, ['kind']),
    name: propertyText(record, ['name']),
    shape,
  }));
  return {
    type: 'FeatureCollection',
    features: areas
      .filter(({ kind }) => kind === 'water' || kind === 'park')
      .map(({ kind, name, shape }) => ({
        type: 'Feature',
        properties: { kind, name },
        geometry: { type: 'MultiPolygon', coordinates: shape },
      })),
  };
}
