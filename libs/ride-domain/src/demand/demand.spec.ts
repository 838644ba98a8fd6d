import { describe, expect, it } from '@jest/globals';
import { distanceM } from '../geo/geometry.js';
import { SeededRandom } from '../random/seeded-random.js';
import { HOURS_PER_WEEK, hourOfWeekOfLocal } from '../time/city-calendar.js';
import { defaultCityDir, loadCityPack } from '../city/load-city-pack.js';
import { gravityDemand, type ZoneAttraction } from './gravity-demand.js';
import { foldHourOfWeek, TYPICAL_HOUR_OF_WEEK } from './hour-of-week.js';
import { periodOf, tripDemand } from './trip-demand.js';

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

describe('foldHourOfWeek', () => {
  it('is typical where no trips are known', () => {
    expect(foldHourOfWeek([])).toBe(TYPICAL_HOUR_OF_WEEK);
    expect(TYPICAL_HOUR_OF_WEEK).toHaveLength(HOURS_PER_WEEK);
  });

  it('spreads each trip over its hour and the two beside it, around the end of the week too', () => {
    const profile = foldHourOfWeek(Array.from({ length: 168 }, () => 167));
    expect([profile[166], profile[167], profile[0]]).toEqual([42, 84, 42]);
    expect(profile[100]).toBeGreaterThan(0);
  });
});

describe('gravityDemand', () => {
  const zone = (name: string, lat: number, homes: number, jobs: number): ZoneAttraction => ({
    zone: name,
    centroid: { lat, lon: 0 },
    homes,
    jobs,
    leisure: 1,
  });
  const tables = gravityDemand([zone('suburb', 0, 10, 1), zone('office', 0.03, 1, 10), zone('far office', 0.2, 1, 10)]);
  const commute = tables.patterns[0]!;

  it('sends people to work from where they live, nearby rather than far', () => {
    expect(tables.mixByHour[8]!.indexOf(Math.max(...tables.mixByHour[8]!))).toBe(0);
    expect([...commute.origins]).toEqual([10, 1, 1]);
    expect(commute.destinations[1]!).toBeGreaterThan(50 * commute.destinations[2]!);
  });

  it('sends them home in the evening', () => {
    expect(tables.mixByHour[18]!.indexOf(Math.max(...tables.mixByHour[18]!))).toBe(1);
  });
});

describe('tripDemand', () => {
  const zones = ['a', 'b', 'c'].map((zone, i) => ({ zone, centroid: { lat: 0, lon: i * 0.02 }, pickups: 0 }));
  const monday8 = hourOfWeekOfLocal('2026-03-02 08:00');
  const trips = Array.from({ length: 300 }, () => ({ hourOfWeek: monday8, from: 0, to: 2 }));
  const tables = tripDemand(zones, trips);

  it('follows the trips in their part of the week', () => {
    const { origins, destinations } = tables.patterns[periodOf(monday8)]!;
    expect(origins[0]! / sum(origins)).toBeGreaterThan(0.9);
    expect(destinations[2]! / sum(destinations.subarray(0, 3))).toBeGreaterThan(0.9);
  });

  it('leaves no zone without destinations, also those of which nothing is known', () => {
    for (const { destinations } of tables.patterns) {
      for (let origin = 0; origin < 3; origin++)
        expect(sum(destinations.subarray(origin * 3, origin * 3 + 3))).toBeGreaterThan(0);
    }
  });
});

describe('DemandModel of the default city', () => {
  const monday8 = Date.parse('2026-03-02T09:30Z');
  const friday22 = Date.parse('2026-03-06T23:30Z');

  it('shares requests out over the zones, morning and night unalike', async () => {
    const { demand, zones } = await loadCityPack(defaultCityDir());
    const shares = (at: number): number[] => zones.all().map(({ id }) => demand.weightOf(id, at));
    expect(sum(shares(monday8))).toBeCloseTo(1, 9);
    expect(sum(zones.all().map(({ id }) => demand.shareOfWeek(id)))).toBeCloseTo(1, 9);
    expect(demand.weightOf('theatre-row', friday22)).toBeGreaterThan(1.5 * demand.weightOf('theatre-row', monday8));
    expect(demand.weightOf('beacon-heights', monday8)).toBeGreaterThan(
      1.5 * demand.weightOf('beacon-heights', friday22),
    );
    expect(demand.weightOf('atlantis', monday8)).toBe(0);
  });

  it('has a week whose mean is 1', async () => {
    const { demand } = await loadCityPack(defaultCityDir());
    const factors = Array.from({ length: HOURS_PER_WEEK }, (_, hour) =>
      demand.hourOfWeekFactor(monday8 + hour * 3_600_000),
    );
    expect(sum(factors) / HOURS_PER_WEEK).toBeCloseTo(1, 9);
  });

  it('draws requests on streets, some way apart, as the weights say, and the same for the same seed', async () => {
    const { demand, zones, graph } = await loadCityPack(defaultCityDir());
    const draw = (seed: number) => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 4_000 }, () => demand.sampleRequest(random, monday8));
    };
    const requests = draw(1);
    expect(draw(1)).toEqual(requests);
    expect(draw(2)).not.toEqual(requests);
    const counts = new Map<string, number>();
    for (const { pickup, dropoff } of requests) {
      expect(distanceM(pickup, graph.position(graph.nearestNode(pickup)))).toBeLessThan(120);
      const zone = zones.nearestZone(pickup);
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
      expect(distanceM(pickup, dropoff)).toBeGreaterThan(0);
    }
    const near = requests.filter(({ pickup, dropoff }) => distanceM(pickup, dropoff) < 500);
    expect(near.length).toBeLessThan(requests.length / 100);
    for (const { id } of zones.all()) {
      // Along a border a pick-up may lie just across it, so the counts follow the weights loosely.
      expect(Math.abs((counts.get(id) ?? 0) / 4_000 - demand.weightOf(id, monday8))).toBeLessThan(0.02);
    }
  });

  it('draws requests from one zone when asked to', async () => {
    const { demand, zones } = await loadCityPack(defaultCityDir());
    const random = new SeededRandom(3);
    const found = Array.from({ length: 200 }, () =>
      zones.nearestZone(demand.sampleRequestFrom('airport', random, monday8).pickup),
    );
    expect(found.filter((zone) => zone === 'airport').length).toBeGreaterThan(150);
    expect(() => demand.sampleRequestFrom('atlantis', random, monday8)).toThrow(RangeError);
  });
});
