import { describe, expect, it } from '@jest/globals';
import type { CityView } from '../../../src/live/protocol.js';
import { cityGeometry, insidePolygon, zoneAt, type Polygon } from './city-geometry.js';
import { breakLabel, placeZoneLabels } from './label-placement.js';

const square = (west: number, south: number, size: number): [number, number][] => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const feature = (properties: object, type: string, coordinates: unknown): object => ({
  type: 'Feature',
  properties,
  geometry: { type, coordinates },
});
const city: CityView = {
  name: 'Testville',
  timeZone: 'Europe/Lisbon',
  attribution: '',
  bounds: [0, 0, 4, 2],
  zones: {
    type: 'FeatureCollection',
    features: [
      feature({ zone: 1, name: 'West' }, 'Polygon', [square(0, 0, 2), square(0.5, 0.5, 0.2)]),
      feature({ zone: 'e' }, 'MultiPolygon', [[square(2, 0, 2)], [square(9, 9, 0.1)]]),
      feature({ zone: 'broken' }, 'Point', [0, 0]),
      null,
    ],
  },
  streets: {
    type: 'FeatureCollection',
    features: [
      feature({ class: 'motorway', name: 'M1' }, 'LineString', square(0, 0, 1)),
      feature({ class: 'whatever' }, 'MultiLineString', [square(0, 0, 1), [[0, 0]]]),
    ],
  },
  backdrop: { type: 'FeatureCollection', features: [feature({ kind: 'water' }, 'Polygon', [square(1, 1, 1)])] },
};

describe('cityGeometry', () => {
  const geometry = cityGeometry(city);

  it('reads zones, ranks streets, and leaves out what is no polygon or line', () => {
    expect(geometry.zones.map(({ zone, name }) => [zone, name])).toEqual([
      ['1', 'West'],
      ['e', 'e'],
    ]);
    expect(geometry.streets.motorway).toHaveLength(1);
    expect(geometry.streets.street).toHaveLength(1);
    expect([geometry.water.length, geometry.parks.length]).toEqual([1, 0]);
  });

  it('finds the zone of a point, holes excluded', () => {
    expect(zoneAt(geometry.zones, [0.2, 0.2])?.zone).toBe('1');
    expect(zoneAt(geometry.zones, [0.6, 0.6])).toBeNull();
    expect(zoneAt(geometry.zones, [9.05, 9.05])?.zone).toBe('e');
    expect(zoneAt(geometry.zones, [5, 5])).toBeNull();
  });

  it('puts a label inside its zone', () => {
    const bow: Polygon = [
      [
        [0, 0],
        [1, 0],
        [1, 3],
        [6, 3],
        [6, 4],
        [0, 4],
        [0, 0],
      ],
    ];
    const view = { ...city, zones: { ...city.zones, features: [feature({ zone: 'b' }, 'Polygon', bow)] } };
    const [zone] = cityGeometry(view).zones;
    expect(insidePolygon(bow, zone!.centre)).toBe(true);
  });
});

describe('zone labels', () => {
  const { zones } = cityGeometry(city);

  it('breaks long names evenly', () => {
    expect(breakLabel('Upper East Side North')).toBe('Upper East\nSide North');
    expect(breakLabel('Chelsea')).toBe('Chelsea');
  });

  it('shows no name without room, all names with room', () => {
    expect(placeZoneLabels(zones, 1)).toEqual([]);
    expect(
      placeZoneLabels(zones, 200)
        .map((label) => label.text)
        .sort(),
    ).toEqual(['West', 'e']);
  });
});
