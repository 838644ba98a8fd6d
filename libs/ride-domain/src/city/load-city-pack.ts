import { fileURLToPath } from 'node:url';
import type { DemandModel } from '../demand/demand-model.js';
import type { LatLon } from '../events/common.js';
import { boundsOf, type Bounds } from '../geo/geometry.js';
import type { RoadGraph } from '../roads/road-graph.js';
import { CityCalendar } from '../time/city-calendar.js';
import { ZoneIndex } from '../zones/zone-index.js';
import { balanceZones, type ZonePartitionTable } from '../zones/zone-partitions.js';
import { CityPackError } from './city-pack-error.js';
import { guessCitySettings, readCitySettings, type CitySettings } from './city-settings.js';
import { buildDemand, DEMAND_FILE_NAMES } from './demand-files.js';
import { readBackdrop, readStreets, type GeoJsonFeatures } from './geojson.js';
import { PackFiles } from './pack-files.js';
import { readPartitionTable } from './partition-file.js';
import { readJunctions, readRoadGraph, streetsFromGraph } from './road-files.js';
import { readZones, zonesToGeoJson } from './zone-file.js';

/** A city: its roads, zones, demand, and what to draw. */
export interface CityPack extends CitySettings {
  /** `[west, south, east, north]` around roads and zones. */
  readonly bounds: Bounds;
  readonly calendar: CityCalendar;
  readonly graph: RoadGraph;
  readonly zones: ZoneIndex;
  readonly partitions: ZonePartitionTable;
  readonly demand: DemandModel;
  /** Polygons; properties zone (id) and name. */
  readonly zonesGeoJson: GeoJsonFeatures;
  /** Lines; properties class and name. */
  readonly streetsGeoJson: GeoJsonFeatures;
  /** Polygons; property kind (water or park). Empty for packs without. */
  readonly backdropGeoJson: GeoJsonFeatures;
  /** What was left out or guessed, a sentence each. */
  readonly warnings: readonly string[];
}

export interface LoadCityPackOptions {
  /** Zone partitions of the topics. Default 12. */
  readonly partitions?: number;
}

export const DEFAULT_PARTITIONS = 12;

/** The city that ships with this package. */
export const defaultCityDir = (): string => fileURLToPath(new URL('../../cities/merrow-bay', import.meta.url));

/**
 * Loads a city pack: a directory with nodes.csv, edges.csv and zones.geojson, and optionally city.json, roads.geojson,
 * backdrop.geojson, pickups.csv, taxis.csv, demand.json and partitions.json. The README of this package describes them.
 *
 * @throws CityPackError naming file, line and field of the first thing that is wrong.
 */
export async function loadCityPack(dir: string, options: LoadCityPackOptions = {}): Promise<CityPack> {
  const files = new PackFiles(dir);
  await files.assertDirectory();
  const warnings: string[] = [];
  const [nodesCsv, edgesCsv, zonesText] = [
    await files.required('nodes.csv'),
    await files.required('edges.csv'),
    await files.required('zones.geojson'),
  ];
  const settingsText = await files.optional('city.json');
  const settings =
    settingsText === null
      ? guessCitySettings(dir, boundsOf(readJunctions(nodesCsv).positions), warnings)
      : readCitySettings(settingsText);
  const calendar = new CityCalendar(settings.timeZone);
  const graph = readRoadGraph(nodesCsv, edgesCsv, calendar, warnings);
  const packZones = readZones(zonesText);
  const zones = new ZoneIndex(packZones, { roads: roadsOf(graph) });
  warnAboutEmptyZones(graph, zones, warnings);

  const demand = buildDemand(
    graph,
    zones,
    packZones,
    {
      pickups: await files.optional(DEMAND_FILE_NAMES.pickups),
      trips: await files.optional(DEMAND_FILE_NAMES.trips),
      profile: await files.optional(DEMAND_FILE_NAMES.profile),
    },
    warnings,
  );
  const streetsText = await files.optional('roads.geojson');
  const backdropText = await files.optional('backdrop.geojson');
  const partitionCount = options.partitions ?? DEFAULT_PARTITIONS;
  return {
    ...settings,
    bounds: boundsOf([...graphPoints(graph), ...zones.all().flatMap(({ bounds }) => corners(bounds))]),
    calendar,
    graph,
    zones,
    partitions: await loadPartitions(files, zones, demand, partitionCount, warnings),
    demand,
    zonesGeoJson: zonesToGeoJson(packZones),
    streetsGeoJson: streetsText === null ? streetsFromGraph(graph) : readStreets('roads.geojson', streetsText),
    backdropGeoJson:
      backdropText === null
        ? { type: 'FeatureCollection', features: [] }
        : readBackdrop('backdrop.geojson', backdropText),
    warnings,
  };
}

async function loadPartitions(
  files: PackFiles,
  zones: ZoneIndex,
  demand: DemandModel,
  partitionCount: number,
  warnings: string[],
): Promise<ZonePartitionTable> {
  const loads = zones.all().map(({ id }) => ({ id, load: demand.shareOfWeek(id), neighbours: zones.neighbours(id) }));
  const text = await files.optional('partitions.json');
  const own = text === null ? null : readPartitionTable(text, partitionCount, loads, warnings);
  return own ?? balanceZones(loads, partitionCount);
}

/** Every stretch of road once, as its two ends. */
function* roadsOf(graph: RoadGraph): Iterable<readonly [LatLon, LatLon]> {
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [a, b] = [graph.edgeFrom[edge]!, graph.edgeTo[edge]!];
    if (a < b) yield [graph.position(a), graph.position(b)];
  }
}

function warnAboutEmptyZones(graph: RoadGraph, zones: ZoneIndex, warnings: string[]): void {
  const withRoads = new Set<string | null>();
  for (const point of graphPoints(graph)) withRoads.add(zones.zoneAt(point));
  const empty = zones.all().filter(({ id }) => !withRoads.has(id));
  if (empty.length === zones.all().length) {
    throw new CityPackError({ file: 'zones.geojson' }, 'no junction of nodes.csv lies in any zone');
  }
  if (empty.length > 0) {
    warnings.push(`zones.geojson: no junction lies in ${empty.map(({ id, name }) => `${name} (${id})`).join(', ')}`);
  }
}

function* graphPoints(graph: RoadGraph): Iterable<LatLon> {
  for (let node = 0; node < graph.nodeCount; node++) yield graph.position(node);
}

const corners = ([west, south, east, north]: Bounds): LatLon[] => [
  { lat: south, lon: west },
  { lat: north, lon: east },
];
