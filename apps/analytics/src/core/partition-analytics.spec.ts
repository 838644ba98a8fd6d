import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DriverState, DriverStatus } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { PartitionAnalytics } from './partition-analytics.js';
import { LATEST_CORRECTION_MS } from './zone-window.js';

const NOON = Date.UTC(2026, 2, 6, 12);
const place = { lat: 40.7, lon: -74 };
const quote = { fareCents: 900, surge: 1, distanceM: 2000, durationS: 400 };
const ride = { v: 1, rideId: 'r1', riderId: 'p1', zone: 'soho' } as const;
const trip = { pickup: place, dropoff: place, dropoffZone: 'soho', vehicleClass: 'standard', quote } as const;

const requested = (at: number, rideId = 'r1'): RideRequested => ({
  type: 'ride.requested',
  ...ride,
  rideId,
  at,
  ...trip,
});
const queued = (at: number, requestedAt: number, rideId = 'r1'): RideEvent => ({
  type: 'ride.queued',
  ...ride,
  rideId,
  at,
  requestedAt,
  ...trip,
});
const assigned = (at: number, rideId = 'r1'): RideEvent => ({
  type: 'ride.assigned',
  ...ride,
  rideId,
  at,
  driverId: 'd1',
  offerId: 'o1',
  pickup: place,
  dropoff: place,
  pickupEtaS: 60,
});
const driver = (at: number, driverId: string, state: DriverState, seq = 1): DriverStatus => ({
  type: 'driver.status',
  v: 1,
  at,
  driverId,
  seq,
  zone: 'soho',
  position: place,
  state,
  vehicleClass: 'standard',
  rideId: null,
});

