import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { driverLocationSchema, type DriverLocation } from './driver-events.js';
import { readLocation } from './read-location.js';

const location: DriverLocation = {
  type: 'driver.location',
  v: 1,
  at: 1_772_524_800_000,
  driverId: 'driver-00001a',
  seq: 7,
  zone: 'z1',
  position: { lat: 40.7, lon: -73.9 },
  state: 'idle',
  speedMps: 8.5,
  bearingDeg: 359.9,
  rideId: null,
};

/** Values at and beyond every bound, and of every other type. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    '',
    'x',
    'r-1',
    '-r',
    'a'.repeat(64),
    'a'.repeat(65),
    'offline',
    'r\n',
  ),
  fc.constantFrom<unknown>(
    -1,
    -0,
    0,
    0.5,
    1,
    2,
    90,
    90.1,
    -90,
    -91,
    180,
    181,
    359.99,
    360,
    1e300,
    -Infinity,
    Infinity,
    NaN,
  ),
  fc.constantFrom<unknown>(31_535_999_999, 31_536_000_000, 4_070_908_800_000, 4_070_908_800_001, 2 ** 53, 2 ** 53 - 1),
  fc.constantFrom<unknown>({}, [], { lat: 1 }, { lat: 91, lon: 0 }, { lat: 1, lon: 2, more: 3 }, [1, 2]),
  fc.anything(),
);
const field = fc.constantFrom(...Object.keys(location), 'unknown', 'toString');

describe('readLocation', () => {
  it('reads what phones write, without the schema', () => {
    expect(readLocation({ ...location, battery: 80 })).toEqual(location);
    expect(readLocation({ ...location, rideId: 'r-1' })).toEqual({ ...location, rideId: 'r-1' });
  });

  it.each([null, 'text', 7, [], {}])('is not sure of %j', (json) => expect(readLocation(json)).toBeUndefined());

  it('gives what the schema gives, or leaves it to the schema', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(field, odd), { maxLength: 3 }), (changes) => {
        const json = { ...location, ...Object.fromEntries(changes) };
        const fast = readLocation(json);
        const parsed = driverLocationSchema.safeParse(json);
        expect(fast !== undefined).toBe(parsed.success);
        if (fast === undefined) return;
        read++;
        expect(fast).toEqual(parsed.data);
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(300);
  });
});
