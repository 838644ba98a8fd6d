import { describe, expect, it } from '@jest/globals';
import { edges, load, ring, zonesWith } from '../../test/load-tiny-pack.js';
import { edgeLine, featureCollection, TINY_FILES, zoneFeature } from '../../test/tiny-pack.js';
import { SeededRandom } from '../random/seeded-random.js';

describe('loadCityPack', () => {
  it('loads roads, zones, demand and what to draw', async () => {
    const pack = await load();
    expect(pack).toMatchObject({ id: 'tiny', name: 'Tiny Town', timeZone: 'Europe/Lisbon', attribution: 'Nobody' });
    expect([pack.graph.nodeCount, pack.graph.edgeCount]).toEqual([4, 4]);
    expect(pack.zones.zoneAt({ lat: 41.905, lon: -29.605 })).toBe('west');
    expect(pack.zones.neighbours('west')).toEqual(['east']);
    expect(pack.partitions.partitionCount).toBe(12);
    expect(pack.bounds).toEqual([-29.61, 41.9, -29.59, 41.91]);
    expect(pack.defaultStartMs).toBe(Date.parse('2026-03-03T07:30Z'));
    expect(pack.zonesGeoJson.features.map(({ properties }) => properties)).toEqual([
      { zone: 'west', name: 'West End' },
      { zone: 'east', name: 'East End' },
    ]);
    expect(pack.streetsGeoJson.features).toHaveLength(4);
    expect(pack.backdropGeoJson.features).toEqual([]);
    expect(pack.warnings).toEqual([]);
    const { pickup, dropoff } = pack.demand.sampleRequest(new SeededRandom(1), pack.defaultStartMs);
    expect(['west', 'east']).toContain(pack.zones.nearestZone(pickup));
    expect(['west', 'east']).toContain(pack.zones.nearestZone(dropoff));
  });

  it('reads CSV with a byte order mark, CRLF, quotes and columns that it does not know', async () => {
    const nodes =
      '\uFEFF"id","lon","lat","note"\r\n1,-29.602,41.902,"a, b"\r\n2,-29.602,41.908,\r\n3,-29.592,41.908,\r\n4,-29.592,41.902,\r\n';
    expect((await load({ 'nodes.csv': nodes })).graph.nodeCount).toBe(4);
  });

  it.each([
    [{ LocationID: 7, zone: 'Seventh' }, '7', 'Seventh'],
    [{ zone_id: 'x1', Name: 'Ex' }, 'x1', 'Ex'],
    [{ zone: 'z', name: 'Zed' }, 'z', 'Zed'],
    [{ id: 'alone' }, 'alone', 'alone'],
  ])('reads the zone %j', async (properties, id, name) => {
    const pack = await load({ 'zones.geojson': zonesWith(zoneFeature(properties, -29.6)) });
    expect(pack.zones.get(id)?.name).toBe(name);
  });

  it('takes features with one id and name as parts of one zone', async () => {
    const island = zoneFeature({ id: 'east', name: 'East End' }, -29.57);
    const pack = await load({
      'zones.geojson': zonesWith(zoneFeature({ id: 'east', name: 'East End' }, -29.6), island),
    });
    expect(pack.zones.all()).toHaveLength(2);
    expect(pack.zones.zoneAt({ lat: 41.905, lon: -29.565 })).toBe('east');
  });

  it('keeps the largest part in which every junction reaches every other, and says what it left out', async () => {
    const pack = await load({
      'nodes.csv': `${TINY_FILES['nodes.csv']}5,41.905,-29.598\n6,41.906,-29.598\n`,
      'edges.csv': edges(...ring, edgeLine(5, 1, 5), edgeLine(6, 5, 6)),
    });
    expect([pack.graph.nodeCount, pack.graph.edgeCount]).toEqual([4, 4]);
    expect(pack.warnings).toEqual([expect.stringMatching(/^nodes\.csv: 2 of 6 junctions .* left out: 5, 6$/)]);
  });

  it('leaves out edges that end where they begin', async () => {
    const pack = await load({ 'edges.csv': edges(...ring, edgeLine(5, 2, 2)) });
    expect(pack.graph.edgeCount).toBe(4);
    expect(pack.warnings).toEqual([expect.stringContaining('1 edges that end where they begin')]);
  });

  it('counts pick-ups outside all zones, and weighs zones by the rest', async () => {
    const pickups = 'lon,lat,count\n-29.605,41.905,30\n-29.595,41.905,10\n-20,41.9,99\n';
    const pack = await load({ 'pickups.csv': pickups });
    expect(pack.warnings).toEqual(['pickups.csv: 1 of 3 points lie outside all zones']);
    expect(pack.demand.shareOfWeek('west') / pack.demand.shareOfWeek('east')).toBeCloseTo(3, 5);
  });

  it('folds trips into demand, by zone name or id', async () => {
    const trips = Array.from({ length: 40 }, () => '2026-03-03 08:10:00,west end,east').join('\n');
    const pack = await load({
      'taxis.csv': `pickup,pickup_zone,dropoff_zone\n${trips}\n2026-03-03 08:10:00,Elsewhere,east\n`,
    });
    expect(pack.warnings).toEqual(['taxis.csv: 1 of 41 trips begin or end outside the zones']);
    const tuesdayMorning = Date.parse('2026-03-03T08:30Z');
    expect(pack.demand.weightOf('west', tuesdayMorning)).toBeGreaterThan(0.7);
    expect(pack.demand.hourOfWeekFactor(tuesdayMorning)).toBeGreaterThan(20);
  });

  it('takes the hour-of-week profile of demand.json', async () => {
    const hourOfWeek = Array.from({ length: 168 }, (_, hour) => (hour === 24 ? 5 : 1));
    const pack = await load({ 'demand.json': JSON.stringify({ hourOfWeek }) });
    const factor = (text: string): number => pack.demand.hourOfWeekFactor(Date.parse(text));
    expect(factor('2026-03-03T00:30Z') / factor('2026-03-03T01:30Z')).toBeCloseTo(5);
  });

  it("takes the pack's own partitions when they are for the number asked for", async () => {
    const own = { 'partitions.json': JSON.stringify({ partitions: 3, zones: { west: 2, east: 2 } }) };
    expect((await load(own, { partitions: 3 })).partitions.zonesOf(2)).toEqual(['west', 'east']);
    const other = await load(own, { partitions: 2 });
    expect(other.partitions.partitionOf('west')).not.toBe(other.partitions.partitionOf('east'));
    expect(other.warnings).toEqual([expect.stringContaining('for 3 partitions and not 2')]);
  });

  it('draws streets and backdrop as the pack has them', async () => {
    const line = {
      type: 'LineString',
      coordinates: [
        [-29.6, 41.9],
        [-29.59, 41.9],
      ],
    };
    const pack = await load({
      'roads.geojson': featureCollection([
        { type: 'Feature', properties: { fclass: 'primary', oneway: 'B' }, geometry: line },
      ]),
      'backdrop.geojson': featureCollection([
        zoneFeature({ kind: 'water', name: 'Pond' }, -29.6),
        zoneFeature({ kind: 'volcano' }, -29.6),
      ]),
    });
    expect(pack.streetsGeoJson.features.map(({ properties }) => properties)).toEqual([{ class: 'primary', name: '' }]);
    expect(pack.backdropGeoJson.features.map(({ properties }) => properties)).toEqual([
      { kind: 'water', name: 'Pond' },
    ]);
  });

  it('names a city without city.json after its directory, on the clock of its longitude', async () => {
    const pack = await load({ 'city.json': null });
    expect(pack.id).toMatch(/^tiny-pack-/);
    expect(pack.timeZone).toBe('Etc/GMT+2');
    expect(pack.warnings).toEqual([expect.stringContaining('its clock is UTC-2')]);
  });
});
