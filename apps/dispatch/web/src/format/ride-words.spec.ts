import { describe, expect, it } from '@jest/globals';
import { RIDE_STATES, RIDE_TRANSITIONS } from '@ridestream/ride-domain/rides/ride-states';
import type { TimelineEntry } from '../../../src/live/protocol.js';
import { ride, T0 } from '../state/fixtures.js';
import { describeEntry, expectedArrivalMs, rideProgress, whyThisDriver } from './ride-words.js';

const entry = (type: string, details: TimelineEntry['details'] = {}, at = T0): TimelineEntry => ({
  at,
  type,
  driverId: 'd-7',
  details,
});
const why = (rankByEta: number, candidates: number): TimelineEntry =>
  entry('ride.offered', { attempt: 1, pickupEtaS: 130, why: { policy: 'batched', candidates, rankByEta, waitedS: 8 } });

describe('describeEntry', () => {
  it('has words for every event of a ride', () => {
    for (const type of Object.keys(RIDE_TRANSITIONS)) {
      const { title } = describeEntry(entry(type));
      expect(title.length).toBeGreaterThan(0);
      expect(title).not.toContain('ride.');
      expect(title).not.toContain('undefined');
    }
  });

  it('tells what the event tells', () => {
    expect(describeEntry(entry('ride.offered', { attempt: 2, pickupEtaS: 130 }))).toMatchObject({
      title: 'Offered to d-7',
      detail: '2:10 to the pick-up · attempt 2',
    });
    expect(describeEntry(entry('ride.offer_declined', { reason: 'busy' })).title).toBe(
      'd-7 was busy with another ride',
    );
    expect(
      describeEntry(entry('ride.cancelled', { by: 'rider', reason: 'changed_mind', feeCents: 300 })),
    ).toMatchObject({
      title: 'Cancelled by the rider',
      detail: 'changed mind · fee 3.00',
    });
  });

  it('shows types of a later version by their name', () => {
    expect(describeEntry(entry('ride.driver_swapped')).title).toBe('driver swapped');
  });
});

describe('whyThisDriver', () => {
  it('says the rank among the candidates', () => {
    expect(whyThisDriver(why(1, 8))?.headline).toBe('Nearest by road of 8 in reach');
    expect(whyThisDriver(why(1, 1))?.headline).toBe('The only driver in reach');
    expect(whyThisDriver(why(3, 8))?.headline).toContain('Number 3 of 8');
    expect(whyThisDriver(why(1, 8))?.facts).toEqual([
      { label: 'Policy', value: 'batched' },
      { label: 'To pick-up', value: '2:10' },
      { label: 'Rider had waited', value: '8 s' },
    ]);
  });

  it('is silent for other events and without a reason', () => {
    expect(whyThisDriver(entry('ride.assigned'))).toBeNull();
    expect(whyThisDriver(entry('ride.offered'))).toBeNull();
  });
});

describe('rideProgress', () => {
  it('has a title for every state, and offers to cancel only before the trip', () => {
    for (const state of RIDE_STATES) {
      const { title, canCancel } = rideProgress(ride('r1', { state }), [], T0);
      expect(title.length).toBeGreaterThan(0);
      expect(canCancel).toBe(['queued', 'offered', 'en_route', 'arrived'].includes(state));
    }
  });

  it('counts down to the driver’s arrival in city time', () => {
    const coming = ride('r1', { state: 'en_route', driverId: 'd-7' });
    const timeline = [entry('ride.assigned', { pickupEtaS: 300 })];
    expect(expectedArrivalMs(timeline)).toBe(T0 + 300_000);
    expect(rideProgress(coming, timeline, T0).title).toBe('Driver arriving in 5 min');
    expect(rideProgress(coming, timeline, T0 + 290_000).title).toBe('Driver arriving now');
    expect(rideProgress(coming, timeline, T0 + 900_000).title).toBe('Driver arriving now');
    expect(rideProgress(coming, [], T0).title).toBe('Driver on the way');
  });

  it('counts from the last assignment, and says when it looks again', () => {
    const timeline = [
      entry('ride.assigned', { pickupEtaS: 300 }),
      entry('ride.requeued'),
      entry('ride.assigned', { pickupEtaS: 60 }, T0 + 100_000),
    ];
    expect(expectedArrivalMs(timeline)).toBe(T0 + 160_000);
    expect(rideProgress(ride('r1'), timeline.slice(0, 2), T0).title).toBe('Looking for another driver');
  });
});
