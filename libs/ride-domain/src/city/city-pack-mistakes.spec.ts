import { describe, expect, it } from '@jest/globals';
import path from 'node:path';
import { edges, failure, ring, write, zonesWith } from '../../test/load-tiny-pack.js';
import { EDGES_HEADER, edgeLine, featureCollection, zoneFeature } from '../../test/tiny-pack.js';
import { loadCityPack } from './load-city-pack.js';

describe('a pack with a mistake', () => {
  it('that is not there is named', async () => {
    await expect(loadCityPack(path.join('no', 'such', 'pack'))).rejects.toThrow(
      /no\/such\/pack: cannot open the city pack/,
    );
  });

  it('that is a file is no pack', async () => {
    const dir = await write();
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
