import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gridGraph, START_MS } from '../../test/grid-city.js';
import { createPolicy, POLICY_NAMES } from './policies.js';
import type { IdleDriver, MatchInput, WaitingRide } from './policy.js';

const SIZE = 10;
const graph = gridGraph(SIZE);
const at = (column: number, row: number): number => row * SIZE + column;
const driver = (driverId: string, node: number): IdleDriver => ({ driverId, node, vehicleClass: 'standard' });
const ride = (rideId: string, pickupNode: number, waitedS = 0): WaitingRide => ({
  rideId,
  pickupNode,
  vehicleClass: 'standard',
  waitedS,
  isBlocked: () => false,
});
const match = (name: 'batched' | 'nearest', rides: WaitingRide[], drivers: IdleDriver[]) =>
  createPolicy(name, graph)
    .match({ rides, drivers, cityMs: START_MS })
    .map((found) => [rides[found.ride]!.rideId, drivers[found.driver]!.driverId, found.etaS, found.rankByEta]);

describe('matching policies', () => {
  // One driver stands between two riders, another beside the first rider only.
  const rides = [ride('a', at(2, 0), 5), ride('b', at(4, 0))];
  const drivers = [driver('beside-a', at(0, 0)), driver('between', at(3, 0))];

  it('nearest: the first in line takes the nearest driver', () => {
    expect(match('nearest', rides, drivers)).toEqual([
      ['a', 'between', 10, 1],
      ['b', 'beside-a', 40, 2],
    ]);
  });

  it('batched: all drive less together, and the offer says that a nearer one was passed over', () => {
    expect(match('batched', rides, drivers)).toEqual([
      ['a', 'beside-a', 20, 2],
      ['b', 'between', 10, 1],
    ]);
  });

  it('batched: with one driver left, the rider who waited long goes before the one who is near', () => {
    const near = ride('near', at(1, 0), 0);
    const far = ride('far', at(5, 0), 60);
    expect(match('batched', [far, near], [driver('d', at(0, 0))])).toEqual([['far', 'd', 50, 1]]);
    expect(match('batched', [ride('far', at(5, 0), 1), near], [driver('d', at(0, 0))])).toEqual([['near', 'd', 10, 1]]);
  });

  it.each(POLICY_NAMES)('%s: no ride and no driver twice, and nobody idle beside a rider in reach', (name) => {
    const node = fc.integer({ min: 0, max: SIZE * SIZE - 1 });
    const policy = createPolicy(name, graph);
    fc.assert(
      fc.property(fc.array(node, { maxLength: 12 }), fc.array(node, { maxLength: 12 }), (pickups, places) => {
        const given: MatchInput = {
          rides: pickups.map((pickup, i) => ride(`r${i}`, pickup)),
          drivers: places.map((place, i) => driver(`d${i}`, place)),
          cityMs: START_MS,
        };
        const matches = policy.match(given);
        expect(new Set(matches.map((found) => found.ride)).size).toBe(matches.length);
        expect(new Set(matches.map((found) => found.driver)).size).toBe(matches.length);
        expect(matches.length).toBe(Math.min(pickups.length, places.length));
        const total = matches.reduce((sum, { etaS }) => sum + etaS, 0);
        const others = createPolicy('nearest', graph).match(given);
        const baseline = others.reduce((sum, { etaS }) => sum + etaS, 0);
        if (name === 'batched') expect(total).toBeLessThanOrEqual(baseline);
      }),
    );
  });
});
