import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { corner, START_MS } from '../../test/grid-city.js';
import { RideLedger } from './ride-ledger.js';

const ride = (rideId: string) => ({ v: 1, at: START_MS, rideId, riderId: 'ann', zone: 'west' }) as const;
const queued = (rideId: string): RideEvent => ({
  type: 'ride.queued',
  ...ride(rideId),
  requestedAt: START_MS,
  pickup: corner(1, 1),
  dropoff: corner(5, 5),
  dropoffZone: 'east',
  vehicleClass: 'standard',
  quote: { fareCents: 900, surge: 1, distanceM: 1000, durationS: 100 },
});
const offered = (rideId: string, offerId: string, driverId = 'd1'): RideEvent => ({
  type: 'ride.offered',
  ...ride(rideId),
  offerId,
  driverId,
  attempt: 1,
  expiresAt: START_MS + 15_000,
  pickup: corner(1, 1),
  dropoff: corner(5, 5),
  fareCents: 900,
  pickupEtaS: 60,
  why: { policy: 'test', candidates: 1, rankByEta: 1, waitedS: 0 },
});
const cancelled = (rideId: string): RideEvent => ({
  type: 'ride.cancelled',
  ...ride(rideId),
  by: 'rider',
  reason: 'other',
  driverId: null,
  feeCents: 0,
});

describe('RideLedger', () => {
  let ledger: RideLedger;
  beforeEach(() => {
    ledger = new RideLedger(3);
  });
  const stateOf = (rideId: string) => ledger.view(rideId)?.ride.state;

  it('counts a decision at once and knows it again when it is read back', () => {
    expect(ledger.decide(queued('r1'))).toBe(true);
    expect(ledger.decide(offered('r1', 'o1'))).toBe(true);
    expect(stateOf('r1')).toBe('offered');
    expect(ledger.confirmed()).toEqual([]);
    expect(ledger.read(queued('r1'), 0n)).toBe('own');
    expect(ledger.confirmed()).toMatchObject([{ ride: { state: 'queued' } }]);
    expect(stateOf('r1')).toBe('offered');
    expect(ledger.read(offered('r1', 'o1'), 1n)).toBe('own');
    expect(ledger.pendingCount).toBe(0);
    expect(ledger.confirmed()).toMatchObject([{ ride: { state: 'offered' } }]);
  });

  it('refuses decisions that do not fit', () => {
    expect(ledger.decide(offered('r1', 'o1'))).toBe(false);
    expect(ledger.decide(queued('r1'))).toBe(true);
    expect(ledger.decide(queued('r1'))).toBe(false);
    expect(ledger.pendingCount).toBe(1);
  });

  it('lets the log have the last word where another instance decided otherwise', () => {
    ledger.decide(queued('r1'));
    ledger.read(queued('r1'), 0n);
    ledger.decide(offered('r1', 'mine', 'd1'));
    expect(ledger.read(offered('r1', 'theirs', 'd2'), 1n)).toBe('applied');
    expect(ledger.view('r1')!.ride.offer?.offerId).toBe('theirs');
    expect(ledger.read(offered('r1', 'mine', 'd1'), 2n)).toBe('own');
    expect(ledger.view('r1')!.ride.offer?.offerId).toBe('theirs');
  });

  it('reads nothing twice', () => {
    ledger.read(queued('r1'), 5n);
    expect(ledger.nextOffset).toBe(6n);
    expect(ledger.read(offered('r1', 'o1'), 5n)).toBe('duplicate');
    expect(stateOf('r1')).toBe('queued');
    ledger.skip(8n);
    ledger.skip(2n);
    expect(ledger.nextOffset).toBe(9n);
  });

  it('forgets abandoned decisions, and takes them from the log if they did get there', () => {
    ledger.decide(queued('r1'));
    ledger.decide(queued('r2'));
    ledger.decide(offered('r2', 'o1'));
    expect(ledger.abandonPending()).toBe(3);
    expect(ledger.knows('r1')).toBe(false);
    expect(ledger.size).toBe(0);
    expect(ledger.read(queued('r2'), 0n)).toBe('applied');
    expect(stateOf('r2')).toBe('queued');
  });

  it('remembers so many ended rides and no more', () => {
    for (const [i, rideId] of ['r1', 'r2', 'r3', 'r4'].entries()) {
      ledger.read(queued(rideId), BigInt(2 * i));
      ledger.read(cancelled(rideId), BigInt(2 * i + 1));
    }
    expect(ledger.size).toBe(0);
    expect(ledger.knows('r1')).toBe(false);
    expect(ledger.endedLately(2)).toEqual(['r3', 'r4']);
    expect(ledger.read(queued('r4'), 8n)).toBe('duplicate');
    expect(ledger.read(cancelled('r4'), 9n)).toBe('late');
    expect(ledger.read(cancelled('r9'), 10n)).toBe('illegal');
    expect(ledger.size).toBe(0);
  });

  it('tells of every change of a view, and of its end', () => {
    const heard: (string | undefined)[] = [];
    ledger = new RideLedger(3, (_rideId, before, after) => {
      heard.push(`${before?.ride.state ?? '-'}>${after?.ride.state ?? '-'}`);
    });
    ledger.decide(queued('r1'));
    ledger.read(queued('r1'), 0n);
    ledger.decide(cancelled('r1'));
    ledger.read(cancelled('r1'), 1n);
    expect(heard).toEqual(['->queued', 'queued>queued', 'queued>cancelled', 'cancelled>-']);
  });
});
