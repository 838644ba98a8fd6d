/**
 * A city pack for scenarios: a grid of streets, nine columns by six rows, ten seconds a block, in six zones of three by three
 * corners. Neighbouring zones always lie in different partitions.
 */
import { type CityPack, loadCityPack } from '@ridestream/ride-domain/city/load-city-pack';
import type { LatLon } from '@ridestream/ride-domain/events/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export const TINY_PARTITIONS = 4;
export const BLOCK_S = 10;
const COLUMNS = 9;
const ROWS = 6;
const ZONE_SIDE = 3;
const BLOCK_DEG = 0.001;
const ORIGIN: LatLon = { lat: 40.7, lon: -74 };

/** From west to east, the southern row first. */
const ZONES = [
  { id: 'sw', partition: 0 },
  { id: 's', partition: 1 },
  { id: 'se', partition: 2 },
  { id: 'nw', partition: 3 },
  { id: 'n', partition: 0 },
  { id: 'ne', partition: 1 },
] as const;

export interface TinyCity {
  readonly dir: string;
  readonly pack: CityPack;
  remove(): Promise<void>;
}

/** The corner at a column (0 to 8, eastward) and a row (0 to 5, northward). */
export const corner = (column: number, row: number): LatLon => ({
  lat: Number((ORIGIN.lat + row * BLOCK_DEG).toFixed(6)),
  lon: Number((ORIGIN.lon + column * BLOCK_DEG).toFixed(6)),
});

/** Writes the pack into a temporary directory and loads it. */
export async function makeTinyCity(): Promise<TinyCity> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tiny-city-'));
  const write = (file: string, text: string): Promise<void> => writeFile(path.join(dir, file), text);
  await write('city.json', JSON.stringify({ id: 'tinytown', name: 'Tinytown', timeZone: 'UTC' }));
  await write('nodes.csv', nodesCsv());
  await write('edges.csv', edgesCsv());
  await write('zones.geojson', JSON.stringify({ type: 'FeatureCollection', features: ZONES.map(zoneFeature) }));
  await write('partitions.json', JSON.stringify({ partitions: TINY_PARTITIONS, zones: zoneTable() }));
  const pack = await loadCityPack(dir, { partitions: TINY_PARTITIONS });
  return { dir, pack, remove: () => rm(dir, { recursive: true, force: true }) };
}

const zoneTable = (): Record<string, number> => Object.fromEntries(ZONES.map(({ id, partition }) => [id, partition]));

function nodesCsv(): string {
  const lines = corners().map(({ column, row }) => {
    const { lat, lon } = corner(column, row);
    return `${nodeId(column, row)},${lat},${lon}`;
  });
  return ['id,lat,lon', ...lines, ''].join('\n');
}

function edgesCsv(): string {
  const hours = Array.from({ length: 24 }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
  const seconds = hours.map(() => BLOCK_S).join(',');
  const pairs = corners().flatMap(({ column, row }) => {
    const here = nodeId(column, row);
    const east = column + 1 < COLUMNS ? [[here, nodeId(column + 1, row)] as const] : [];
    const north = row + 1 < ROWS ? [[here, nodeId(column, row + 1)] as const] : [];
    return [...east, ...north].flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  });
  const lines = pairs.map(([from, to], index) => `${index + 1},${from},${to},${seconds}`);
  return [`id,from,to,${hours.join(',')}`, ...lines, ''].join('\n');
}

const corners = (): { column: number; row: number }[] =>
  Array.from({ length: COLUMNS * ROWS }, (_, index) => ({
    column: index % COLUMNS,
    row: Math.floor(index / COLUMNS),
  }));

const nodeId = (column: number, row: number): number => row * COLUMNS + column + 1;

function zoneFeature({ id }: { readonly id: string }, index: number): unknown {
  const column = (index % (COLUMNS / ZONE_SIDE)) * ZONE_SIDE;
  const row = Math.floor(index / (COLUMNS / ZONE_SIDE)) * ZONE_SIDE;
  const [a, b] = [corner(column - 0.5, row - 0.5), corner(column + ZONE_SIDE - 0.5, row + ZONE_SIDE - 0.5)];
  const ring = [
    [a.lon, a.lat],
    [b.lon, a.lat],
    [b.lon, b.lat],
    [a.lon, b.lat],
    [a.lon, a.lat],
  ];
  return { type: 'Feature', properties: { id, name: id }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
