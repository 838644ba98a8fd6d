import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const SIDE = 12;
const STEP = 0.001;
const SOUTH = 40;
const WEST = -74;

export interface TemporaryPack extends AsyncDisposable {
  readonly dir: string;
}

/** Writes a city pack of 12 x 12 junctions, all streets two-way, and two zones: west and east. */
export async function writeGridPack(): Promise<TemporaryPack> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'grid-city-'));
  const hours = Array.from({ length: 24 }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
  await writeFile(path.join(dir, 'nodes.csv'), `id,lat,lon\n${nodes().join('\n')}\n`);
  await writeFile(path.join(dir, 'edges.csv'), `id,from,to,${hours.join(',')}\n${edges(hours.length).join('\n')}\n`);
  await writeFile(path.join(dir, 'zones.geojson'), JSON.stringify(zones()));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

const idOf = (x: number, y: number): number => y * SIDE + x + 1;

function nodes(): string[] {
  const cells = Array.from({ length: SIDE * SIDE }, (_, index) => [index % SIDE, Math.floor(index / SIDE)] as const);
  return cells.map(([x, y]) => `${idOf(x, y)},${(SOUTH + y * STEP).toFixed(6)},${(WEST + x * STEP).toFixed(6)}`);
}

function edges(hours: number): string[] {
  const pairs: [number, number][] = [];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (x + 1 < SIDE) pairs.push([idOf(x, y), idOf(x + 1, y)], [idOf(x + 1, y), idOf(x, y)]);
      if (y + 1 < SIDE) pairs.push([idOf(x, y), idOf(x, y + 1)], [idOf(x, y + 1), idOf(x, y)]);
    }
  }
  const seconds = Array.from({ length: hours }, () => 10).join(',');
  return pairs.map(([from, to], index) => `${index + 1},${from},${to},${seconds}`);
}

function zones() {
  const margin = STEP / 2;
  const middle = WEST + (SIDE / 2 - 0.5) * STEP;
  const [west, east] = [WEST - margin, WEST + (SIDE - 1) * STEP + margin];
  return {
    type: 'FeatureCollection',
    features: [zone('west', west, middle), zone('east', middle, east)],
  };
}

function zone(id: string, west: number, east: number) {
  const [south, north] = [SOUTH - STEP / 2, SOUTH + (SIDE - 0.5) * STEP];
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: 'Feature', properties: { id, name: id }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
