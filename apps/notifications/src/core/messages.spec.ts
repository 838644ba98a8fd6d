import { describe, expect, it } from '@jest/globals';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import * as ride from '../../test/ride-fixtures.js';
import { messagesFor } from './messages.js';

const told = (event: RideEvent) => messagesFor(event).map(({ recipient, kind }) => `${recipient} ${kind}`);

describe('messagesFor', () => {
  it.each<[RideEvent, string[]]>([
    [ride.rideQueued('r1'), ['rider:r1-ann searching']],
    [ride.rideOffered('r1'), ['driver:r1-bob offer']],
    [ride.rideOfferExpired('r1'), ['driver:r1-bob offer_expired']],
    [ride.rideAssigned('r1'), ['rider:r1-ann driver_found', 'driver:r1-bob ride_assigned']],
    [ride.rideRequeued('r1'), ['rider:r1-ann searching_again']],
    [ride.rideNoDriver('r1'), ['rider:r1-ann no_driver']],
    [ride.rideDriverArrived('r1'), ['rider:r1-ann driver_arrived']],
    [ride.rideStarted('r1'), ['rider:r1-ann ride_started']],
    [ride.rideCompleted('r1'), ['rider:r1-ann receipt', 'driver:r1-bob earnings']],
    [ride.rideCancelled('r1', 'rider', 'r1-bob'), ['rider:r1-ann cancelled', 'driver:r1-bob cancelled']],
    [ride.rideCancelled('r1', 'rider', null), ['rider:r1-ann cancelled']],
    [ride.rideOfferAccepted('r1'), []],
    [ride.rideOfferDeclined('r1'), []],
    [ride.rideDriverCancelled('r1'), []],
  ])('tells who needs to know: %j', (event, expected) => {
    expect(told(event)).toEqual(expected);
  });

  it('says the facts', () => {
    const texts = (event: RideEvent) => messagesFor(event).map(({ text }) => text);
    expect(texts(ride.rideQueued('r1'))).toEqual([
      'We are looking for a car for your ride of 2.4 km, about 8 minutes, for a fare of 12.50.',
    ]);
    expect(
      texts({ ...ride.rideQueued('r1'), quote: { fareCents: 1875, surge: 1.5, distanceM: 640, durationS: 60 } }),
    ).toEqual([
      'We are looking for a car for your ride of 640 m, about 1 minute, for a fare of 18.75. ' +
        'Demand is high, so that is 1.5 times the usual fare.',
    ]);
    expect(texts(ride.rideOffered('r1'))).toEqual([
      'The pick-up is 2 minutes away and the fare is 12.50. Answer within 15 s.',
    ]);
    expect(texts({ ...ride.rideAssigned('r1'), pickupEtaS: 20 })).toEqual([
      'Driver r1-bob is less than a minute away.',
      'Rider r1-ann is waiting less than a minute away.',
    ]);
    expect(texts(ride.rideCompleted('r1'))).toEqual([
      '2.4 km in 9 minutes. The fare is 12.50.',
      '2.4 km in 9 minutes, for a fare of 12.50.',
    ]);
    expect(texts(ride.rideCancelled('r1', 'rider', 'r1-bob', 500))).toEqual([
      'You cancelled your ride. The fee is 5.00.',
      'The rider cancelled the ride. You are free for other rides.',
    ]);
    expect(texts(ride.rideCancelled('r1', 'platform', null))).toEqual(['We had to cancel your ride. You pay nothing.']);
  });

  it('gives the same news the same key, and other news another', () => {
    const keys = (event: RideEvent) => messagesFor(event).map(({ key }) => key);
    const offer = ride.rideOffered('r1');
    expect(keys(offer)).toEqual(['r1:ride.offered:r1-o1:driver:r1-bob']);
    expect(keys({ ...offer, at: offer.at + 5 })).toEqual(keys(offer));
    expect(keys({ ...offer, offerId: 'o2', attempt: 2 })).not.toEqual(keys(offer));
    const requeued = ride.rideRequeued('r1');
    expect(keys({ ...requeued, driverId: 'carl' })).not.toEqual(keys(requeued));
    const all = [offer, requeued, ride.rideAssigned('r1'), ride.rideQueued('r1'), ride.rideCompleted('r1')].flatMap(
      keys,
    );
    expect(new Set(all).size).toBe(all.length);
  });
});
