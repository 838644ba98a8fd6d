import { describe, expect, it } from '@jest/globals';
import type { RideEvent, RideEventOf } from '@ridestream/ride-domain/events/ride-events';
import { MONDAY_8, SmallCity } from '../../test/small-city.js';
import { acceptProbability } from './offers.js';

const DRIVER = 'driver-00001a';

function offerTo(city: SmallCity, more: Partial<RideEventOf<'ride.offered'>> = {}): RideEventOf<'ride.offered'> {
  return {
    type: 'ride.offered',
    v: 1,
    at: city.sim.now,
    rideId: 'ride-1',
    riderId: 'anna',
    zone: 'sw',
    driverId: DRIVER,
    offerId: 'offer-1',
    attempt: 1,
    expiresAt: city.sim.now + 20_000,
    pickup: city.city.point(1, 1),
    dropoff: city.city.point(5, 1),
    fareCents: 900,
    pickupEtaS: 0,
    why: { policy: 'test', candidates: 1, rankByEta: 1, waitedS: 0 },
    ...more,
  };
}

function assign({ rideId, riderId, zone, driverId, offerId, pickup, dropoff }: RideEventOf<'ride.offered'>): RideEvent {
  const named = { v: 1 as const, at: MONDAY_8, rideId, riderId, zone, driverId, offerId };
  return { type: 'ride.assigned', ...named, pickup, dropoff, pickupEtaS: 0 };
}

const answers = (city: SmallCity) =>
  city
    .rideEvents()
    .flatMap((event) =>
      event.type === 'ride.offer_declined'
        ? [`${event.offerId} ${event.reason}`]
        : event.type === 'ride.offer_accepted'
          ? [`${event.offerId} accepted`]
          : [],
    );

/** A city whose one driver says yes to the first offer: with nothing to drive, nearly every seed does. */
function cityThatAccepts(): SmallCity {
  for (let seed = 1; seed < 20; seed++) {
    const city = new SmallCity({ seed }).run(5);
    city.tell(offerTo(city));
    city.run(7);
    if (answers(city)[0] === 'offer-1 accepted') return city;
  }
  throw new Error('no driver accepts');
}

describe('a driver with an offer', () => {
  it('answers after thinking for 1 to 6 s, and is shown as offered meanwhile', () => {
    const city = new SmallCity().run(5);
    const asked = city.sim.now;
    city.tell(offerTo(city));
    expect(city.sim.drivers[0]).toMatchObject({ state: 'offered', rideId: 'ride-1' });
    city.run(7);
    const answer = city.rideEvents().find(({ type }) => type !== 'ride.offered');
    expect(answer).toMatchObject({ driverId: DRIVER, rideId: 'ride-1', zone: 'sw' });
    expect(answer!.at - asked).toBeGreaterThanOrEqual(1_000);
    expect(answer!.at - asked).toBeLessThanOrEqual(6_000);
  });

  it('refuses another at once, being busy, and keeps the first', () => {
    const city = new SmallCity().run(5);
    city.tell(offerTo(city));
    city.tell(offerTo(city, { rideId: 'ride-2', offerId: 'offer-2' }));
    const said = city.sim.step(city.sim.now);
    expect(said.map(({ event }) => event)).toContainEqual(
      expect.objectContaining({ type: 'ride.offer_declined', offerId: 'offer-2', reason: 'busy' }),
    );
    expect(city.sim.drivers[0]?.offer?.offerId).toBe('offer-1');
  });

  it('refuses an offer that ran out before it came', () => {
    const city = new SmallCity().run(5);
    city.tell(offerTo(city, { expiresAt: city.sim.now }));
    city.run(1);
    expect(answers(city)).toEqual(['offer-1 stale']);
    expect(city.sim.drivers[0]?.state).toBe('idle');
  });

  it('refuses while off duty', () => {
    const city = new SmallCity().run(5);
    city.tell(offerTo(city, { driverId: 'driver-00001b' }));
    city.run(1);
    expect(answers(city)).toEqual(['offer-1 offline']);
  });

  it('declines a pick-up that is too far, and is idle again', () => {
    const city = new SmallCity().run(5);
    city.tell(offerTo(city, { pickupEtaS: 7_200 }));
    city.run(7);
    expect(answers(city)).toEqual(['offer-1 declined']);
    expect(city.sim.drivers[0]).toMatchObject({ state: 'idle', offer: null, ride: null });
  });

  it('is the less willing the farther the pick-up', () => {
    expect(acceptProbability(60)).toBeGreaterThan(0.9);
    expect(acceptProbability(600)).toBeLessThan(acceptProbability(300));
    expect(acceptProbability(1_800)).toBeLessThan(0.01);
  });

  it('hears an offer once, however often it comes', () => {
    const city = new SmallCity().run(5);
    const offer = offerTo(city, { pickupEtaS: 7_200 });
    city.tell(offer);
    city.tell(offer);
    city.run(7);
    city.tell(offer);
    city.run(7);
    expect(answers(city)).toEqual(['offer-1 declined']);
  });
});

