import { describe, expect, it } from '@jest/globals';
import { delta, ride, snapshot, vehicle } from './fixtures.js';
import { LiveStore } from './live-store.js';

const NOW = 1_000;

describe('LiveStore', () => {
  it('takes nothing before the first snapshot', () => {
    const store = new LiveStore();
    expect(store.applyDelta(delta(1), NOW)).toBe('no-snapshot');
    expect(store.ready).toBe(false);
  });

  it('applies deltas in turn, adding, changing and removing', () => {
    const store = new LiveStore();
    store.applySnapshot(snapshot({ vehicles: [vehicle('d1'), vehicle('d2')], rides: [ride('r1')] }), NOW);
    const verdict = store.applyDelta(
      delta(8, {
        vehicles: [vehicle('d3'), vehicle('d2', 0, 0, 'on_trip')],
        vehiclesGone: ['d1'],
        rides: [ride('r2', { state: 'offered' })],
        ridesGone: ['r1'],
        zones: [{ zone: 'z1', surge: 1.5, waiting: 2, idle: 0 }],
      }),
      NOW + 250,
    );
    expect(verdict).toBe('applied');
    expect(store.vehicles.get('d1', NOW)).toBeNull();
    expect(store.vehicles.get('d2', NOW)?.state).toBe('on_trip');
    expect(store.vehicles.countByState()).toMatchObject({ idle: 1, on_trip: 1 });
    expect([...store.rides.keys()]).toEqual(['r2']);
    expect(store.zones.get('z1')?.surge).toBe(1.5);
    expect(store.updatedMs).toBe(NOW + 250);
  });

  it('refuses a gap and another epoch without changing anything', () => {
    const store = new LiveStore();
    store.applySnapshot(snapshot({ rides: [ride('r1')] }), NOW);
    expect(store.applyDelta(delta(9, { ridesGone: ['r1'] }), NOW + 1)).toBe('gap');
    expect(store.applyDelta(delta(8, { epoch: 'e2', ridesGone: ['r1'] }), NOW + 1)).toBe('other-epoch');
    expect(store.rides.has('r1')).toBe(true);
    expect(store.updatedMs).toBe(NOW);
  });

  it('drops what it has seen', () => {
    const store = new LiveStore();
    store.applySnapshot(snapshot(), NOW);
    expect(store.applyDelta(delta(7), NOW)).toBe('old');
    expect(store.applyDelta(delta(8), NOW)).toBe('applied');
    expect(store.applyDelta(delta(8), NOW)).toBe('old');
  });

  it('goes on after a resync from another epoch, forgetting what is gone', () => {
    const store = new LiveStore();
    store.applySnapshot(snapshot({ vehicles: [vehicle('d1'), vehicle('d2')], rides: [ride('r1')] }), NOW);
    store.applySnapshot(snapshot({ epoch: 'e2', seq: 0, vehicles: [vehicle('d2')] }), NOW + 1);
    expect(store.vehicles.count).toBe(1);
    expect(store.rides.size).toBe(0);
    expect(store.applyDelta(delta(1, { epoch: 'e2' }), NOW + 2)).toBe('applied');
  });

  it('keeps the figures while a delta has none', () => {
    const store = new LiveStore();
    const metrics = { requests: 4 } as NonNullable<ReturnType<typeof snapshot>['metrics']>;
    store.applySnapshot(snapshot({ metrics }), NOW);
    store.applyDelta(delta(8), NOW);
    expect(store.metrics?.requests).toBe(4);
  });

  it('lets vehicles glide over the time to the next report, which the speed of the city shortens', () => {
    const store = new LiveStore();
    store.applySnapshot(snapshot({ vehicles: [vehicle('d1', 0, 0)] }), NOW);
    store.applyDelta(delta(8, { vehicles: [vehicle('d1', 0.001, 0)] }), NOW + 400);
    const before = store.vehicles.get('d1', NOW + 400);
    const halfway = store.vehicles.get('d1', NOW + 600);
    const after = store.vehicles.get('d1', NOW + 1_000);
    expect(before?.lon).toBe(0);
    expect(halfway?.lon).toBeGreaterThan(0.0003);
    expect(halfway?.lon).toBeLessThan(0.0007);
    expect(after?.lon).toBe(0.001);
  });

  it('moves at once for those who want less motion', () => {
    const store = new LiveStore();
    store.still = true;
    store.applySnapshot(snapshot({ vehicles: [vehicle('d1', 0, 0)] }), NOW);
    store.applyDelta(delta(8, { vehicles: [vehicle('d1', 0.001, 0)] }), NOW + 400);
    expect(store.vehicles.get('d1', NOW + 400)?.lon).toBe(0.001);
  });
});
