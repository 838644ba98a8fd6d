import { describe, expect, it } from '@jest/globals';
import { ride } from '../state/fixtures.js';
import { nearestThings } from './picking.js';

const positions = new Float64Array([0, 0, 1, 0, 9, 9]);

describe('nearestThings', () => {
  it('finds the nearest vehicle in reach, of those that are shown', () => {
    expect(nearestThings([0.9, 0], 0.5, positions, 3, []).row).toBe(1);
    expect(nearestThings([0.9, 0], 0.5, positions, 1, []).row).toBeNull();
    expect(nearestThings([4, 4], 0.5, positions, 3, []).row).toBeNull();
  });

  it('prefers a rider who is nearer, and only one who waits', () => {
    const waiting = ride('r1', { pickup: [0.8, 0] });
    expect(nearestThings([0.85, 0], 0.5, positions, 3, [waiting])).toEqual({ row: null, rider: waiting });
    expect(nearestThings([0.85, 0], 0.5, positions, 3, [{ ...waiting, state: 'completed' }])).toEqual({
      row: 1,
      rider: null,
    });
  });

  it('measures north and east alike, away from the equator', () => {
    const north = new Float64Array([10, 60.4]);
    expect(nearestThings([10, 60], 0.5, north, 1, []).row).toBeNull();
    expect(nearestThings([10, 60], 0.9, north, 1, []).row).toBe(0);
  });
});
