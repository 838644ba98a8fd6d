import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { defaultCityDir, loadCityPack, type CityPack } from '../city/load-city-pack.js';
import { contains } from '../geo/polygon.js';
import { SeededRandom } from '../random/seeded-random.js';
import { Router } from '../roads/router.js';
import { merrowBayFiles } from './city-files.js';

describe('the city that ships', () => {
  let city: CityPack;
  beforeAll(async () => {
    city = await loadCityPack(defaultCityDir());
  });

  it('is what the generator draws, to the letter', async () => {
    const files = merrowBayFiles();
    expect([...files.keys()].sort()).toEqual((await readdir(defaultCityDir())).sort());
    for (const [name, text] of files) {
      const shipped = await readFile(path.join(defaultCityDir(), name), 'utf8');
      // Compared as a flag: a difference of a megabyte does not belong in a test report.
      expect([name, shipped === text]).toEqual([name, true]);
    }
    const bytes = [...files.values()].reduce((sum, text) => sum + text.length, 0);
    expect(bytes).toBeLessThan(1_500_000);
  }, 60_000);

  it('loads without a warning, every junction within reach of every other', () => {
    expect(city.warnings).toEqual([]);
    expect(city.graph.nodeCount).toBeGreaterThan(1_500);
    expect(city.graph.nodeCount).toBeLessThan(2_700);
  });

  it('has zones that cover its junctions and do not overlap', () => {
    expect(city.zones.all().length).toBeGreaterThanOrEqual(20);
    const random = new SeededRandom(1);
    const [west, south, east, north] = city.bounds;
    for (let i = 0; i < 4_000; i++) {
      const point = { lat: random.between(south, north), lon: random.between(west, east) };
      const inside = city.zones.all().filter(({ shape }) => contains(shape, point));
      expect(inside.length).toBeLessThanOrEqual(1);
    }
    let outside = 0;
    for (let node = 0; node < city.graph.nodeCount; node++) {
      if (city.zones.zoneAt(city.graph.position(node)) === null) outside++;
    }
    // Junctions on bridges lie outside the zones.
    expect(outside).toBeLessThan(city.graph.nodeCount / 50);
  });

  it('joins zones over bridges', () => {
    expect(city.zones.neighbours('westquay')).toContain('exchange');
    expect(city.zones.neighbours('lantern-island')).toContain('ferry-hill');
    for (const { id } of city.zones.all()) expect(city.zones.neighbours(id).length).toBeGreaterThan(0);
  });

  it('spreads its demand over 12 partitions, none with more than 1.2 times the mean', () => {
    expect(city.partitions.imbalance()).toBeLessThan(1.2);
  });

  it('is slower in the rush hour than at night', () => {
    const router = new Router(city.graph);
    const across = (time: string): number =>
      router.route(
        city.graph.nearestNode(city.zones.get('westcliff')!.centroid),
        city.graph.nearestNode(city.zones.get('central-station')!.centroid),
        Date.parse(time),
      )!.durationS;
    const night = across('2026-03-03T04:00Z');
    const rush = across('2026-03-03T09:00Z');
    expect(rush).toBeGreaterThan(1.25 * night);
    expect(night).toBeGreaterThan(300);
    expect(rush).toBeLessThan(2_400);
  });

  it('names its streets and draws water and parks', () => {
    const names = new Set(city.streetsGeoJson.features.map(({ properties }) => properties.name));
    expect(names.size).toBeGreaterThan(100);
    expect(names).not.toContain('');
    const kinds = new Set(city.backdropGeoJson.features.map(({ properties }) => properties.kind));
    expect(kinds).toEqual(new Set(['water', 'park']));
  });
});
