import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { distanceM } from '../geo/geometry.js';
import { contains } from '../geo/polygon.js';
import { SeededRandom } from '../random/seeded-random.js';
import { Router } from '../roads/router.js';
import { readCsvTable } from './csv-table.js';
import { loadCityPack, type CityPack } from './load-city-pack.js';

/** A pack of a real city, Manhattan, which lies beside the repository where there is one. */
const dir = path.resolve(fileURLToPath(new URL('../../../../../shared/data/nyc', import.meta.url)));
const isThere = existsSync(path.join(dir, 'nodes.csv'));
if (!isThere) process.stderr.write(`real-city.spec.ts: skipped, there is no city pack at ${dir}\n`);

(isThere ? describe : describe.skip)('a pack of a real city', () => {
  let city: CityPack;
  let router: Router;
  beforeAll(async () => {
    city = await loadCityPack(dir);
    router = new Router(city.graph);
  }, 60_000);

  it('loads whole: one connected road graph, parts of islands as one zone', () => {
    expect([city.graph.nodeCount, city.graph.edgeCount]).toEqual([4_091, 9_452]);
    expect(city.zones.all()).toHaveLength(67);
    expect(city.streetsGeoJson.features).toHaveLength(8_451);
    expect(city.timeZone).toBe('Etc/GMT+5');
  });

  it('says what it left out', () => {
    expect(city.warnings.map((warning) => warning.split(':')[0])).toEqual([
      'city.json',
      'zones.geojson',
      'pickups.csv',
      'taxis.csv',
    ]);
  });

  it('is balanced over 12 partitions to 10 %', () => {
    expect(city.partitions.imbalance()).toBeLessThan(1.1);
  });

  it('finds the zone that the polygons say', () => {
    const random = new SeededRandom(1);
    const [west, south, east, north] = city.bounds;
    for (let i = 0; i < 5_000; i++) {
      const point = { lat: random.between(south, north), lon: random.between(west, east) };
      const expected = city.zones.all().find(({ shape }) => contains(shape, point))?.id ?? null;
      expect(city.zones.zoneAt(point)).toBe(expected);
    }
  });

  it('finds the junction that a look at all of them finds', () => {
    const random = new SeededRandom(2);
    const [west, south, east, north] = city.bounds;
    for (let i = 0; i < 300; i++) {
      const point = { lat: random.between(south, north), lon: random.between(west, east) };
      let best = Infinity;
      for (let node = 0; node < city.graph.nodeCount; node++) {
        best = Math.min(best, distanceM(point, city.graph.position(node)));
      }
      const found = distanceM(point, city.graph.position(city.graph.nearestNode(point)));
      expect(found).toBeLessThanOrEqual(best * 1.002 + 0.5);
    }
  });

  it('agrees with itself: routes take what the travel times say', () => {
    const random = new SeededRandom(3);
    for (let i = 0; i < 40; i++) {
      const [from, to] = [random.int(city.graph.nodeCount), random.int(city.graph.nodeCount)];
      const times = router.travelTimesTo(to, city.defaultStartMs, 7_200);
      const route = router.route(from, to, city.defaultStartMs)!;
      expect(Math.abs(times.secondsFrom(from) - route.durationS)).toBeLessThan(0.05);
    }
  });

  it('takes about as long as real trips did', async () => {
    const rows = readCsvTable('taxis.csv', await readFile(path.join(dir, 'taxis.csv'), 'utf8'), [
      'dropoff',
      'distance',
    ]);
    const zoneByName = new Map(city.zones.all().map((zone) => [zone.name, zone]));
    const ratios: number[] = [];
    for (const row of rows) {
      const [from, to] = [zoneByName.get(row.text('pickup_zone')), zoneByName.get(row.text('dropoff_zone'))];
      const realS = (Date.parse(row.text('dropoff')) - Date.parse(row.text('pickup'))) / 1000;
      const realM = row.number('distance', { min: 0, max: 1_000 }) * 1_609;
      if (from === undefined || to === undefined || from === to || realS < 60 || realS > 7_200) continue;
      const nodes = [from, to].map(({ centroid }) => city.graph.nearestNode(centroid)) as [number, number];
      const route = router.route(...nodes, Date.parse(`${row.text('pickup')}-0500`.replace(' ', 'T')))!;
      // Zones are wide: only trips about as long as the way between their middles compare.
      if (Math.abs(route.distanceM / realM - 1) < 0.15) ratios.push(route.durationS / realS);
    }
    expect(ratios.length).toBeGreaterThan(500);
    const median = ratios.sort((a, b) => a - b)[ratios.length >> 1]!;
    expect(median).toBeGreaterThan(0.65);
    expect(median).toBeLessThan(1.4);
  });

  it('asks for rides where and when trips were made', () => {
    const id = (name: string): string => city.zones.all().find((zone) => zone.name === name)!.id;
    const saturdayNight = Date.parse('2026-03-08T00:30-05:00');
    const tuesdayDawn = Date.parse('2026-03-03T04:30-05:00');
    expect(city.demand.hourOfWeekFactor(saturdayNight)).toBeGreaterThan(4 * city.demand.hourOfWeekFactor(tuesdayDawn));
    expect(city.demand.shareOfWeek(id('Midtown Center'))).toBeGreaterThan(10 * city.demand.shareOfWeek(id('Inwood')));
    const random = new SeededRandom(4);
    for (let i = 0; i < 500; i++) {
      const { pickup } = city.demand.sampleRequest(random, saturdayNight);
      expect(distanceM(pickup, city.graph.position(city.graph.nearestNode(pickup)))).toBeLessThan(150);
    }
  });
});
