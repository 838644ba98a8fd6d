import { afterEach, describe, expect, it } from '@jest/globals';
import path from 'node:path';
import {
  EDGES_HEADER,
  edgeLine,
  featureCollection,
  removePack,
  TINY_FILES,
  writeTinyPack,
  zoneFeature,
} from '../../test/tiny-pack.js';
import { SeededRandom } from '../random/seeded-random.js';
import { CityPackError } from './city-pack-error.js';
import { loadCityPack, type CityPack, type LoadCityPackOptions } from './load-city-pack.js';

const written: string[] = [];
afterEach(async () => {
  await Promise.all(written.splice(0).map(removePack));
});

async function load(changes: Record<string, string | null> = {}, options?: LoadCityPackOptions): Promise<CityPack> {
  const dir = await writeTinyPack(changes);
  written.push(dir);
  return loadCityPack(dir, options);
}

async function failure(changes: Record<string, string | null>): Promise<CityPackError> {
  const outcome = await load(changes).catch((error: unknown) => error);
  if (outcome instanceof CityPackError) return outcome;
  throw new Error('the pack was loaded', { cause: outcome });
}

const edges = (...lines: string[]): string => [EDGES_HEADER, ...lines].join('\n');
const ring = [edgeLine(1, 1, 2), edgeLine(2, 2, 3), edgeLine(3, 3, 4), edgeLine(4, 4, 1)];
const west = zoneFeature({ id: 'west', name: 'West End' }, -29.61);
const zonesWith = (...features: object[]): string => featureCollection([west, ...features]);

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

