import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { corner, rideRequest, START_MS } from '../../test/grid-city.js';
import { RideBook } from './ride-book.js';

const ride = (rideId: string, at: number) =>
  ({ v: 1, at, rideId, riderId: `rider-of-${rideId}`, zone: 'west' }) as const;
const queued = (rideId: string, at = START_MS): RideEvent => ({
  type: 'ride.queued',
  ...ride(rideId, at),
  requestedAt: at,
  pickup: corner(1, 2),
  dropoff: corner(5, 5),
  dropoffZone: 'east',
  vehicleClass: 'standard',
  quote: { fareCents: 900, surge: 1, distanceM: 1000, durationS: 100 },
});
const offered = (rideId: string, offerId: string, at: number): RideEvent => ({
  type: 'ride.offered',
  ...ride(rideId, at),
  offerId,
  driverId: 'd1',
  attempt: 1,
  expiresAt: at + 15_000,
  pickup: corner(1, 2),
  dropoff: corner(5, 5),
  fareCents: 900,
  pickupEtaS: 60,
  why: { policy: 'batched', candidates: 3, rankByEta: 2, waitedS: 4 },
});
const expired = (rideId: string, offerId: string, at: number): RideEvent => ({
  type: 'ride.offer_expired',
  ...ride(rideId, at),
  offerId,
  driverId: 'd1',
});
const cancelled = (rideId: string, at: number): RideEvent => ({
  type: 'ride.cancelled',
  ...ride(rideId, at),
  by: 'rider',
  reason: 'other',
  driverId: null,
  feeCents: 0,
});

describe('RideBook', () => {
  let book: RideBook;
  let changed: string[];
  beforeEach(() => {
    changed = [];
    book = new RideBook({ ended: 3, live: 4, shownEnded: 2 }, (rideId) => changed.push(rideId));
  });

  it('shows a ride with its timeline and why the driver was asked', () => {
    book.apply(queued('r1'));
    book.apply(offered('r1', 'o1', START_MS + 1_000));
    expect(book.find('r1')).toMatchObject({
      state: 'offered',
      driverId: 'd1',
      offerExpiresAt: START_MS + 16_000,
      updatedAt: START_MS + 1_000,
      pickup: [-73.999, 40.702],
      timeline: [
        { type: 'ride.queued', driverId: null },
        { type: 'ride.offered', driverId: 'd1', details: { attempt: 1, why: { policy: 'batched', rankByEta: 2 } } },
      ],
    });
    expect(book.waitingByZone()).toEqual(new Map([['west', 1]]));
  });

  it('tells late words in the timeline, and takes nothing twice', () => {
    book.apply(queued('r1'));
    book.apply(queued('r1'));
    book.apply(cancelled('r1', START_MS + 1));
    const late = { ...ride('r1', START_MS + 2), driverId: 'd1', offerId: 'o1' };
    book.apply({ type: 'ride.offer_accepted', ...late });
    expect(book.find('r1')!.timeline.map(({ type }) => type)).toEqual([
      'ride.queued',
      'ride.cancelled',
      'ride.offer_accepted',
    ]);
    expect(book.find('r1')).toMatchObject({ state: 'cancelled', updatedAt: START_MS + 1 });
  });

  it('keeps the last rides that ended, and shows browsers fewer of them', () => {
    for (const [i, rideId] of ['r1', 'r2', 'r3', 'r4'].entries()) {
      book.apply(queued(rideId, START_MS + i));
      book.apply(cancelled(rideId, START_MS + i));
    }
    expect(book.find('r1')).toBeUndefined();
    expect(book.list(undefined, 10).map(({ rideId }) => rideId)).toEqual(['r4', 'r3', 'r2']);
    expect(book.list('queued', 10)).toEqual([]);
    expect(book.allShown().map(({ rideId }) => rideId)).toEqual(['r3', 'r4']);
    expect(book.shown('r2')).toBeUndefined();
    // Browsers are told that it left.
    expect(changed.filter((rideId) => rideId === 'r2').length).toBeGreaterThan(2);
  });

  it('bounds live rides and timelines', () => {
    for (let i = 0; i < 6; i++) book.apply(queued(`r${i}`));
    expect(book.liveCount).toBe(4);
    expect(book.find('r0')).toBeUndefined();
    for (let i = 0; i < 300; i++) {
      book.apply(offered('r5', `o${i}`, START_MS + i));
      book.apply(expired('r5', `o${i}`, START_MS + i));
    }
    expect(book.find('r5')!.timeline).toHaveLength(200);
  });

  it('shows a request before dispatch has taken it, and then the ride', () => {
    book.note(rideRequest('r1', corner(1, 2), START_MS));
    expect(book.find('r1')).toMatchObject({ state: 'queued', timeline: [] });
    expect(book.list(undefined, 10)).toEqual([]);
    book.apply(queued('r1'));
    expect(book.find('r1')!.timeline).toHaveLength(1);
  });
});
