import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { happyRide, rideStory } from '../../test/ride-story.js';
import type { RideEvent } from '../events/ride-events.js';
import { applyRideEvent, rideSchema, type Ride } from './ride.js';
import { CLOSED_OFFERS_MAX } from './ride-schema.js';
import { FINAL_RIDE_STATES, RIDE_TRANSITIONS } from './ride-states.js';

function fold(events: readonly RideEvent[]): { ride: Ride | undefined; verdicts: string[]; reasons: string[] } {
  let ride: Ride | undefined;
  const verdicts: string[] = [];
  const reasons: string[] = [];
  for (const event of events) {
    const step = applyRideEvent(ride, event);
    ride = step.ride;
    verdicts.push(step.verdict);
    if (step.reason !== undefined) reasons.push(step.reason);
  }
  return { ride, verdicts, reasons };
}

/** The verdict on the last event, and the state after it. */
function last(events: readonly RideEvent[]): [string, string | undefined] {
  const { ride, verdicts } = fold(events);
  return [verdicts[verdicts.length - 1]!, ride?.state];
}

describe('applyRideEvent', () => {
  it('follows a ride that goes well to its end', () => {
    const { ride, verdicts } = fold(happyRide(rideStory(), 'd1'));
    expect(new Set(verdicts)).toEqual(new Set(['applied']));
    expect(ride).toMatchObject({ state: 'completed', driverId: 'd1', attempts: 1, offer: null, chargedCents: 1_200 });
    expect(ride?.endedAt).toBe(ride?.updatedAt);
    expect(rideSchema.parse(ride)).toEqual(ride);
  });

  it('keeps the open offer until it is answered', () => {
    const s = rideStory();
    const offer = s.offered('d1');
    expect(fold([s.queued(), offer]).ride?.offer).toEqual({
      offerId: 'offer-d1',
      driverId: 'd1',
      expiresAt: offer.expiresAt,
      pickupEtaS: 90,
      acceptedAt: null,
    });
  });

  it('asks the next driver after a refusal, and counts attempts', () => {
    const s = rideStory();
    const { ride } = fold([s.queued(), s.offered('d1'), s.declined('d1'), s.offered('d2'), s.expired('d2')]);
    expect(ride).toMatchObject({ state: 'queued', attempts: 2, offer: null, closedOffers: ['offer-d1', 'offer-d2'] });
  });

  it('puts a ride back into the queue when the driver gives it back, and blocks that driver', () => {
    const s = rideStory();
    const events = [s.queued(), s.offered('d1'), s.accepted('d1'), s.assigned('d1'), s.driverCancelled('d1')];
    expect(fold(events).ride).toMatchObject({ state: 'en_route', driverId: 'd1' });
    expect(fold(events).ride?.givenBackAt).not.toBeNull();
    expect(fold([...events, s.requeued('d1')]).ride).toMatchObject({
      state: 'queued',
      driverId: null,
      assignedAt: null,
      givenBackAt: null,
      blockedDrivers: ['d1'],
    });
    expect(last([...events, s.requeued('d1'), s.offered('d1', 'again')])).toEqual(['illegal', 'queued']);
  });

  it('lets the rider cancel up to the moment that the news of the start is on its way', () => {
    const s = rideStory();
    const toStart = happyRide(s, 'd1').slice(0, 6);
    const { ride } = fold([...toStart, s.cancelled('d1')]);
    expect(ride).toMatchObject({ state: 'cancelled', cancelledBy: 'rider', chargedCents: 300 });
  });

  describe('late', () => {
    it.each<[string, (s: ReturnType<typeof rideStory>) => RideEvent[]]>([
      ['an answer to an expired offer', (s) => [s.queued(), s.offered('d1'), s.expired('d1'), s.accepted('d1')]],
      [
        'an answer while another driver is asked',
        (s) => [s.queued(), s.offered('d1'), s.expired('d1'), s.offered('d2'), s.accepted('d1')],
      ],
      [
        'an answer after the ride was cancelled',
        (s) => [s.queued(), s.offered('d1'), s.cancelled('d1'), s.declined('d1')],
      ],
      [
        'a refusal after the same phone accepted',
        (s) => [s.queued(), s.offered('d1'), s.accepted('d1'), s.declined('d1')],
      ],
      [
        'progress after the ride was cancelled',
        (s) => [...happyRide(s, 'd1').slice(0, 4), s.cancelled('d1'), s.arrived('d1')],
      ],
      [
        'progress of a driver who gave the ride back',
        (s) => [...happyRide(s, 'd1').slice(0, 4), s.driverCancelled('d1'), s.requeued('d1'), s.arrived('d1')],
      ],
    ])('%s', (_name, events) => {
      expect(last(events(rideStory()))[0]).toBe('late');
    });
  });

  describe('duplicate', () => {
    it.each<[string, (s: ReturnType<typeof rideStory>) => RideEvent[]]>([
      ['a ride queued again', (s) => [s.queued(), s.queued()]],
      ['an offer written again', (s) => [s.queued(), s.offered('d1'), s.offered('d1')]],
      ['a closed offer written again', (s) => [s.queued(), s.offered('d1'), s.declined('d1'), s.offered('d1')]],
      ['an acceptance said again', (s) => [s.queued(), s.offered('d1'), s.accepted('d1'), s.accepted('d1')]],
      ['an acceptance said again after assignment', (s) => [...happyRide(s, 'd1').slice(0, 4), s.accepted('d1')]],
      ['an assignment written again', (s) => [...happyRide(s, 'd1').slice(0, 4), s.assigned('d1')]],
      ['an arrival said again', (s) => [...happyRide(s, 'd1').slice(0, 6), s.arrived('d1')]],
      ['a completion said again', (s) => [...happyRide(s, 'd1'), s.completed('d1')]],
      [
        'a ride given back again',
        (s) => [...happyRide(s, 'd1').slice(0, 4), s.driverCancelled('d1'), s.requeued('d1'), s.driverCancelled('d1')],
      ],
      [
        'a requeue written again',
        (s) => [...happyRide(s, 'd1').slice(0, 4), s.driverCancelled('d1'), s.requeued('d1'), s.requeued('d1')],
      ],
      [
        'an expiry of an offer that was declined',
        (s) => [s.queued(), s.offered('d1'), s.declined('d1'), s.expired('d1')],
      ],
      ['a cancellation written again', (s) => [s.queued(), s.cancelled(), s.cancelled()]],
      ['an end of the search written again', (s) => [s.queued(), s.noDriver(), s.noDriver()]],
    ])('%s', (_name, events) => {
      expect(last(events(rideStory()))[0]).toBe('duplicate');
    });
  });

  describe('illegal', () => {
    it.each<[string, (s: ReturnType<typeof rideStory>) => RideEvent[]]>([
      ['an offer for a ride that was never queued', (s) => [s.offered('d1')]],
      ['an assignment that nobody accepted', (s) => [s.queued(), s.offered('d1'), s.assigned('d1')]],
      ['an assignment by a closed offer', (s) => [s.queued(), s.offered('d1'), s.expired('d1'), s.assigned('d1')]],
      ['a second driver', (s) => [...happyRide(s, 'd1').slice(0, 4), s.assigned('d2')]],
      ['two open offers', (s) => [s.queued(), s.offered('d1'), s.offered('d2')]],
      ['an expiry of an offer that was never made', (s) => [s.queued(), s.expired('d1')]],
      ["an answer to somebody else's offer", (s) => [s.queued(), s.offered('d1', 'o'), s.accepted('d2', 'o')]],
      ['progress of a stranger', (s) => [...happyRide(s, 'd1').slice(0, 4), s.arrived('d2')]],
      ['a start before the arrival', (s) => [...happyRide(s, 'd1').slice(0, 4), s.started('d1')]],
      ['a completion before the start', (s) => [...happyRide(s, 'd1').slice(0, 5), s.completed('d1')]],
      [
        'a ride given back with the rider on board',
        (s) => [...happyRide(s, 'd1').slice(0, 6), s.driverCancelled('d1')],
      ],
      ['a cancellation after the end', (s) => [...happyRide(s, 'd1'), s.cancelled('d1')]],
      ['giving up on a ride that has a driver', (s) => [...happyRide(s, 'd1').slice(0, 4), s.noDriver()]],
      ['another zone', (s) => [s.queued(), rideStory({ zone: 'z9' }).offered('d1')]],
      ['another rider', (s) => [s.queued(), { ...s.offered('d1'), riderId: 'someone-else' }]],
      ['another ride', (s) => [s.queued(), { ...s.offered('d1'), rideId: 'ride-2' }]],
    ])('%s', (_name, events) => {
      const { verdicts, reasons } = fold(events(rideStory()));
      expect(verdicts[verdicts.length - 1]).toBe('illegal');
      expect(reasons).toHaveLength(1);
    });
  });

  it('remembers a bounded number of closed offers', () => {
    const s = rideStory();
    const refusals = Array.from({ length: CLOSED_OFFERS_MAX + 5 }, (_, i) => [
      s.offered('d1', `o${i}`),
      s.declined('d1', `o${i}`),
    ]);
    expect(fold([s.queued(), ...refusals.flat()]).ride?.closedOffers).toHaveLength(CLOSED_OFFERS_MAX);
  });
});

