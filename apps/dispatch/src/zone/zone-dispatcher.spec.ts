import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import { cancelRequest, corner, rideRequest, START_MS } from '../../test/grid-city.js';
import { DEFAULT_SETTINGS } from './dispatch-settings.js';
import { DriverHolds } from './driver-holds.js';
import { type DriverChoice, ZoneDispatcher } from './zone-dispatcher.js';

const why = { policy: 'test', candidates: 1, rankByEta: 1, waitedS: 0 };
const choose = (driverId: string): DriverChoice => ({ driverId, pickupEtaS: 60, why });

describe('ZoneDispatcher', () => {
  let zone: ZoneDispatcher;
  let holds: DriverHolds;
  let nowMs: number;
  let offset: bigint;

  beforeEach(() => {
    holds = new DriverHolds();
    let offers = 0;
    zone = new ZoneDispatcher(0, DEFAULT_SETTINGS, holds, () => `o${++offers}`);
    zone.open(START_MS);
    nowMs = START_MS;
    offset = 0n;
  });

  const moment = (speed = 1) => ({ nowMs, speed });
  /** Puts decisions through the log at once. */
  const commit = (): RideEvent[] => {
    const decided = zone.decisions();
    for (const event of decided) zone.read(event, offset++, nowMs);
    return decided;
  };
  const say = (event: RideEvent): RideEvent[] => {
    zone.read(event, offset++, nowMs);
    return commit();
  };
  const queue = (rideId: string): void => {
    zone.request(rideRequest(rideId, corner(1, 1), nowMs), nowMs);
    commit();
  };
  const offer = (rideId: string, driverId: string): RideEventOf<'ride.offered'> => {
    expect(zone.offer(rideId, choose(driverId), moment())).toBe(true);
    return commit()[0] as RideEventOf<'ride.offered'>;
  };
  const answer = ({ rideId, riderId, driverId, offerId }: RideEventOf<'ride.offered'>) =>
    ({ v: 1, at: nowMs, rideId, riderId, zone: 'west', driverId, offerId }) as const;
  const driven = (rideId: string, driverId: string) =>
    ({ v: 1, at: nowMs, rideId, riderId: `rider-of-${rideId}`, zone: 'west', driverId }) as const;
  const assign = (rideId: string, driverId: string): void => {
    const made = offer(rideId, driverId);
    expect(say({ type: 'ride.offer_accepted', ...answer(made) })).toMatchObject([{ type: 'ride.assigned', driverId }]);
  };

  it('queues a request once', () => {
    expect(zone.request(rideRequest('r1', corner(1, 1), nowMs), nowMs)).toBe('queued');
    expect(zone.request(rideRequest('r1', corner(1, 1), nowMs), nowMs)).toBe('known');
    expect(commit()).toMatchObject([{ type: 'ride.queued', rideId: 'r1', requestedAt: START_MS, dropoffZone: 'east' }]);
    expect(zone.request(rideRequest('r1', corner(1, 1), nowMs), nowMs)).toBe('known');
  });

  it('still knows a ride that has ended', () => {
    queue('r1');
    zone.cancel(cancelRequest('r1', nowMs), nowMs);
    commit();
    expect(zone.ledger.size).toBe(0);
    expect(zone.request(rideRequest('r1', corner(1, 1), nowMs), nowMs)).toBe('known');
    expect(zone.cancel(cancelRequest('r1', nowMs), nowMs)).toBe('too_late');
    expect(zone.cancel(cancelRequest('r2', nowMs), nowMs)).toBe('unknown_ride');
  });

  it('never asks a driver that a ride holds, and asks again when it lets go', () => {
    queue('r1');
    queue('r2');
    const made = offer('r1', 'd1');
    expect(zone.offer('r2', choose('d1'), moment())).toBe(false);
    say({ type: 'ride.offer_accepted', ...answer(made) });
    expect(zone.offer('r2', choose('d1'), moment())).toBe(false);
    say({ type: 'ride.driver_arrived', ...driven('r1', 'd1') });
    say({ type: 'ride.started', ...driven('r1', 'd1') });
    expect(zone.offer('r2', choose('d1'), moment())).toBe(false);
    say({ type: 'ride.completed', ...driven('r1', 'd1'), fareCents: 1, distanceM: 1, durationS: 1 });
    expect(zone.offer('r2', choose('d1'), moment())).toBe(true);
    expect(holds.size).toBe(1);
  });

  it('makes one offer for a ride at a time', () => {
    queue('r1');
    offer('r1', 'd1');
    expect(zone.offer('r1', choose('d2'), moment())).toBe(false);
  });

  it('expires an offer after its time and a grace for the answer on its way', () => {
    queue('r1');
    expect(offer('r1', 'd1').expiresAt).toBe(START_MS + 15_000);
    nowMs += 15_000 + DEFAULT_SETTINGS.expiryGraceWallMs - 1;
    zone.expireOffers(moment());
    expect(commit()).toEqual([]);
    nowMs += 1;
    zone.expireOffers(moment());
    expect(commit()).toMatchObject([{ type: 'ride.offer_expired', driverId: 'd1', offerId: 'o1' }]);
    expect(zone.waiting()[0]!.notBefore.get('d1')).toBeGreaterThan(nowMs);
    expect(offer('r1', 'd2').attempt).toBe(2);
  });

  it('gives an offer in a fast city the wall-clock time that the log needs', () => {
    queue('r1');
    zone.offer('r1', choose('d1'), moment(60));
    expect(commit()).toMatchObject([{ expiresAt: START_MS + 60 * DEFAULT_SETTINGS.offerTimeoutWallMs }]);
  });

  it('does not answer an acceptance that comes after the end of the offer', () => {
    queue('r1');
    const made = offer('r1', 'd1');
    nowMs += 60_000;
    zone.expireOffers(moment());
    commit();
    expect(say({ type: 'ride.offer_accepted', ...answer(made) })).toEqual([]);
    expect(zone.ledger.view('r1')!.ride.state).toBe('queued');
  });

  it('holds to an expiry that was decided before the acceptance was read', () => {
    queue('r1');
    const made = offer('r1', 'd1');
    nowMs += 60_000;
    zone.expireOffers(moment());
    const [expired] = zone.decisions();
    // The log has the phone's answer first and then our decision: the phone reads both, and is free.
    expect(say({ type: 'ride.offer_accepted', ...answer(made) })).toEqual([]);
    expect(say(expired!)).toEqual([]);
    expect(zone.ledger.view('r1')!.ride.state).toBe('queued');
  });

  it('queues a ride again that its driver gave back, and blocks the pair', () => {
    queue('r1');
    assign('r1', 'd1');
    const given = say({ type: 'ride.driver_cancelled', ...driven('r1', 'd1'), reason: 'too_far' });
    expect(given).toMatchObject([{ type: 'ride.requeued', driverId: 'd1' }]);
    expect(zone.waiting()[0]!.notBefore.get('d1')).toBeGreaterThan(nowMs + 86_400_000);
    expect(holds.isHeld('d1')).toBe(false);
  });

  it.each([
    ['queued', (): unknown => undefined, null, 0],
    ['offered', () => offer('r1', 'd1'), 'd1', 0],
    ['en route', () => assign('r1', 'd1'), 'd1', 300],
  ])('cancels while %s', (_state, prepare, driverId, feeCents) => {
    queue('r1');
    prepare();
    expect(zone.cancel({ ...cancelRequest('r1', nowMs), riderId: 'someone-else' }, nowMs)).toBe('not_the_rider');
    expect(zone.cancel(cancelRequest('r1', nowMs), nowMs)).toBe('cancelled');
    expect(commit()).toMatchObject([{ type: 'ride.cancelled', by: 'rider', driverId, feeCents }]);
    expect(holds.size).toBe(0);
  });

  it('refuses to cancel once the rider is on board', () => {
    queue('r1');
    assign('r1', 'd1');
    say({ type: 'ride.driver_arrived', ...driven('r1', 'd1') });
    say({ type: 'ride.started', ...driven('r1', 'd1') });
    expect(zone.cancel(cancelRequest('r1', nowMs), nowMs)).toBe('too_late');
    expect(commit()).toEqual([]);
  });

  it('ends a ride that waited too long, but not while a driver is being asked', () => {
    queue('r1');
    queue('r2');
    nowMs += DEFAULT_SETTINGS.maxWaitMs;
    offer('r2', 'd1');
    zone.giveUp(nowMs);
    expect(commit()).toMatchObject([{ type: 'ride.no_driver_found', rideId: 'r1', waitedS: 300 }]);
  });

  it('does not end a ride as soon as its driver gives it back, however long ago it was requested', () => {
    queue('r1');
    assign('r1', 'd1');
    nowMs += 2 * DEFAULT_SETTINGS.maxWaitMs;
    say({ type: 'ride.driver_cancelled', ...driven('r1', 'd1'), reason: 'too_far' });
    zone.giveUp(nowMs);
    expect(commit()).toEqual([]);
    nowMs += DEFAULT_SETTINGS.maxWaitMs;
    zone.giveUp(nowMs);
    expect(commit()).toMatchObject([{ type: 'ride.no_driver_found', rideId: 'r1', waitedS: 900 }]);
  });

  it('counts a wait by its own clock: the phones of a restarted city are behind it', () => {
    const requestedAt = nowMs - DEFAULT_SETTINGS.maxWaitMs;
    zone.request(rideRequest('r1', corner(1, 1), requestedAt), nowMs);
    commit();
    zone.giveUp(nowMs);
    expect(commit()).toEqual([]);
  });

  it('ends what was begun by the wall clock before the time of the city was known', () => {
    nowMs += 200 * 86_400_000;
    queue('r1');
    queue('r2');
    offer('r2', 'd1');
    nowMs = START_MS;
    zone.giveUp(nowMs);
    zone.expireOffers(moment());
    expect(commit()).toMatchObject([{ type: 'ride.no_driver_found', waitedS: 0 }, { type: 'ride.offer_expired' }]);
  });

  it('owes an answer after a restart to what a phone said before', () => {
    queue('r1');
    const made = offer('r1', 'd1');
    const restarted = new ZoneDispatcher(0, DEFAULT_SETTINGS, new DriverHolds(), () => 'o9');
    restarted.ledger.restore(offset, zone.ledger.confirmed(), []);
    restarted.read({ type: 'ride.offer_accepted', ...answer(made) }, offset, nowMs);
    expect(restarted.decisions()).toEqual([]);
    restarted.open(nowMs);
    expect(restarted.decisions()).toMatchObject([{ type: 'ride.assigned', driverId: 'd1', pickupEtaS: 60 }]);
  });

  it('decides nothing while it is in doubt', () => {
    queue('r1');
    zone.offer('r1', choose('d1'), moment());
    zone.doubt();
    expect(zone.decisions()).toEqual([]);
    expect(zone.offer('r1', choose('d1'), moment())).toBe(false);
    expect(() => zone.request(rideRequest('r2', corner(1, 1), nowMs), nowMs)).toThrow(/decides nothing/);
    expect(holds.isHeld('d1')).toBe(false);
    zone.open(nowMs);
    expect(zone.offer('r1', choose('d1'), moment())).toBe(true);
  });
});
