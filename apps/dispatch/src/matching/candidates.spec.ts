import { describe, expect, it } from '@jest/globals';
import { Router } from '@ridestream/ride-domain/roads/router';
import fc from 'fast-check';
import { gridGraph, START_MS } from '../../test/grid-city.js';
import { CandidateFinder } from './candidates.js';
import type { IdleDriver, MatchInput, WaitingRide } from './policy.js';

const SIZE = 8;
const graph = gridGraph(SIZE);
const router = new Router(graph);
const radius = { startS: 60, growthPerWaitedS: 1, maxS: 100 };
const node = fc.integer({ min: 0, max: SIZE * SIZE - 1 });
const vehicleClass = fc.constantFrom('standard', 'xl');

const input: fc.Arbitrary<MatchInput> = fc.record({
  cityMs: fc.constant(START_MS),
  drivers: fc
    .array(fc.record({ node, vehicleClass: fc.option(vehicleClass) }), { maxLength: 12 })
    .map((drivers) => drivers.map((driver, i): IdleDriver => ({ driverId: `d${i}`, ...driver }))),
  rides: fc
    .array(fc.record({ pickupNode: node, vehicleClass, waitedS: fc.integer({ min: 0, max: 80 }), blocked: node }), {
      maxLength: 12,
    })
    .map((rides) =>
      rides.map(({ blocked, ...ride }, i): WaitingRide => ({
        rideId: `r${i}`,
        ...ride,
        isBlocked: (driverId) => driverId === `d${blocked}`,
      })),
    ),
});

/** Every pair that is allowed, from the router that the rest of the platform uses. */
function allPairs({ rides, drivers, cityMs }: MatchInput): { driver: number; etaS: number }[][] {
  return rides.map((ride) =>
    drivers
      .map(({ node: from }, driver) => ({ driver, etaS: router.route(from, ride.pickupNode, cityMs)!.durationS }))
      .filter(({ driver, etaS }) => {
        const { driverId, vehicleClass: vehicle } = drivers[driver]!;
        const serves = ride.vehicleClass === 'standard' || vehicle === ride.vehicleClass;
        return serves && !ride.isBlocked(driverId) && etaS <= Math.min(100, 60 + ride.waitedS);
      })
      .sort((a, b) => a.etaS - b.etaS),
  );
}

const rowsOf = (finder: CandidateFinder, given: MatchInput): { driver: number; etaS: number }[][] => {
  const { rowStart, driver, etaS } = finder.find(given);
  return given.rides.map((_, r) =>
    Array.from({ length: rowStart[r + 1]! - rowStart[r]! }, (_, i) => ({
      driver: driver[rowStart[r]! + i]!,
      etaS: etaS[rowStart[r]! + i]!,
    })),
  );
};

const byDriver = (a: { driver: number }, b: { driver: number }): number => a.driver - b.driver;

describe('CandidateFinder', () => {
  it('finds exactly the pairs that class, block and radius allow, nearest first, from either side', () => {
    const finder = new CandidateFinder(graph, { radius, perSearch: 100, nodesMax: 1e9 });
    fc.assert(
      fc.property(input, (given) => {
        const expected = allPairs(given);
        rowsOf(finder, given).forEach((row, r) => {
          expect(row.map(({ etaS }) => etaS)).toEqual(expected[r]!.map(({ etaS }) => etaS));
          expect([...row].sort(byDriver)).toEqual([...expected[r]!].sort(byDriver));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('stops at the nearest few', () => {
    const finder = new CandidateFinder(graph, { radius, perSearch: 2, nodesMax: 1e9 });
    fc.assert(
      fc.property(
        input.filter(({ rides, drivers }) => rides.length <= drivers.length),
        (given) => {
          const expected = allPairs(given);
          rowsOf(finder, given).forEach((row, r) => {
            expect(row.length).toBeGreaterThanOrEqual(Math.min(2, expected[r]!.length));
            expect(row.map(({ etaS }) => etaS)).toEqual(expected[r]!.slice(0, row.length).map(({ etaS }) => etaS));
          });
        },
      ),
    );
  });

  it('leaves the rides that waited least for the next tick when its budget runs out', () => {
    const finder = new CandidateFinder(graph, { radius, perSearch: 1, nodesMax: 1 });
    const drivers = [0, 9].map((at, i): IdleDriver => ({ driverId: `d${i}`, node: at, vehicleClass: 'standard' }));
    const rides = [0, 9].map((at, i): WaitingRide => ({
      rideId: `r${i}`,
      pickupNode: at,
      vehicleClass: 'standard',
      waitedS: 9 - i,
      isBlocked: () => false,
    }));
    expect(rowsOf(finder, { rides, drivers, cityMs: START_MS })).toEqual([[{ driver: 0, etaS: 0 }], []]);
  });
});