describe('invariants of the fold, under any order of events', () => {
  const anyEvent = fc
    .tuple(fc.nat(12), fc.constantFrom('d1', 'd2'), fc.constantFrom('o1', 'o2', 'o3'))
    .map(([kind, driver, offer]): RideEvent => {
      const s = rideStory();
      const makers = [
        () => s.queued(),
        () => s.offered(driver, offer),
        () => s.accepted(driver, offer),
        () => s.declined(driver, offer),
        () => s.expired(driver, offer),
        () => s.assigned(driver, offer),
        () => s.arrived(driver),
        () => s.started(driver),
        () => s.completed(driver),
        () => s.driverCancelled(driver),
        () => s.requeued(driver),
        () => s.noDriver(),
        () => s.cancelled(driver),
      ];
      return makers[kind]!();
    });

  it('moves by the table only, never out of an end, and holds an offer exactly while offered', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let ride: Ride | undefined;
        for (const event of events) {
          const before = ride;
          const step = applyRideEvent(before, event);
          ride = step.ride;
          if (step.verdict !== 'applied') {
            expect(ride).toBe(before);
            expect(step.reason).toBeTruthy();
            continue;
          }
          const { from, to } = RIDE_TRANSITIONS[event.type];
          expect(from).toContain(before?.state ?? 'none');
          expect(ride?.state).toBe(to === 'same' ? before?.state : to);
          expect(before !== undefined && FINAL_RIDE_STATES.has(before.state)).toBe(false);
          expect(ride?.offer !== null).toBe(ride?.state === 'offered');
          const driven = ['en_route', 'arrived', 'in_progress', 'completed'].includes(ride?.state ?? '');
          if (driven) expect(ride?.driverId).not.toBeNull();
          if (ride?.state === 'queued' || ride?.state === 'offered') expect(ride.driverId).toBeNull();
          expect(ride?.endedAt !== null).toBe(FINAL_RIDE_STATES.has(ride!.state));
          expect(rideSchema.safeParse(ride).success).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not apply an event twice', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), anyEvent, (events, event) => {
        const { ride } = fold(events);
        const once = applyRideEvent(ride, event);
        if (once.verdict === 'applied') expect(applyRideEvent(once.ride, event).verdict).not.toBe('applied');
      }),
      { numRuns: 300 },
    );
  });
});
