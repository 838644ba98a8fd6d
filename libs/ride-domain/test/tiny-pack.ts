import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const HOURS = Array.from({ length: 24 }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
const seconds = HOURS.map(() => 20).join(',');

export const EDGES_HEADER = ['id', 'from', 'to', ...HOURS].join(',');
export const edgeLine = (id: number, from: number | string, to: number | string): string =>
  `${id},${from},${to},${seconds}`;

const square = (west: number, south: number): number[][][] => [
  [
    [west, south],
    [west + 0.01, south],
    [west + 0.01, south + 0.01],
    [west, south + 0.01],
    [west, south],
  ],
];
export const zoneFeature = (properties: object, west: number, south = 41.9, type = 'Polygon') => ({
  type: 'Feature',
  properties,
  geometry: { type, coordinates: square(west, south) },
});
export const featureCollection = (features: readonly object[]): string =>
  JSON.stringify({ type: 'FeatureCollection', features });

/** Two square zones side by side, two junctions in each, a road around. */
export const TINY_FILES: Readonly<Record<string, string>> = {
  'city.json': JSON.stringify({ id: 'tiny', name: 'Tiny Town', timeZone: 'Europe/Lisbon', attribution: 'Nobody' }),
  'nodes.csv': 'id,lat,lon\n1,41.902,-29.602\n2,41.908,-29.602\n3,41.908,-29.592\n4,41.902,-29.592\n',
  'edges.csv': [EDGES_HEADER, edgeLine(1, 1, 2), edgeLine(2, 2, 3), edgeLine(3, 3, 4), edgeLine(4, 4, 1), ''].join(
    '\n',
  ),
  'zones.geojson': featureCollection([
    zoneFeature({ id: 'west', name: 'West End' }, -29.61),
    zoneFeature({ id: 'east', name: 'East End' }, -29.6),
  ]),
};

/** Writes a pack to a directory of its own; `null` leaves a file out. */
export async function writeTinyPack(changes: Readonly<Record<string, string | null>> = {}): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'tiny-pack-'));
  for (const [name, text] of Object.entries({ ...TINY_FILES, ...changes })) {
    if (text !== null) await writeFile(path.join(dir, name), text);
  }
  return dir;
}

export const removePack = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });
