import type { LiveRide } from '../../../src/live/protocol.js';
import { isWaiting } from '../state/ride-list.js';

export interface Nearby {
  /** Vehicle row, or none within reach. */
  readonly row: number | null;
  readonly rider: LiveRide | null;
}

/**
 * What a pointer means: the nearest vehicle and the nearest waiting rider within `reachDeg` (degrees of longitude).
 * A search over all is some tens of microseconds for 5,000 vehicles; reading pixels back from the graphics card stalls it.
 */
export function nearestThings(
  at: readonly [number, number],
  reachDeg: number,
  positions: Float64Array,
  count: number,
  rides: Iterable<LiveRide>,
): Nearby {
  const squeeze = 1 / Math.cos((at[1] * Math.PI) / 180);
  const squared = (lon: number, lat: number): number => (lon - at[0]) ** 2 + ((lat - at[1]) * squeeze) ** 2;
  let row: number | null = null;
  let rider: LiveRide | null = null;
  let nearest = reachDeg ** 2;
  for (let i = 0; i < count; i++) {
    const d = squared(positions[i * 2]!, positions[i * 2 + 1]!);
    if (d >= nearest) continue;
    nearest = d;
    row = i;
  }
  for (const ride of rides) {
    if (!isWaiting(ride)) continue;
    const d = squared(ride.pickup[0], ride.pickup[1]);
    if (d >= nearest) continue;
    nearest = d;
    rider = ride;
    row = null;
  }
  return { row, rider };
}