describe('a driver who accepted', () => {
  it('waits for the assignment before setting out', () => {
    const city = cityThatAccepts().run(60);
    const [driver] = city.sim.drivers;
    expect(driver).toMatchObject({ state: 'offered', ride: null });
    city.tell(assign(offerTo(city)));
    expect(driver).toMatchObject({ state: 'en_route', offer: null, ride: { rideId: 'ride-1' } });
  });

  it('takes an assignment that comes twice for one', () => {
    const city = cityThatAccepts();
    const assigned = assign(offerTo(city));
    city.tell(assigned);
    city.tell(assigned);
    city.run(1);
    expect(city.sim.drivers[0]).toMatchObject({ state: 'en_route', ride: { rideId: 'ride-1' } });
    expect(city.rideEvents().map(({ type }) => type)).not.toContain('ride.driver_cancelled');
  });

  it.each<[string, (city: SmallCity) => RideEvent]>([
    ['the offer has expired', (city) => ({ ...named(city), type: 'ride.offer_expired' })],
    [
      'the rider cancelled',
      (city) => ({ ...named(city), type: 'ride.cancelled', by: 'rider', reason: 'changed_mind', feeCents: 0 }),
    ],
    ['another got the ride', (city) => assign(offerTo(city, { driverId: 'driver-00002a', offerId: 'offer-9' }))],
  ])('is free when %s', (_case, news) => {
    const city = cityThatAccepts();
    city.tell(news(city));
    expect(city.sim.drivers[0]).toMatchObject({ state: 'idle', offer: null, ride: null });
  });

  it.each(['ride.driver_arrived', 'ride.started'] as const)('is free when another driver says %s', (type) => {
    const city = cityThatAccepts();
    const { rideId, riderId, zone } = named(city);
    city.tell({ type, v: 1, at: city.sim.now, rideId, riderId, zone, driverId: 'driver-00002a' });
    expect(city.sim.drivers[0]).toMatchObject({ state: 'idle', offer: null, ride: null });
  });

  it('is not held for ever by an offer whose end is never told, and takes the ride if it is assigned after all', () => {
    const city = cityThatAccepts();
    const [driver] = city.sim.drivers;
    city.run(59 * 60);
    expect(driver).toMatchObject({ state: 'offered' });
    city.run(2 * 60);
    expect(driver).toMatchObject({ state: 'idle', offer: null });
    city.tell(assign(offerTo(city)));
    expect(driver).toMatchObject({ state: 'en_route', ride: { rideId: 'ride-1' } });
  });

  it('gives a ride back that comes while it serves another', () => {
    const city = cityThatAccepts();
    city.tell(assign(offerTo(city)));
    city.tell(assign(offerTo(city, { rideId: 'ride-2', offerId: 'offer-2' })));
    city.run(1);
    expect(city.rideEvents()).toContainEqual(
      expect.objectContaining({ type: 'ride.driver_cancelled', rideId: 'ride-2', driverId: DRIVER }),
    );
    expect(city.sim.drivers[0]?.ride?.rideId).toBe('ride-1');
  });
});

function named(city: SmallCity) {
  const { rideId, riderId, zone, driverId, offerId } = offerTo(city);
  return { v: 1 as const, at: city.sim.now, rideId, riderId, zone, driverId, offerId };
}
