import { TYPICAL_HOUR_OF_WEEK } from '../demand/hour-of-week.js';
import { SeededRandom } from '../random/seeded-random.js';
import { zoneRings } from './blocks.js';
import { buildNetwork, type Network } from './network.js';
import { densify, distance, insidePolygon, type Path, type Point } from './plane.js';
import { AIRFIELD, DOCKS, PARKS, WATER } from './plan-land.js';
import type { RoadClass } from './plan-arterials.js';
import { HOT_SPOTS, ZONES, type PlannedZone } from './plan-zones.js';
import { drawStreets } from './streets.js';
import { toGlobe } from './transform.js';
import { directedEdges } from './travel-times.js';

const SEED = 7;
const CITY = {
  id: 'merrow-bay',
  name: 'Merrow Bay',
  timeZone: 'Atlantic/Azores',
  attribution: 'Merrow Bay is an invented city.',
  defaultStart: '2026-03-03T07:30',
};

/** The files of the city pack that ships with this package, by name. Always the same. */
export function merrowBayFiles(): ReadonlyMap<string, string> {
  const random = new SeededRandom(SEED);
  const network = buildNetwork(drawStreets(random.fork('streets')));
  const rings = zoneRings(network, ZONES);
  return new Map([
    ['city.json', `${JSON.stringify(CITY, null, 2)}\n`],
    ['nodes.csv', nodesCsv(network)],
    ['edges.csv', edgesCsv(network)],
    ['zones.geojson', zonesGeoJson(rings)],
    ['roads.geojson', roadsGeoJson(network)],
    ['backdrop.geojson', backdropGeoJson()],
    ['pickups.csv', pickupsCsv(network, rings.flat(), random.fork('pickups'))],
    ['demand.json', `${JSON.stringify({ hourOfWeek: TYPICAL_HOUR_OF_WEEK })}\n`],
  ]);
}

const lines = (rows: readonly string[]): string => `${rows.join('\n')}\n`;

/** `[longitude, latitude]` to about half a metre. */
function position(point: Point): readonly [number, number] {
  const { lat, lon } = toGlobe(point);
  return [Number(lon.toFixed(5)), Number(lat.toFixed(5))];
}

function nodesCsv({ nodes }: Network): string {
  const rows = nodes.map((node, index) => {
    const [lon, lat] = position(node);
    return `${index + 1},${lat.toFixed(5)},${lon.toFixed(5)}`;
  });
  return lines(['id,lat,lon', ...rows]);
}

function edgesCsv(network: Network): string {
  const hours = Array.from({ length: 24 }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
  const rows = directedEdges(network).map(({ from, to, seconds }, index) => {
    const times = seconds.map((value) => String(Number(value.toFixed(value < 30 ? 1 : 0))));
    return [index + 1, from + 1, to + 1, ...times].join(',');
  });
  return lines([['id', 'from', 'to', ...hours].join(','), ...rows]);
}

function collection(features: readonly object[]): string {
  const rows = features.map((feature) => JSON.stringify({ type: 'Feature', ...feature }));
  return `{"type":"FeatureCollection","features":[\n${rows.join(',\n')}\n]}\n`;
}

const closedRing = (ring: Path): (readonly [number, number])[] => [...ring, ring[0]!].map(position);

function zonesGeoJson(rings: readonly (readonly Path[])[]): string {
  return collection(
    ZONES.map(({ id, name, homes, jobs, leisure }, index) => ({
      properties: { id, name, homes, jobs, leisure },
      geometry: { type: 'MultiPolygon', coordinates: rings[index]!.map((ring) => [closedRing(ring)]) },
    })),
  );
}

/** Stretches that follow each other on one street as one line. */
function roadsGeoJson({ nodes, edges }: Network): string {
  const roads: { name: string; class: RoadClass; nodes: number[] }[] = [];
  for (const { name, class: roadClass, from, to } of edges) {
    const last = roads[roads.length - 1];
    const goesOn = last?.name === name && last.class === roadClass && last.nodes[last.nodes.length - 1] === from;
    if (goesOn) last.nodes.push(to);
    else roads.push({ name, class: roadClass, nodes: [from, to] });
  }
  return collection(
    roads.map((road) => ({
      properties: { class: road.class, name: road.name },
      geometry: { type: 'LineString', coordinates: road.nodes.map((node) => position(nodes[node]!)) },
    })),
  );
}

function backdropGeoJson(): string {
  const area = (kind: 'water' | 'park', name: string, rings: readonly Path[]): object => ({
    properties: { kind, name },
    geometry: { type: 'Polygon', coordinates: rings.map((ring) => closedRing(densify(ring, 150))) },
  });
  return collection([
    area('park', AIRFIELD.name, [AIRFIELD.grass, ...AIRFIELD.runways]),
    ...PARKS.map(({ name, ring }) => area('park', name, [ring])),
    ...WATER.map(({ name, rings }) => area('water', name, rings)),
    ...DOCKS.map(({ name, ring }) => area('water', name, [ring])),
  ]);
}

const CORNER: Readonly<Record<RoadClass, number>> = {
  motorway: 0,
  primary: 2.2,
  secondary: 1.6,
  tertiary: 1.2,
  residential: 0.8,
};

/** Pick-ups of an invented year: more on wide streets, in busy zones, and about the places that draw riders from far. */
function pickupsCsv({ nodes, edges }: Network, zones: readonly Path[], random: SeededRandom): string {
  const corner = new Float64Array(nodes.length);
  for (const { from, to, class: roadClass } of edges) {
    for (const node of [from, to]) corner[node] = Math.max(corner[node]!, CORNER[roadClass]);
  }
  const rows = nodes.flatMap((node, index) => {
    const zone = nearestOf(node);
    const busy = zone.homes + zone.jobs + zone.leisure;
    const spots = HOT_SPOTS.map(({ at, factor, spreadM }) => factor * Math.exp(-((distance(node, at) / spreadM) ** 2)));
    const pull = corner[index]! * (1 + spots.reduce((sum, value) => sum + value, 0));
    const count = Math.round(0.6 * busy * pull * Math.exp(random.normal(0, 0.5)));
    const place: Point = [node[0] + random.between(-15, 15), node[1] + random.between(-15, 15)];
    const [lon, lat] = position(place);
    // Nobody is picked up on a bridge.
    return count === 0 || !zones.some((ring) => insidePolygon(ring, place))
      ? []
      : [`${lon.toFixed(5)},${lat.toFixed(5)},${count}`];
  });
  return lines(['lon,lat,count', ...rows]);
}

function nearestOf(point: Point): PlannedZone {
  return ZONES.reduce((best, zone) => (distance(point, zone.middle) < distance(point, best.middle) ? zone : best));
}
