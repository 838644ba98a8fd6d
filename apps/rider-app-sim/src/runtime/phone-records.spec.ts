import { describe, expect, it } from '@jest/globals';
import type { DriverLocation } from '@ridestream/ride-domain/events/driver-events';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import fc from 'fast-check';
import { MiniDispatch } from '../../test/mini-dispatch.js';
import { SmallCity } from '../../test/small-city.js';
import type { PhoneEvent } from '../core/world.js';
import { locationJson, toRecords } from './phone-records.js';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/);

const location: fc.Arbitrary<DriverLocation> = fc.record({
  type: fc.constant('driver.location' as const),
  v: fc.constant(1 as const),
  at: fc.integer({ min: 31_536_000_000, max: 4_070_908_800_000 }),
  driverId: id,
  seq: fc.maxSafeNat(),
  zone: id,
  position: fc.record({
    lat: fc.double({ min: -90, max: 90, noNaN: true }),
    lon: fc.double({ min: -180, max: 180, noNaN: true }),
  }),
  state: fc.constantFrom('offline', 'idle', 'offered', 'en_route', 'waiting', 'on_trip'),
  speedMps: fc.double({ min: 0, max: 90, noNaN: true }),
  bearingDeg: fc.double({ min: 0, max: 359.9, noNaN: true }),
  rideId: fc.option(id, { nil: null }),
});

/** As the codec of the domain does it. */
const byCodec = ({ topic, partition, event }: PhoneEvent) => encodeEvent(topic, event, { partition, timestampMs: 7 });

describe('records of phone events', () => {
  it('have the JSON of a location as the codec would write it', () => {
    fc.assert(fc.property(location, (event) => locationJson(event) === JSON.stringify(event)));
  });

  it('are those of the codec, for all that a city says', () => {
    const { log } = new SmallCity({ drivers: 10, requestsPerHour: 100 }, new MiniDispatch()).run(600);
    expect(new Set(log.map(({ topic }) => topic)).size).toBe(4);
    expect(toRecords(log, 7)).toEqual(log.map(byCodec));
  });
});
