import { idSchema } from '../events/common.js';
import type { ZoneShape } from '../zones/zone-index.js';
import { CityPackError } from './city-pack-error.js';
import { propertyText, readAreas, type GeoJsonFeatures, type LooseProperties } from './geojson.js';

const FILE = 'zones.geojson';
const ID_NAMES = ['id', 'locationid', 'location_id', 'zone_id', 'zoneid', 'feature id'];

export interface PackZone extends ZoneShape {
  /** How many people live, work and go out here, in any unit; null where the pack does not say. */
  readonly attraction: { readonly homes: number; readonly jobs: number; readonly leisure: number } | null;
}

/**
 * Zones: polygons with an id (property `id`, `LocationID` or `zone_id`, or the feature's id) and a name (`name` or `zone`).
 * Features with the same id and name are parts of one zone, such as islands.
 *
 * @throws CityPackError naming the feature.
 */
export function readZones(text: string): PackZone[] {
  const areas = readAreas(FILE, text);
  if (areas.length === 0) throw new CityPackError({ file: FILE, field: 'features' }, 'holds no zones');
  const zones = new Map<string, PackZone>();
  for (const [index, { properties, shape }] of areas.entries()) {
    const fail = (field: string, problem: string): never => {
      throw new CityPackError({ file: FILE, field: `features[${index}].properties.${field}` }, problem);
    };
    // A file with no id at all may still have both: `zone` is then the id and `name` the name.
    const id = propertyText(properties, properties.has('name') ? [...ID_NAMES, 'zone'] : ID_NAMES);
    if (id === '') fail('id', 'the zone has no id');
    if (!idSchema.safeParse(id).success) fail('id', `${JSON.stringify(id)}: an id has 1 to 64 letters, digits, _ or -`);
    const name = propertyText(properties, ['name', 'zone', 'zone_name']) || id;
    const before = zones.get(id);
    if (before !== undefined && before.name !== name) fail('id', `${id} is also the id of the zone "${before.name}"`);
    const attraction = before?.attraction ?? readAttraction(properties, fail);
    zones.set(id, { id, name, shape: [...(before?.shape ?? []), ...shape], attraction });
  }
  return [...zones.values()];
}

function readAttraction(properties: LooseProperties, fail: (field: string, problem: string) => never) {
  const fields = ['homes', 'jobs', 'leisure'] as const;
  if (!fields.some((field) => properties.has(field))) return null;
  const [homes, jobs, leisure] = fields.map((field) => {
    const value = properties.get(field) ?? 0;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1e9)) return fail(field, 'is not a number from 0 to 1e9');
    return value;
  }) as [number, number, number];
  return { homes, jobs, leisure };
}

/** Zones to draw: properties zone (id) and name. */
export function zonesToGeoJson(zones: readonly ZoneShape[]): GeoJsonFeatures {
  return {
    type: 'FeatureCollection',
    features: zones.map(({ id, name, shape }) => ({
      type: 'Feature',
      properties: { zone: id, name },
      geometry: { type: 'MultiPolygon', coordinates: shape },
    })),
  };
}