describe('a pack with a mistake', () => {
  it('that is not there is named', async () => {
    await expect(loadCityPack(path.join('no', 'such', 'pack'))).rejects.toThrow(
      /no\/such\/pack: cannot open the city pack/,
    );
  });

  it('that is a file is no pack', async () => {
    const dir = await writeTinyPack();
    written.push(dir);
    await expect(loadCityPack(path.join(dir, 'nodes.csv'))).rejects.toThrow('a city pack is a directory');
  });

  type Mistake = [
    name: string,
    changes: Record<string, string | null>,
    place: [string, number | undefined, string | undefined],
    problem: RegExp,
  ];
  const nodes = (lines: string): Record<string, string> => ({ 'nodes.csv': `id,lat,lon\n${lines}` });

  it.each<Mistake>([
    ['a missing file', { 'nodes.csv': null }, ['nodes.csv', undefined, undefined], /is missing/],
    ['an empty file', { 'nodes.csv': '' }, ['nodes.csv', 1, undefined], /is empty/],
    ['no junctions', nodes(''), ['nodes.csv', undefined, undefined], /no junctions/],
    ['a column that is missing', { 'nodes.csv': 'id,lat\n1,2' }, ['nodes.csv', 1, 'lon'], /lacks this column/],
    ['a column that is there twice', { 'nodes.csv': 'id,lat,lon,LAT\n' }, ['nodes.csv', 1, 'lat'], /twice/],
    ['too few fields', nodes('1,41.9,-29.6\n2,41.9\n'), ['nodes.csv', 3, undefined], /has 2 fields, the header has 3/],
    ['too many fields', nodes('1,41.9,-29.6,9\n'), ['nodes.csv', 2, undefined], /has 4 fields/],
    ['a quote that is never closed', nodes('1,41.9,"-29.6\n'), ['nodes.csv', 2, undefined], /is not CSV/],
    ['a latitude that is no number', nodes('1,north,-29.6\n'), ['nodes.csv', 2, 'lat'], /"north" is not a number/],
    ['a latitude that is NaN', nodes('1,NaN,-29.6\n'), ['nodes.csv', 2, 'lat'], /not a number/],
    ['a latitude off the globe', nodes('1,91,-29.6\n'), ['nodes.csv', 2, 'lat'], /not between -90 and 90/],
    ['a longitude off the globe', nodes('1,41.9,-200\n'), ['nodes.csv', 2, 'lon'], /not between -180 and 180/],
    ['an empty field', nodes('1,41.9,\n'), ['nodes.csv', 2, 'lon'], /is empty/],
    [
      'a junction twice',
      nodes('1,41.9,-29.6\n2,41.9,-29.6\n1,41.8,-29.6\n'),
      ['nodes.csv', 4, 'id'],
      /junction 1 is already on line 2/,
    ],
    [
      'an edge to nowhere',
      { 'edges.csv': edges(...ring, edgeLine(9, 1, 99)) },
      ['edges.csv', 6, 'to'],
      /no junction 99/,
    ],
    [
      'an edge twice',
      { 'edges.csv': edges(...ring, edgeLine(4, 1, 3)) },
      ['edges.csv', 6, 'id'],
      /edge 4 is already on line 5/,
    ],
    ['no edges', { 'edges.csv': EDGES_HEADER }, ['edges.csv', undefined, undefined], /no roads/],
    [
      'a time below 0',
      { 'edges.csv': edges(edgeLine(1, 1, 2).replace(',20,', ',-1,')) },
      ['edges.csv', 2, 's00'],
      /not between 0 and/,
    ],
    [
      'an hour that is missing',
      { 'edges.csv': 'id,from,to,s00\n1,1,2,3' },
      ['edges.csv', 1, 's01'],
      /lacks this column/,
    ],
    [
      'no way back anywhere',
      { 'edges.csv': edges(edgeLine(1, 1, 2)) },
      ['edges.csv', undefined, undefined],
      /no two junctions/,
    ],
    ['zones that are not JSON', { 'zones.geojson': '{\n"type":\n}' }, ['zones.geojson', 3, undefined], /is not JSON/],
    ['zones cut short', { 'zones.geojson': '{\n"type":' }, ['zones.geojson', 2, undefined], /is not JSON/],
    [
      'zones that are not GeoJSON',
      { 'zones.geojson': '[]' },
      ['zones.geojson', undefined, undefined],
      /expected object/,
    ],
    [
      'no zones',
      { 'zones.geojson': featureCollection([]) },
      ['zones.geojson', undefined, 'features'],
      /holds no zones/,
    ],
    [
      'a zone that is a point',
      { 'zones.geojson': zonesWith(zoneFeature({ id: 'p' }, -29.6, 41.9, 'Point')) },
      ['zones.geojson', undefined, 'features[1].geometry.type'],
      /./,
    ],
    [
      'a zone without area',
      {
        'zones.geojson': zonesWith({
          type: 'Feature',
          properties: { id: 'flat' },
          geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 1],
                [2, 2],
                [0, 0],
              ],
            ],
          },
        }),
      },
      ['zones.geojson', undefined, 'features[1].geometry'],
      /has no area/,
    ],
    [
      'a corner off the globe',
      {
        'zones.geojson': zonesWith({
          type: 'Feature',
          properties: { id: 'far' },
          geometry: {
            type: 'Polygon',
            coordinates: [
              [
                [0, 0],
                [1, 91],
                [2, 2],
                [0, 0],
              ],
            ],
          },
        }),
      },
      ['zones.geojson', undefined, 'features[1].geometry.coordinates[0][1]'],
      /in degrees/,
    ],
    [
      'a zone without id',
      { 'zones.geojson': zonesWith(zoneFeature({ label: 'x' }, -29.6)) },
      ['zones.geojson', undefined, 'features[1].properties.id'],
      /has no id/,
    ],
    [
      'a zone id with a blank',
      { 'zones.geojson': zonesWith(zoneFeature({ id: 'a b' }, -29.6)) },
      ['zones.geojson', undefined, 'features[1].properties.id'],
      /letters, digits/,
    ],
    [
      'one id for two zones',
      { 'zones.geojson': zonesWith(zoneFeature({ id: 'west', name: 'Other' }, -29.6)) },
      ['zones.geojson', undefined, 'features[1].properties.id'],
      /also the id of the zone "West End"/,
    ],
    [
      'homes below 0',
      { 'zones.geojson': zonesWith(zoneFeature({ id: 'e', homes: -3 }, -29.6)) },
      ['zones.geojson', undefined, 'features[1].properties.homes'],
      /not a number from 0/,
    ],
    [
      'zones of another city',
      { 'zones.geojson': featureCollection([zoneFeature({ id: 'e' }, 10)]) },
      ['zones.geojson', undefined, undefined],
      /no junction .* lies in any zone/,
    ],
    ['a city without a name', { 'city.json': '{"id":"x","timeZone":"UTC"}' }, ['city.json', undefined, 'name'], /./],
    [
      'a time zone that does not exist',
      { 'city.json': '{"id":"x","name":"X","timeZone":"Mars/Olympus"}' },
      ['city.json', undefined, 'timeZone'],
      /IANA/,
    ],
    [
      'a start that is no time',
      { 'city.json': '{"id":"x","name":"X","timeZone":"UTC","defaultStart":"soon"}' },
      ['city.json', undefined, 'defaultStart'],
      /local time/,
    ],
    [
      'a start that is no date',
      { 'city.json': '{"id":"x","name":"X","timeZone":"UTC","defaultStart":"2026-13-01T00:00"}' },
      ['city.json', undefined, 'defaultStart'],
      /calendar/,
    ],
    [
      'a pick-up without a count',
      { 'pickups.csv': 'lon,lat,count\n-29.6,41.9,many' },
      ['pickups.csv', 2, 'count'],
      /not a number/,
    ],
    [
      'a trip without a time',
      { 'taxis.csv': 'pickup,pickup_zone,dropoff_zone\n\n2026-02-30 08:00,a,b' },
      ['taxis.csv', 3, 'pickup'],
      /not a time like/,
    ],
    [
      'a profile that is too short',
      { 'demand.json': '{"hourOfWeek":[1,2]}' },
      ['demand.json', undefined, 'hourOfWeek'],
      /168 numbers/,
    ],
    [
      'a profile of zeros',
      { 'demand.json': JSON.stringify({ hourOfWeek: new Array<number>(168).fill(0) }) },
      ['demand.json', undefined, 'hourOfWeek'],
      /above 0/,
    ],
    [
      'a street of one point',
      {
        'roads.geojson': featureCollection([
          { type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates: [[0, 0]] } },
        ]),
      },
      ['roads.geojson', undefined, 'features[0].geometry.coordinates'],
      /two positions/,
    ],
    [
      'a zone without a partition',
      { 'partitions.json': '{"partitions":12,"zones":{"west":0}}' },
      ['partitions.json', undefined, 'zones.east'],
      /has no partition/,
    ],
    [
      'a partition of an unknown zone',
      { 'partitions.json': '{"partitions":12,"zones":{"west":0,"east":1,"up":2}}' },
      ['partitions.json', undefined, 'zones.up'],
      /no such zone/,
    ],
    [
      'a partition that does not exist',
      { 'partitions.json': '{"partitions":2,"zones":{"west":0,"east":2}}' },
      ['partitions.json', undefined, 'zones.east'],
      /partition 2 of 2/,
    ],
  ])('%s', async (_name, changes, [file, line, field], problem) => {
    const error = await failure(changes);
    expect({ file: error.file, line: error.line, field: error.field }).toEqual({ file, line, field });
    expect(error.message).toMatch(problem);
    expect(error.message.startsWith(`${file}${line === undefined ? '' : `:${line}`}`)).toBe(true);
  });
});
