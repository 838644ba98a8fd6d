import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DriverLocation, DriverState, DriverStatusEvent } from '../events/driver-events.js';
import { applyDriverEvent, canFollow, DRIVER_TRANSITIONS, type Driver } from './driver-machine.js';

const base = { v: 1 as const, at: 1_772_524_800_000, driverId: 'd1', zone: 'z1', position: { lat: 41.9, lon: -29.6 } };
const status = (seq: number, state: DriverState, more: Partial<DriverStatusEvent> = {}): DriverStatusEvent =>
  ({ type: 'driver.status', ...base, seq, state, vehicleClass: 'xl', rideId: null, ...more }) as DriverStatusEvent;
const location = (seq: number, state: DriverState): DriverLocation => ({
  type: 'driver.location',
  ...base,
  seq,
  state,
  speedMps: 8,
  bearingDeg: 10,
  rideId: null,
});
const leaving = (seq: number, toZone: string): DriverStatusEvent => ({
  type: 'driver.left_zone',
  ...base,
  seq,
  toZone,
});

describe('applyDriverEvent', () => {
  it('keeps the event with the highest seq, in whatever order events come', () => {
    const events = [
      status(1, 'idle'),
      location(2, 'idle'),
      status(3, 'offered'),
      status(4, 'en_route'),
      location(5, 'en_route'),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        const driver = shuffled.reduce<Driver | undefined>(
          (so, event) => applyDriverEvent(so, event).driver,
          undefined,
        );
        expect(driver).toMatchObject({ seq: 5, state: 'en_route', vehicleClass: 'xl' });
      }),
    );
  });

  it('tells duplicates and stale events apart', () => {
    const { driver } = applyDriverEvent(undefined, location(7, 'idle'));
    expect(applyDriverEvent(driver, location(7, 'idle')).verdict).toBe('duplicate');
    expect(applyDriverEvent(driver, location(6, 'idle')).verdict).toBe('stale');
  });

  it('moves the driver to the next zone with the goodbye, state unchanged', () => {
    const { driver } = applyDriverEvent(undefined, status(1, 'on_trip', { rideId: 'r1' }));
    expect(applyDriverEvent(driver, leaving(2, 'z2')).driver).toMatchObject({
      zone: 'z2',
      state: 'on_trip',
      rideId: 'r1',
    });
  });

  it('reports a step that the table does not have, and takes it, since the phone knows', () => {
    const { driver } = applyDriverEvent(undefined, status(1, 'idle'));
    const step = applyDriverEvent(driver, status(2, 'on_trip'));
    expect(step).toMatchObject({ verdict: 'unexpected', reason: 'idle to on_trip', driver: { state: 'on_trip' } });
  });

  it('does not judge a step over a gap', () => {
    const { driver } = applyDriverEvent(undefined, status(1, 'idle'));
    expect(applyDriverEvent(driver, status(5, 'on_trip')).verdict).toBe('applied');
  });
});

describe('DRIVER_TRANSITIONS', () => {
  it('lets every state be reached from offline, and offline from every state', () => {
    for (const from of Object.keys(DRIVER_TRANSITIONS) as DriverState[]) {
      const seen = new Set<DriverState>([from]);
      for (const state of seen) for (const next of DRIVER_TRANSITIONS[state]) seen.add(next);
      expect(seen.size).toBe(6);
    }
  });

  it('has no way off duty with a rider on board', () => {
    expect(canFollow('on_trip', 'offline')).toBe(false);
    expect(canFollow('on_trip', 'on_trip')).toBe(true);
  });
});
