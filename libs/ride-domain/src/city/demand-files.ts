import { z } from 'zod';
import { DemandModel, type DemandTables } from '../demand/demand-model.js';
import { gravityDemand } from '../demand/gravity-demand.js';
import { RidePlaces, type WeightedPoint } from '../demand/ride-places.js';
import { tripDemand, type Trip } from '../demand/trip-demand.js';
import type { RoadGraph } from '../roads/road-graph.js';
import { hourOfWeekOfLocal, HOURS_PER_WEEK } from '../time/city-calendar.js';
import type { ZoneIndex } from '../zones/zone-index.js';
import { readCsvTable } from './csv-table.js';
import { parsePackJson } from './pack-json.js';
import type { PackZone } from './zone-file.js';

const PICKUPS_FILE = 'pickups.csv';
const TRIPS_FILE = 'taxis.csv';
const PROFILE_FILE = 'demand.json';

/** Texts of the optional files; null for those that the pack does not have. */
export interface DemandFiles {
  readonly pickups: string | null;
  readonly trips: string | null;
  readonly profile: string | null;
}

export const DEMAND_FILE_NAMES = { pickups: PICKUPS_FILE, trips: TRIPS_FILE, profile: PROFILE_FILE } as const;

/** Known pick-ups: columns lon, lat, count. Points outside all zones are left out and counted in the warnings. */
export function readPickups(
  text: string,
  zones: ZoneIndex,
  warnings: string[],
): { point: WeightedPoint; zone: string }[] {
  const found: { point: WeightedPoint; zone: string }[] = [];
  let outside = 0;
  const rows = readCsvTable(PICKUPS_FILE, text, ['lon', 'lat', 'count']);
  for (const row of rows) {
    const point = { lat: row.number('lat', { min: -90, max: 90 }), lon: row.number('lon', { min: -180, max: 180 }) };
    const weight = row.number('count', { min: 0, max: 1e9 });
    const zone = zones.zoneAt(point);
    if (zone === null) outside++;
    else found.push({ point: { point, weight }, zone });
  }
  if (outside > 0) warnings.push(`${PICKUPS_FILE}: ${outside} of ${rows.length} points lie outside all zones`);
  return found;
}

/** Trips made: columns pickup (local date and time), pickup_zone and dropoff_zone (name or id of a zone). */
export function readTrips(text: string, zones: ZoneIndex, warnings: string[]): Trip[] {
  const indexByName = new Map<string, number>();
  for (const [index, { id, name }] of zones.all().entries()) {
    for (const key of [name.toLowerCase(), id.toLowerCase()]) if (!indexByName.has(key)) indexByName.set(key, index);
  }
  const trips: Trip[] = [];
  const rows = readCsvTable(TRIPS_FILE, text, ['pickup', 'pickup_zone', 'dropoff_zone']);
  for (const row of rows) {
    const pickup = row.required('pickup');
    const hourOfWeek = hourOfWeekOfLocal(pickup);
    if (Number.isNaN(hourOfWeek))
      row.fail('pickup', `${JSON.stringify(pickup)} is not a time like 2026-03-04 17:05:00`);
    const from = indexByName.get(row.text('pickup_zone').toLowerCase());
    const to = indexByName.get(row.text('dropoff_zone').toLowerCase());
    if (from !== undefined && to !== undefined) trips.push({ hourOfWeek, from, to });
  }
  const unused = rows.length - trips.length;
  if (unused > 0) warnings.push(`${TRIPS_FILE}: ${unused} of ${rows.length} trips begin or end outside the zones`);
  return trips;
}

const profileSchema = z.object({
  hourOfWeek: z
    .array(z.number().min(0).max(1e9))
    .length(HOURS_PER_WEEK, `hourOfWeek has ${HOURS_PER_WEEK} numbers, from Monday at midnight`)
    .refine((hours) => hours.some((hour) => hour > 0), 'some hour must be above 0'),
});

/**
 * The demand of a pack, from the best that it has: trips, else what its zones say of homes, jobs and leisure, else its pick-up points,
 * else the density of its streets. An hour-of-week profile in demand.json goes before the one folded from trips.
 */
export function buildDemand(
  graph: RoadGraph,
  zones: ZoneIndex,
  packZones: readonly PackZone[],
  files: DemandFiles,
  warnings: string[],
): DemandModel {
  const pickups = files.pickups === null ? [] : readPickups(files.pickups, zones, warnings);
  const trips = files.trips === null ? [] : readTrips(files.trips, zones, warnings);
  const profile = files.profile === null ? null : parsePackJson(PROFILE_FILE, files.profile, profileSchema);
  const weightByZone = new Map<string, number>();
  for (const { point, zone } of pickups) weightByZone.set(zone, (weightByZone.get(zone) ?? 0) + point.weight);
  const places = RidePlaces.from(
    graph,
    zones,
    pickups.map(({ point }) => point),
  );

  let tables: DemandTables;
  if (trips.length > 0) {
    const tripZones = zones
      .all()
      .map(({ id, centroid }) => ({ zone: id, centroid, pickups: weightByZone.get(id) ?? 0 }));
    tables = tripDemand(tripZones, trips);
  } else {
    const known = packZones.some(({ attraction }) => attraction !== null);
    const attractions = zones.all().map(({ id, centroid }, index) => {
      const density = pickups.length > 0 ? (weightByZone.get(id) ?? 0) : places.junctionsIn(index);
      const same = { homes: density, jobs: density, leisure: density };
      const own = known ? (packZones[index]!.attraction ?? { homes: 0, jobs: 0, leisure: 0 }) : same;
      return { zone: id, centroid, ...own };
    });
    tables = gravityDemand(attractions);
  }
  return new DemandModel(profile === null ? tables : { ...tables, ...profile }, places, graph.calendar);
}
