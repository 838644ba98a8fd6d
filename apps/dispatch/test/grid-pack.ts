import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { BLOCK_S, corner, gridGraph } from './grid-city.js';

export const GRID_SIZE = 10;

/** The grid city as a city pack in a temporary directory: zones "west" (columns 0 to 4) and "east" (5 to 9). */
export async function writeGridPack(): Promise<{ readonly dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'grid-city-'));
  const graph = gridGraph(GRID_SIZE);
  const nodes = Array.from({ length: graph.nodeCount }, (_, node) => {
    const { lat, lon } = graph.position(node);
    return `${node + 1},${lat.toFixed(6)},${lon.toFixed(6)}`;
  });
  const hours = Array.from({ length: 24 }, (_, hour) => `s${String(hour).padStart(2, '0')}`);
  const seconds = hours.map(() => BLOCK_S).join(',');
  const edges = Array.from(
    { length: graph.edgeCount },
    (_, edge) => `${edge + 1},${graph.edgeFrom[edge]! + 1},${graph.edgeTo[edge]! + 1},${seconds}`,
  );
  await writeFile(path.join(dir, 'nodes.csv'), ['id,lat,lon', ...nodes, ''].join('\n'));
  await writeFile(path.join(dir, 'edges.csv'), [`id,from,to,${hours.join(',')}`, ...edges, ''].join('\n'));
  await writeFile(path.join(dir, 'zones.geojson'), JSON.stringify({ type: 'FeatureCollection', features: zones() }));
  const settings = { id: 'grid', name: 'Gridtown', timeZone: 'UTC' };
  await writeFile(path.join(dir, 'city.json'), JSON.stringify(settings));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

const zones = (): unknown[] => [zone('west', -0.5, 4.5), zone('east', 4.5, 9.5)];

function zone(id: string, fromColumn: number, toColumn: number): unknown {
  const [a, b] = [corner(fromColumn, -0.5), corner(toColumn, GRID_SIZE - 0.5)];
  const ring = [
    [a.lon, a.lat],
    [b.lon, a.lat],
    [b.lon, b.lat],
    [a.lon, b.lat],
    [a.lon, a.lat],
  ];
  return { type: 'Feature', properties: { id, name: id }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
