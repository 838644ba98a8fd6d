import { afterEach } from '@jest/globals';
import { CityPackError } from '../src/city/city-pack-error.js';
import { loadCityPack, type CityPack, type LoadCityPackOptions } from '../src/city/load-city-pack.js';
import { EDGES_HEADER, edgeLine, featureCollection, removePack, writeTinyPack, zoneFeature } from './tiny-pack.js';

const written: string[] = [];
afterEach(async () => {
  await Promise.all(written.splice(0).map(removePack));
});

/** Writes the tiny city; gives its directory, which is gone after the test. */
export async function write(changes: Record<string, string | null> = {}): Promise<string> {
  const dir = await writeTinyPack(changes);
  written.push(dir);
  return dir;
}

/** Loads the tiny city with other files; null takes one away. */
export async function load(
  changes: Record<string, string | null> = {},
  options?: LoadCityPackOptions,
): Promise<CityPack> {
  return loadCityPack(await write(changes), options);
}

/** What is wrong with a pack that cannot be loaded. */
export async function failure(changes: Record<string, string | null>): Promise<CityPackError> {
  const outcome = await load(changes).catch((error: unknown) => error);
  if (outcome instanceof CityPackError) return outcome;
  throw new Error('the pack was loaded', { cause: outcome });
}

export const edges = (...lines: string[]): string => [EDGES_HEADER, ...lines].join('\n');
export const ring = [edgeLine(1, 1, 2), edgeLine(2, 2, 3), edgeLine(3, 3, 4), edgeLine(4, 4, 1)];
const west = zoneFeature({ id: 'west', name: 'West End' }, -29.61);
export const zonesWith = (...features: object[]): string => featureCollection([west, ...features]);
