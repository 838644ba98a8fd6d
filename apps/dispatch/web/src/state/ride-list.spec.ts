import { describe, expect, it } from '@jest/globals';
import { RIDE_STATES } from '@ridestream/ride-domain/rides/ride-states';
import { ride, T0 } from './fixtures.js';
import { listRides, RIDE_FILTERS } from './ride-list.js';

const rides = RIDE_STATES.map((state, i) => ride(`r${i}`, { state, updatedAt: T0 + i, requestedAt: T0 - i }));

describe('listRides', () => {
  it('puts every state in exactly one list', () => {
    const { counts } = listRides(rides, 'all', '', 100);
    expect(counts.all).toBe(RIDE_STATES.length);
    expect(counts.waiting + counts.pickup + counts.trip + counts.ended).toBe(counts.all);
    for (const filter of RIDE_FILTERS) expect(listRides(rides, filter, '', 100).shown).toHaveLength(counts[filter]);
  });

  it('shows the latest change first, and of those who wait the longest wait first', () => {
    expect(listRides(rides, 'all', '', 2).shown.map((r) => r.rideId)).toEqual(['r7', 'r6']);
    expect(listRides(rides, 'waiting', '', 9).shown.map((r) => r.rideId)).toEqual(['r1', 'r0']);
  });

  it('finds a part of the ride’s, rider’s or driver’s id, in any case', () => {
    const some = [ride('abc'), ride('r2', { riderId: 'ANNA' }), ride('r3', { driverId: 'd-77' }), ride('r4')];
    const found = (query: string): string[] => listRides(some, 'all', query, 9).shown.map((r) => r.rideId);
    expect(found('B')).toEqual(['abc']);
    expect(found(' anna ')).toEqual(['r2']);
    expect(found('-77')).toEqual(['r3']);
    expect(found('zz')).toEqual([]);
  });

  it('cuts the list but tells the total', () => {
    const { shown, total } = listRides(rides, 'all', '', 3);
    expect([shown.length, total]).toEqual([3, RIDE_STATES.length]);
  });
});
