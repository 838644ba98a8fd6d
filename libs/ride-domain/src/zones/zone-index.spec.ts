import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LatLon } from '../events/common.js';
import { contains, distanceToOutlineM, type MultiPolygonRings, type Ring } from '../geo/polygon.js';
import { chooseResolution } from './cell-table.js';
import { ZoneIndex, type ZoneShape } from './zone-index.js';

const [WEST, SOUTH] = [-29.65, 41.85];
const box = (west: number, south: number, width: number, height: number): Ring => [
  [west, south],
  [west + width, south],
  [west + width, south + height],
  [west, south + height],
  [west, south],
];
const zone = (id: string, ...shape: MultiPolygonRings): ZoneShape => ({ id, name: id, shape });

/** Star-shaped polygons: any corners around a middle, so the ring never crosses itself. */
const star: fc.Arbitrary<Ring> = fc
  .record({
    lon: fc.double({ min: 0.005, max: 0.025, noNaN: true }),
    lat: fc.double({ min: 0.005, max: 0.02, noNaN: true }),
    radii: fc.array(fc.double({ min: 0.001, max: 0.009, noNaN: true }), { minLength: 3, maxLength: 12 }),
  })
  .map(({ lon, lat, radii }) => {
    const corners = radii.map((radius, i): readonly [number, number] => {
      const angle = (2 * Math.PI * i) / radii.length;
      return [WEST + lon + radius * Math.cos(angle), SOUTH + lat + radius * Math.sin(angle)];
    });
    return [...corners, corners[0]!];
  });
const point: fc.Arbitrary<LatLon> = fc.record({
  lat: fc.double({ min: SOUTH - 0.01, max: SOUTH + 0.035, noNaN: true }),
  lon: fc.double({ min: WEST - 0.01, max: WEST + 0.04, noNaN: true }),
});

describe('ZoneIndex', () => {
  it('agrees with asking every polygon in turn, also where zones overlap', () => {
    fc.assert(
      fc.property(
        fc.array(star, { minLength: 1, maxLength: 5 }),
        fc.array(point, { minLength: 60, maxLength: 60 }),
        (rings, points) => {
          const zones = rings.map((ring, i) => zone(`z${i}`, [ring]));
          const index = new ZoneIndex(zones);
          for (const p of points) {
            expect(index.zoneAt(p)).toBe(zones.find(({ shape }) => contains(shape, p))?.id ?? null);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives a point outside to the zone whose outline is nearest', () => {
    fc.assert(
      fc.property(fc.array(star, { minLength: 1, maxLength: 5 }), point, (rings, p) => {
        const zones = rings.map((ring, i) => zone(`z${i}`, [ring]));
        const index = new ZoneIndex(zones);
        if (index.zoneAt(p) !== null) return;
        const best = Math.min(...zones.map(({ shape }) => distanceToOutlineM(shape, p)));
        const chosen = zones.find(({ id }) => id === index.nearestZone(p))!;
        expect(distanceToOutlineM(chosen.shape, p)).toBeCloseTo(best, 6);
      }),
      { numRuns: 100 },
    );
  });

  it('knows holes and islands', () => {
    const index = new ZoneIndex([
      zone(
        'ring',
        [box(WEST, SOUTH, 0.03, 0.03), box(WEST + 0.01, SOUTH + 0.01, 0.01, 0.01)],
        [box(WEST + 0.05, SOUTH, 0.01, 0.01)],
      ),
    ]);
    expect(index.zoneAt({ lat: SOUTH + 0.005, lon: WEST + 0.005 })).toBe('ring');
    expect(index.zoneAt({ lat: SOUTH + 0.015, lon: WEST + 0.015 })).toBeNull();
    expect(index.zoneAt({ lat: SOUTH + 0.005, lon: WEST + 0.055 })).toBe('ring');
  });

  it('finds a zone that is smaller than a cell', () => {
    const index = new ZoneIndex([zone('kiosk', [box(WEST, SOUTH, 0.0001, 0.0001)])]);
    expect(index.zoneAt({ lat: SOUTH + 0.00005, lon: WEST + 0.00005 })).toBe('kiosk');
  });

  describe('neighbours', () => {
    const a = zone('a', [box(WEST, SOUTH, 0.01, 0.01)]);
    const touching = zone('b', [box(WEST + 0.01, SOUTH, 0.01, 0.01)]);
    const overTheStreet = zone('c', [box(WEST, SOUTH + 0.011, 0.01, 0.01)]);
    const overTheRiver = zone('d', [box(WEST, SOUTH - 0.015, 0.01, 0.01)]);
    const all = [a, touching, overTheStreet, overTheRiver];

    it('touch, or lie within 150 m', () => {
      const index = new ZoneIndex(all);
      expect(index.neighbours('a')).toEqual(['b', 'c']);
      expect(index.neighbours('d')).toEqual([]);
    });

    it('are joined by a bridge, whatever its length', () => {
      const bridge = [
        { lat: SOUTH + 0.001, lon: WEST + 0.005 },
        { lat: SOUTH - 0.006, lon: WEST + 0.005 },
      ] as const;
      const index = new ZoneIndex(all, { roads: [bridge] });
      expect(index.neighbours('a')).toEqual(['b', 'c', 'd']);
      expect(index.neighbours('d')).toEqual(['a']);
    });

    it('are asked of zones that exist', () => {
      expect(() => new ZoneIndex(all).neighbours('nowhere')).toThrow(RangeError);
    });
  });

  it('needs zones, each with an id of its own', () => {
    expect(() => new ZoneIndex([])).toThrow(RangeError);
    expect(() => new ZoneIndex([zone('a', [box(0, 0, 1e-3, 1e-3)]), zone('a', [box(0, 0, 1e-3, 1e-3)])])).toThrow(
      RangeError,
    );
  });

  it('takes coarser cells for larger areas, so that the table stays bounded', () => {
    expect(chooseResolution(60e6)).toBe(10);
    expect(chooseResolution(1e5 * 60e6)).toBeLessThan(7);
  });
});
