import type { LatLon } from '../events/common.js';
import { distanceM } from '../geo/geometry.js';
import { largestStrongComponent } from '../roads/connected-component.js';
import { repairEdgeTimes } from '../roads/edge-times.js';
import { HOURS_PER_DAY, RoadGraph } from '../roads/road-graph.js';
import type { CityCalendar } from '../time/city-calendar.js';
import { CityPackError } from './city-pack-error.js';
import { readCsvTable } from './csv-table.js';
import type { GeoJsonFeatures } from './geojson.js';

const NODES_FILE = 'nodes.csv';
const EDGES_FILE = 'edges.csv';
const HOUR_COLUMNS = Array.from({ length: HOURS_PER_DAY }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
/** No stretch of road takes longer than a day. */
const EDGE_SECONDS_MAX = 86_400;

interface Junctions {
  readonly ids: readonly string[];
  readonly positions: readonly LatLon[];
  readonly indexById: ReadonlyMap<string, number>;
}

interface Edges {
  readonly from: readonly number[];
  readonly to: readonly number[];
  /** 24 values per edge, one edge after the other. */
  readonly seconds: readonly number[];
}

/** Junctions: columns id, lat, lon. */
export function readJunctions(text: string): Junctions {
  const rows = readCsvTable(NODES_FILE, text, ['id', 'lat', 'lon']);
  if (rows.length === 0) throw new CityPackError({ file: NODES_FILE }, 'holds no junctions');
  const indexById = new Map<string, number>();
  const positions = rows.map((row, index) => {
    const id = row.required('id');
    const before = indexById.get(id);
    if (before !== undefined) row.fail('id', `junction ${id} is already on line ${rows[before]!.line}`);
    indexById.set(id, index);
    return { lat: row.number('lat', { min: -90, max: 90 }), lon: row.number('lon', { min: -180, max: 180 }) };
  });
  return { ids: [...indexById.keys()], positions, indexById };
}

/** One-way roads between junctions: columns id, from, to, and s00 to s23, the travel seconds in each hour of the day. */
export function readEdges(text: string, junctions: Junctions, warnings: string[]): Edges {
  const rows = readCsvTable(EDGES_FILE, text, ['id', 'from', 'to', ...HOUR_COLUMNS]);
  const lineById = new Map<string, number>();
  const from: number[] = [];
  const to: number[] = [];
  const seconds: number[] = [];
  let loops = 0;
  for (const row of rows) {
    const id = row.required('id');
    const before = lineById.get(id);
    if (before !== undefined) row.fail('id', `edge ${id} is already on line ${before}`);
    lineById.set(id, row.line);
    const [start, end] = (['from', 'to'] as const).map((column) => {
      const node = row.required(column);
      return junctions.indexById.get(node) ?? row.fail(column, `no junction ${node} in ${NODES_FILE}`);
    }) as [number, number];
    const times = HOUR_COLUMNS.map((column) => row.number(column, { min: 0, max: EDGE_SECONDS_MAX }));
    if (start === end) {
      loops++;
      continue;
    }
    from.push(start);
    to.push(end);
    seconds.push(...times);
  }
  if (from.length === 0) throw new CityPackError({ file: EDGES_FILE }, 'holds no roads between junctions');
  if (loops > 0) warnings.push(`${EDGES_FILE}: ${loops} edges that end where they begin are left out`);
  return { from, to, seconds };
}

/**
 * The road graph of a pack: its largest strongly connected part, so that every junction can be reached from every other, with
 * implausible edge times repaired. What is left out is said in `warnings`.
 *
 * @throws CityPackError naming file, line and column.
 */
export function readRoadGraph(
  nodesCsv: string,
  edgesCsv: string,
  calendar: CityCalendar,
  warnings: string[],
): RoadGraph {
  const junctions = readJunctions(nodesCsv);
  const edges = readEdges(edgesCsv, junctions, warnings);
  const connected = largestStrongComponent({ nodeCount: junctions.ids.length, from: edges.from, to: edges.to });
  const keptNodes = junctions.ids.flatMap((_, node) => (connected[node] === 1 ? [node] : []));
  if (keptNodes.length < 2) {
    throw new CityPackError({ file: EDGES_FILE }, 'no two junctions can be reached from each other');
  }
  if (keptNodes.length < junctions.ids.length) warnings.push(leftOut(junctions, connected));

  const newNumber = new Map(keptNodes.map((node, index) => [node, index]));
  const keptEdges = edges.from.flatMap((_, e) =>
    connected[edges.from[e]!] === 1 && connected[edges.to[e]!] === 1 ? [e] : [],
  );
  const positions = keptNodes.map((node) => junctions.positions[node]!);
  const from = keptEdges.map((e) => newNumber.get(edges.from[e]!)!);
  const to = keptEdges.map((e) => newNumber.get(edges.to[e]!)!);
  const lengthsM = from.map((start, e) => distanceM(positions[start]!, positions[to[e]!]!));
  const byHour = new Float64Array(HOURS_PER_DAY * keptEdges.length);
  for (const [index, edge] of keptEdges.entries()) {
    for (let hour = 0; hour < HOURS_PER_DAY; hour++) {
      byHour[hour * keptEdges.length + index] = edges.seconds[edge * HOURS_PER_DAY + hour]!;
    }
  }
  return new RoadGraph({ positions, from, to, seconds: repairEdgeTimes(lengthsM, byHour), calendar });
}

function leftOut({ ids }: Junctions, connected: Uint8Array): string {
  const lost = ids.filter((_, node) => connected[node] !== 1);
  const named = lost.slice(0, 10).join(', ');
  return (
    `${NODES_FILE}: ${lost.length} of ${ids.length} junctions cannot be reached from the rest or cannot reach it, ` +
    `and are left out: ${named}${lost.length > 10 ? ', …' : ''}`
  );
}

/** Street lines for packs that bring no roads.geojson: each pair of joined junctions once. */
export function streetsFromGraph(graph: RoadGraph): GeoJsonFeatures {
  const drawn = new Set<string>();
  const features: GeoJsonFeatures['features'][number][] = [];
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [a, b] = [graph.edgeFrom[edge]!, graph.edgeTo[edge]!];
    const key = a < b ? `${a} ${b}` : `${b} ${a}`;
    if (drawn.has(key)) continue;
    drawn.add(key);
    const ends = [graph.position(a), graph.position(b)].map(({ lat, lon }) => [lon, lat] as const);
    features.push({
      type: 'Feature',
      properties: { class: 'residential', name: '' },
      geometry: { type: 'LineString', coordinates: ends },
    });
  }
  return { type: 'FeatureCollection', features };
}
