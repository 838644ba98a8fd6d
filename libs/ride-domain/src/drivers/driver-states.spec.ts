import { describe, expect, it } from '@jest/globals';
import type { DriverState } from '../events/driver-events.js';
import { canFollow, DRIVER_TRANSITIONS } from './driver-states.js';

describe('DRIVER_TRANSITIONS', () => {
  it('lets every state be reached from every other', () => {
    for (const from of Object.keys(DRIVER_TRANSITIONS) as DriverState[]) {
      const seen = new Set<DriverState>([from]);
      for (const state of seen) for (const next of DRIVER_TRANSITIONS[state]) seen.add(next);
      expect(seen.size).toBe(6);
    }
  });

  it.each<[DriverState, DriverState]>([
    ['offline', 'offered'],
    ['offline', 'en_route'],
    ['idle', 'on_trip'],
    ['offered', 'on_trip'],
    ['en_route', 'on_trip'],
    ['on_trip', 'offered'],
    ['on_trip', 'waiting'],
  ])('has no step from %s to %s', (from, to) => expect(canFollow(from, to)).toBe(false));

  it('has the same state again as a step', () => {
    for (const state of Object.keys(DRIVER_TRANSITIONS) as DriverState[]) expect(canFollow(state, state)).toBe(true);
  });
});
