import { guessCitySettings, readCitySettings } from './city-settings.js';
import { PackFiles } from './pack-files.js';

/** What a city is called: all that is needed to say which one it is. */
export interface CityIdentity {
  readonly id: string;
  readonly name: string;
}

/**
 * Reads who a city is without loading it, and that its directory is a city pack at all.
 * @throws CityPackError when the directory or one of the files that every pack has is missing
 */
export async function readCityIdentity(dir: string): Promise<CityIdentity> {
  const files = new PackFiles(dir);
  await files.assertDirectory();
  for (const name of ['nodes.csv', 'edges.csv', 'zones.geojson']) await files.required(name);
  const text = await files.optional('city.json');
  const { id, name } = text === null ? guessCitySettings(dir, [0, 0, 0, 0], []) : readCitySettings(text);
  return { id, name };
}
