import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cancellationFeeCents, fareCents, TARIFF } from './fares.js';
import { SURGE_DEMAND_MIN, surgeMultiplier } from './surge.js';

const trip = { distanceM: 5_000, durationS: 900, surge: 1, vehicleClass: 'standard' } as const;

describe('fareCents', () => {
  it('adds base, distance, time and the booking fee', () => {
    expect(fareCents(trip)).toBe(150 + 250 + 5 * 115 + 15 * 32);
  });

  it('never charges less than the minimum', () => {
    expect(fareCents({ ...trip, distanceM: 10, durationS: 5 })).toBe(TARIFF.rideMin + TARIFF.bookingFee);
  });

  it('multiplies the ride by class and surge, and the booking fee by neither', () => {
    const ride = fareCents(trip) - TARIFF.bookingFee;
    expect(fareCents({ ...trip, surge: 2 })).toBe(2 * ride + TARIFF.bookingFee);
    expect(fareCents({ ...trip, vehicleClass: 'premium' })).toBe(Math.round(1.9 * ride + TARIFF.bookingFee));
  });

  it('is a whole number that grows with distance, time and surge', () => {
    const input = fc.record({
      distanceM: fc.double({ min: 0, max: 1e5, noNaN: true }),
      durationS: fc.double({ min: 0, max: 1e5, noNaN: true }),
      surge: fc.double({ min: 1, max: 10, noNaN: true }),
      vehicleClass: fc.constantFrom('standard' as const, 'xl' as const, 'premium' as const),
    });
    fc.assert(
      fc.property(input, (one) => {
        const fare = fareCents(one);
        expect(Number.isInteger(fare)).toBe(true);
        expect(fareCents({ ...one, distanceM: one.distanceM + 500 })).toBeGreaterThanOrEqual(fare);
        expect(fareCents({ ...one, durationS: one.durationS + 60 })).toBeGreaterThanOrEqual(fare);
        expect(fareCents({ ...one, surge: one.surge + 0.5 })).toBeGreaterThan(fare);
      }),
    );
  });

  it.each([{ distanceM: -1 }, { durationS: NaN }, { surge: 0.9 }, { distanceM: Infinity }])('refuses %j', (wrong) => {
    expect(() => fareCents({ ...trip, ...wrong })).toThrow(RangeError);
  });
});

describe('cancellationFeeCents', () => {
  it.each([
    [200, 200],
    [900, 300],
    [2_500, 500],
    [20_000, 1_000],
  ])('of a fare of %d is %d', (fare, fee) => {
    expect(cancellationFeeCents(fare)).toBe(fee);
  });
});

describe('surgeMultiplier', () => {
  it.each([
    [10, 10, 1],
    [15, 10, 1.5],
    [40, 10, 3],
    [5, 0, 3],
    [SURGE_DEMAND_MIN - 1, 0, 1],
    [0, 0, 1],
  ])('for %d requests and %d drivers is %d', (demand, supply, multiplier) => {
    expect(surgeMultiplier({ demand, supply, cap: 3 })).toBeCloseTo(multiplier);
  });

  it('stays between 1 and the cap, grows with demand and falls with supply', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.double({ min: 1, max: 10, noNaN: true }), (demand, supply, cap) => {
        const surge = surgeMultiplier({ demand, supply, cap });
        expect(surge).toBeGreaterThanOrEqual(1);
        expect(surge).toBeLessThanOrEqual(cap);
        expect(surgeMultiplier({ demand: demand + 1, supply, cap })).toBeGreaterThanOrEqual(surge);
        expect(surgeMultiplier({ demand, supply: supply + 1, cap })).toBeLessThanOrEqual(surge);
      }),
    );
  });

  it.each([{ demand: -1 }, { supply: NaN }, { cap: 0 }])('refuses %j', (wrong) => {
    expect(() => surgeMultiplier({ demand: 1, supply: 1, cap: 2, ...wrong })).toThrow(RangeError);
  });
});