describe('PartitionAnalytics', () => {
  let analytics: PartitionAnalytics;
  beforeEach(() => {
    analytics = new PartitionAnalytics(['soho', 'noho'], [], new Map());
  });

  it('counts each event in the window of its own time', () => {
    analytics.applyRequest(requested(NOON + 1_000));
    analytics.applyRideEvent(queued(NOON + 2_000, NOON + 1_000));
    analytics.applyRideEvent(assigned(NOON + 61_000));
    const { windows, openRides } = analytics.drain();
    expect(windows.map(({ windowStart, counts }) => [windowStart - NOON, counts.requests, counts.matches])).toEqual([
      [0, 1, 0],
      [60_000, 0, 1],
    ]);
    expect(windows[1]?.counts.waitsS).toEqual([60]);
    expect(openRides).toEqual([{ rideId: 'r1', zone: 'soho', requestedAt: NOON + 1_000, matched: true }]);
  });

  it('hands each event out once', () => {
    analytics.applyRequest(requested(NOON));
    expect(analytics.drain().windows).toHaveLength(1);
    expect(analytics.drain().windows).toHaveLength(0);
  });

  it('goes on from the rides that were open when it stopped', () => {
    const restored = new PartitionAnalytics(
      ['soho'],
      [{ rideId: 'r1', zone: 'soho', requestedAt: NOON, matched: false }],
      new Map(),
    );
    restored.applyRideEvent(assigned(NOON + 30_000));
    expect(restored.drain().windows[0]?.counts.waitsS).toEqual([30]);
  });

  it('closes the windows that were open when it stopped, with the requests counted before', () => {
    const open = {
      first: NOON - 60_000,
      requests: [
        { zone: 'soho', windowStart: NOON - 60_000, count: 4 },
        { zone: 'soho', windowStart: NOON, count: 1 },
      ],
    };
    const restored = new PartitionAnalytics(['soho'], [], new Map(), open);
    restored.applyDriverStatus(driver(NOON + 1_000, 'd1', 'idle'));
    expect(restored.drain().closed).toEqual([]);
    restored.applyRequest(requested(NOON + 30_000));
    const [closed, ...others] = restored.drain().closed;
    expect(closed).toMatchObject({ zone: 'soho', windowStart: NOON - 60_000, idleDrivers: 1 });
    expect(closed?.surge).toBeGreaterThan(1);
    expect(others).toEqual([]);
  });

  it('does not believe windows closed far ahead of the first event', () => {
    const restored = new PartitionAnalytics(['soho'], [], new Map(), { first: NOON + 86_400_000, requests: [] });
    restored.applyRequest(requested(NOON));
    restored.applyRequest(requested(NOON + 90_000));
    expect(restored.drain().closed.map(({ windowStart }) => windowStart)).toEqual([NOON]);
  });

  it('measures the wait for the first match only', () => {
    analytics.applyRideEvent(queued(NOON, NOON));
    analytics.applyRideEvent(assigned(NOON + 10_000));
    analytics.applyRideEvent({ type: 'ride.requeued', ...ride, at: NOON + 20_000, driverId: 'd1' });
    analytics.applyRideEvent(assigned(NOON + 30_000));
    const [window] = analytics.drain().windows;
    expect([window?.counts.matches, window?.counts.waitsS]).toEqual([2, [10]]);
  });

  it('closes a window once events are 30 s past its end, with drivers on duty and surge', () => {
    for (let n = 0; n < 4; n++) analytics.applyRequest(requested(NOON + n, `r${n}`));
    analytics.applyDriverStatus(driver(NOON + 5, 'd1', 'idle'));
    analytics.applyDriverStatus(driver(NOON + 5, 'd2', 'on_trip'));
    analytics.applyDriverStatus(driver(NOON + 89_999, 'd3', 'offline'));
    expect(analytics.drain().closed).toEqual([]);
    analytics.applyDriverStatus(driver(NOON + 90_000, 'd3', 'offline', 2));
    const { closed, headcount } = analytics.drain();
    expect(closed).toHaveLength(2);
    expect(closed[0]).toMatchObject({ zone: 'soho', windowStart: NOON, idleDrivers: 1, busyDrivers: 1 });
    expect(closed[0]!.surge).toBeGreaterThan(1);
    expect(closed[1]).toMatchObject({ zone: 'noho', idleDrivers: 0, busyDrivers: 0, surge: 1 });
    expect(headcount).toEqual({ idle: 1, busy: 1 });
  });

  it('corrects a closed window when an event comes late, and closes it only once', () => {
    analytics.applyRequest(requested(NOON));
    analytics.applyRequest(requested(NOON + 200_000, 'r2'));
    expect(analytics.drain().closed.map((window) => window.windowStart - NOON)).toEqual([0, 0, 60_000, 60_000]);
    analytics.applyRequest(requested(NOON + 1_000, 'r3'));
    const { windows, closed } = analytics.drain();
    expect(windows.map((window) => [window.windowStart - NOON, window.counts.requests])).toEqual([[0, 1]]);
    expect(closed).toEqual([]);
  });

  it('counts what is more than a day late as dropped', () => {
    analytics.applyRequest(requested(NOON + LATEST_CORRECTION_MS + 1));
    analytics.applyRequest(requested(NOON, 'r2'));
    const { windows, droppedLate } = analytics.drain();
    expect([windows.length, droppedLate]).toEqual([1, 1]);
  });

  it('does not bring a driver back by an older event', () => {
    analytics.applyDriverStatus(driver(NOON, 'd1', 'idle', 1));
    analytics.applyDriverStatus({
      type: 'driver.left_zone',
      v: 1,
      at: NOON + 1,
      driverId: 'd1',
      seq: 3,
      zone: 'soho',
      position: place,
      toZone: 'noho',
    });
    analytics.applyDriverStatus(driver(NOON + 2, 'd1', 'idle', 2));
    expect(analytics.drain().headcount).toEqual({ idle: 0, busy: 0 });
  });

  it('forgets a driver whose phone went silent', () => {
    analytics.applyDriverStatus(driver(NOON, 'd1', 'idle'));
    analytics.applyDriverStatus(driver(NOON + 10 * 60_000, 'd2', 'idle'));
    expect(analytics.drain().headcount).toEqual({ idle: 1, busy: 0 });
  });

  it('keeps an ended ride no longer', () => {
    analytics.applyRideEvent(queued(NOON, NOON));
    analytics.applyRideEvent({ type: 'ride.no_driver_found', ...ride, at: NOON + 5, waitedS: 5 });
    expect(analytics.drain()).toMatchObject({ openRides: [], endedRides: ['r1'] });
  });
});
