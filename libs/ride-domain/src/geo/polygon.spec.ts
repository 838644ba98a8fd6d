import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distanceM, METRES_PER_DEGREE } from './geometry.js';
import {
  areaM2,
  centroid,
  contains,
  distanceToBoundsM,
  distanceToOutlineM,
  shapeBounds,
  type MultiPolygonRings,
  type Ring,
} from './polygon.js';

const square = (west: number, south: number, size: number): Ring => [
  [west, south],
  [west + size, south],
  [west + size, south + size],
  [west, south + size],
  [west, south],
];
const withHole: MultiPolygonRings = [[square(0, 0, 0.1), square(0.04, 0.04, 0.02)]];
const islands: MultiPolygonRings = [[square(0, 0, 0.01)], [square(0.05, 0.05, 0.02)]];

describe('contains', () => {
  it.each([
    [withHole, { lat: 0.01, lon: 0.01 }, true],
    [withHole, { lat: 0.05, lon: 0.05 }, false],
    [withHole, { lat: 0.2, lon: 0.05 }, false],
    [islands, { lat: 0.06, lon: 0.06 }, true],
    [islands, { lat: 0.03, lon: 0.03 }, false],
  ])('case %#', (shape, point, inside) => {
    expect(contains(shape, point)).toBe(inside);
  });
});

it('areaM2 takes holes off', () => {
  const expected = (0.01 - 0.0004) * METRES_PER_DEGREE ** 2;
  expect(areaM2(withHole) / expected).toBeCloseTo(1, 4);
});

it('centroid is that of the largest part', () => {
  expect(centroid(islands).lat).toBeCloseTo(0.06, 9);
  expect(centroid(islands).lon).toBeCloseTo(0.06, 9);
});

it('distanceToOutlineM is the way to the nearest side', () => {
  expect(distanceToOutlineM(withHole, { lat: 0.05, lon: 0.12 })).toBeCloseTo(0.02 * METRES_PER_DEGREE, -1);
});

it('the distance to the box around a shape is never more than to its outline', () => {
  const coordinate = fc.double({ min: -0.2, max: 0.2, noNaN: true });
  fc.assert(
    fc.property(coordinate, coordinate, (lat, lon) => {
      const toBox = distanceToBoundsM(shapeBounds(islands), { lat, lon });
      expect(toBox).toBeLessThanOrEqual(distanceToOutlineM(islands, { lat, lon }) + 1e-6);
      expect(toBox).toBeLessThanOrEqual(distanceM({ lat, lon }, { lat: 0.05, lon: 0.05 }) * 1.001);
    }),
  );
});
