import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bearingDeg, boundsOf, distanceM, interpolate, LocalProjection } from './geometry.js';

const point = fc.record({
  lat: fc.double({ min: -70, max: 70, noNaN: true }),
  lon: fc.double({ min: -179, max: 179, noNaN: true }),
});

describe('distanceM', () => {
  it('knows the way from Paris to London', () => {
    const [paris, london] = [
      { lat: 48.8566, lon: 2.3522 },
      { lat: 51.5074, lon: -0.1278 },
    ];
    expect(distanceM(paris, london) / 1000).toBeCloseTo(343.6, 0);
  });

  it('is 0 to oneself, the same both ways, and no shorter by a detour', () => {
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        expect(distanceM(a, a)).toBe(0);
        expect(distanceM(a, b)).toBeCloseTo(distanceM(b, a), 6);
        expect(distanceM(a, c)).toBeLessThanOrEqual(distanceM(a, b) + distanceM(b, c) + 1e-6);
      }),
    );
  });
});

describe('bearingDeg', () => {
  const here = { lat: 40, lon: -74 };
  it.each([
    [{ lat: 41, lon: -74 }, 0],
    [{ lat: 40, lon: -73.99 }, 90],
    [{ lat: 39, lon: -74 }, 180],
    [{ lat: 40, lon: -74.01 }, 270],
  ])('towards %j is %d', (there, bearing) => {
    expect(bearingDeg(here, there)).toBeCloseTo(bearing, 1);
  });

  it('is 0 up to but not 360', () => {
    fc.assert(
      fc.property(point, point, (a, b) => {
        expect(bearingDeg(a, b)).toBeGreaterThanOrEqual(0);
        expect(bearingDeg(a, b)).toBeLessThan(360);
      }),
    );
  });
});

describe('LocalProjection', () => {
  it('agrees with the sphere over a city, and undoes itself', () => {
    const near = fc.double({ min: -0.15, max: 0.15, noNaN: true });
    const projection = new LocalProjection({ lat: 40.75, lon: -73.97 });
    fc.assert(
      fc.property(near, near, near, near, (a, b, c, d) => {
        const [p, q] = [
          { lat: 40.75 + a, lon: -73.97 + b },
          { lat: 40.75 + c, lon: -73.97 + d },
        ];
        const flat = Math.hypot(projection.x(p.lon) - projection.x(q.lon), projection.y(p.lat) - projection.y(q.lat));
        expect(Math.abs(flat - distanceM(p, q))).toBeLessThanOrEqual(0.004 * flat + 0.01);
        const back = projection.point(projection.x(p.lon), projection.y(p.lat));
        expect(back.lat).toBeCloseTo(p.lat, 9);
        expect(back.lon).toBeCloseTo(p.lon, 9);
      }),
    );
  });
});

it('interpolate goes from one end to the other', () => {
  const [a, b] = [
    { lat: 1, lon: 2 },
    { lat: 3, lon: 6 },
  ];
  expect([interpolate(a, b, 0), interpolate(a, b, 0.5), interpolate(a, b, 1)]).toEqual([a, { lat: 2, lon: 4 }, b]);
});

it('boundsOf is [west, south, east, north]', () => {
  expect(
    boundsOf([
      { lat: 1, lon: 5 },
      { lat: -2, lon: 7 },
    ]),
  ).toEqual([5, -2, 7, 1]);
});
