import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DriverLocation } from './driver-events.js';
import { CITY_KEY, decodeEvent, encodeEvent } from './event-codec.js';

const location: DriverLocation = {
  type: 'driver.location',
  v: 1,
  at: 1_760_000_000_000,
  driverId: 'driver-7',
  seq: 12,
  zone: '142',
  position: { lat: 40.77, lon: -73.97 },
  state: 'en_route',
  speedMps: 8.25,
  bearingDeg: 123.4,
  rideId: 'ride-1',
};

const asRecord = (value: unknown, key: string | null = 'driver-7') => ({
  key,
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});

describe('encodeEvent', () => {
  it('writes readable JSON with key, partition, wall-clock timestamp and the standard headers', () => {
    const record = encodeEvent('LocationUpdates', location, { partition: 3, timestampMs: 17 });
    expect(record).toMatchObject({ topic: 'LocationUpdates', partition: 3, key: 'driver-7', timestamp: 17 });
    expect(JSON.parse(record.value)).toEqual(location);
    expect(record.headers).toEqual({
      'event-type': 'driver.location',
      'event-version': '1',
      'event-time': '1760000000000',
    });
  });

  it('carries the trace context when there is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const record = encodeEvent('LocationUpdates', location, { partition: 0, timestampMs: 1, traceparent });
    expect(record.headers.traceparent).toBe(traceparent);
  });

  it('keys city-wide events by the constant key', () => {
    const record = encodeEvent(
      'CityClock',
      { type: 'clock.set', v: 1, at: location.at, wallMs: 5, speed: 1 },
      { partition: 0, timestampMs: 1 },
    );
    expect(record.key).toBe(CITY_KEY);
    expect(decodeEvent('CityClock', asRecord(record.value, record.key)).ok).toBe(true);
  });
});

describe('decodeEvent', () => {
  it('gives back what was encoded', () => {
    const record = encodeEvent('LocationUpdates', location, { partition: 3, timestampMs: 17 });
    expect(decodeEvent('LocationUpdates', asRecord(record.value, record.key))).toEqual({ ok: true, event: location });
  });

  it('drops fields that a newer writer added', () => {
    expect(decodeEvent('LocationUpdates', asRecord({ ...location, batteryPercent: 80 }))).toEqual({
      ok: true,
      event: location,
    });
  });

  it.each([
    ['a tombstone', null, /tombstone/],
    ['text that is not JSON', '{', /not JSON/],
    ['an unknown type', { ...location, type: 'driver.levitated' }, /^type: /],
    ['a version from the future', { ...location, v: 2 }, /^v: /],
    ['a missing field', { ...location, zone: undefined }, /^zone: /],
    ['a position off the globe', { ...location, position: { lat: 91, lon: 0 } }, /^position\.lat: /],
    ['a number that JSON cannot hold', { ...location, speedMps: NaN }, /^speedMps: /],
    ['a time from 1970', { ...location, at: 5 }, /^at: /],
    ['a list', [location], /^event: /],
    ['an enormous value', `"${'x'.repeat(70_000)}"`, /at most 65536/],
  ])('refuses %s with the reason', (_name, value, reason) => {
    const decoded = decodeEvent('LocationUpdates', asRecord(value));
    expect(decoded).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  it('refuses an event under a key that is not its own, since order and compaction go by key', () => {
    expect(decodeEvent('LocationUpdates', asRecord(location, 'driver-8'))).toMatchObject({ ok: false });
    expect(decodeEvent('LocationUpdates', asRecord(location, null))).toMatchObject({ ok: false });
  });

  it('never throws, whatever the bytes, and keeps its reasons short', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          const decoded = decodeEvent('RideEvents', { key: 'k', value: Buffer.from(bytes) });
          expect(decoded.ok ? '' : decoded.reason).toMatch(/^[^]{1,301}$/);
        },
      ),
    );
  });
});
