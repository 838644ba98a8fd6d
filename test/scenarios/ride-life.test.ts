/** One ride at a time through the whole platform: log, database, notifications, socket. The test plays all the phones. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cancellationFeeCents } from '@ridestream/ride-domain/pricing/fares';
import { DatabaseReader } from '../support/database-reader.ts';
import type { DriverPhone, Offer } from '../support/driver-phone.ts';
import { LiveDashboard } from '../support/live-dashboard.ts';
import { RiderApp } from '../support/rider-app.ts';
import { Scenario } from '../support/scenario.ts';
import { corner } from '../support/tiny-city.ts';
import { countWindows } from '../support/window-counts.ts';

jest.setTimeout(60_000);

describe('a ride', () => {
  let city: Scenario;
  let dispatchUrl: string;
  let analyticsUrl: string;
  let dashboard: LiveDashboard;
  let rows: DatabaseReader;

  beforeAll(async () => {
    city = await Scenario.start({ database: true });
    rows = await DatabaseReader.connect(city);
    const [dispatch, analytics] = await Promise.all([
      city.service('dispatch'),
      city.service('analytics'),
      city.service('notifications'),
    ]);
    dispatchUrl = dispatch.url;
    analyticsUrl = analytics.url;
    dashboard = await LiveDashboard.open(dispatchUrl);
    city.onStop(() => {
      dashboard.close();
    });
  });
  afterEach(() => city.sendDriversHome());
  afterAll(() => (city as Scenario | undefined)?.stop());

  const rider = (name: string): RiderApp => new RiderApp(dispatchUrl, name);

  /** The driver takes the offer, and dispatch gives the ride to the driver. */
  async function match(driver: DriverPhone, offer: Offer, nth = 1) {
    await driver.accept(offer);
    const assigned = await city.log.event(offer.rideId, 'ride.assigned', nth);
    expect(assigned).toMatchObject({ driverId: driver.driverId, offerId: offer.offerId });
    await driver.setOut(assigned);
    return assigned;
  }

  it('goes from the request to the receipt, on the log, in the database and on the dashboard', async () => {
    const driver = await city.driver('dora', corner(3, 1));
    const rideId = await rider('rita').ask(corner(1, 1), corner(7, 4));
    const offer = await city.log.event(rideId, 'ride.offered');
    expect(offer).toMatchObject({ driverId: 'dora', zone: 'sw', pickupEtaS: 20, why: { candidates: 1, rankByEta: 1 } });
    await dashboard.shows(rideId, 'offered');

    const ride = await match(driver, offer);
    await dashboard.shows(rideId, 'en_route');
    await driver.arrive(ride);
    await dashboard.shows(rideId, 'arrived');
    await driver.start(ride);
    await dashboard.shows(rideId, 'in_progress');
    await driver.complete(ride, offer.fareCents);
    expect(await dashboard.shows(rideId, 'completed')).toMatchObject({ driverId: 'dora', fareCents: offer.fareCents });

    const life = [
      'ride.queued',
      'ride.offered',
      'ride.offer_accepted',
      'ride.assigned',
      'ride.driver_arrived',
      'ride.started',
      'ride.completed',
    ];
    expect(city.log.typesOf(rideId)).toEqual(life);
    expect((await rider('rita').ride(rideId)).timeline.map(({ type }) => type)).toEqual(life);
    expect(await rows.messagesTo('rider:rita', 5)).toEqual([
      'searching',
      'driver_found',
      'driver_arrived',
      'ride_started',
      'receipt',
    ]);
    expect(await rows.messagesTo('driver:dora', 3)).toEqual(['offer', 'ride_assigned', 'earnings']);
  });

  it('goes to the next driver when the first one declines', async () => {
    const near = await city.driver('near', corner(1, 2));
    const far = await city.driver('far', corner(1, 5));
    const rideId = await rider('ria').ask(corner(1, 1), corner(5, 1));
    const first = await city.log.event(rideId, 'ride.offered');
    expect(first).toMatchObject({ driverId: 'near', attempt: 1 });
    await near.decline(first);
    const second = await city.log.event(rideId, 'ride.offered', 2);
    expect(second).toMatchObject({ driverId: 'far', attempt: 2 });
    const ride = await match(far, second);
    await far.arrive(ride);
    await far.start(ride);
    await far.complete(ride, second.fareCents);
    await dashboard.shows(rideId, 'completed');
  });

  it('goes to the next driver when the first one does not answer', async () => {
    await city.driver('asleep', corner(4, 2));
    const awake = await city.driver('awake', corner(4, 5));
    const rideId = await rider('rosa').ask(corner(4, 1), corner(0, 1));
    const first = await city.log.event(rideId, 'ride.offered');
    expect(first.driverId).toBe('asleep');
    await city.clock.forward(60);
    const expired = await city.log.event(rideId, 'ride.offer_expired');
    expect(expired).toMatchObject({ driverId: 'asleep', offerId: first.offerId });
    expect(expired.at).toBeGreaterThanOrEqual(first.expiresAt);
    const second = await city.log.event(rideId, 'ride.offered', 2);
    expect(second.driverId).toBe('awake');
    await match(awake, second);
    await rider('rosa').cancel(rideId);
    await city.log.event(rideId, 'ride.cancelled');
  });

  it('ends free of charge when the rider cancels before the match', async () => {
    const rideId = await rider('rolf').ask(corner(7, 1), corner(1, 1));
    await city.log.event(rideId, 'ride.queued');
    expect(await rider('rolf').cancel(rideId)).toBe(202);
    expect(await city.log.event(rideId, 'ride.cancelled')).toMatchObject({ by: 'rider', driverId: null, feeCents: 0 });
    await dashboard.shows(rideId, 'cancelled');
    // A driver who comes now is not asked for it: what the driver is offered next is another ride.
    const late = await city.driver('late', corner(7, 1));
    const other = await rider('rolf').ask(corner(7, 2), corner(1, 1));
    const offer = await city.log.event(other, 'ride.offered');
    expect(offer.driverId).toBe('late');
    await late.decline(offer);
    await rider('rolf').cancel(other);
    await city.log.event(other, 'ride.cancelled');
    expect(city.log.typesOf(rideId)).toEqual(['ride.queued', 'ride.cancelled']);
    expect(await rows.messagesTo('rider:rolf', 4)).toEqual(['searching', 'cancelled', 'searching', 'cancelled']);
  });

  it('frees the driver and costs a fee when the rider cancels after the match', async () => {
    const driver = await city.driver('dan', corner(8, 5));
    const rideId = await rider('ruth').ask(corner(7, 4), corner(1, 1));
    const offer = await city.log.event(rideId, 'ride.offered');
    await match(driver, offer);
    expect(await rider('ruth').cancel(rideId)).toBe(202);
    const cancelled = await city.log.event(rideId, 'ride.cancelled');
    expect(cancelled).toMatchObject({ by: 'rider', driverId: 'dan', feeCents: cancellationFeeCents(offer.fareCents) });
    expect(cancelled.feeCents).toBeGreaterThan(0);
    expect(await rows.messagesTo('driver:dan', 3)).toEqual(['offer', 'ride_assigned', 'cancelled']);
    // Dispatch counts the driver as free at once.
    await driver.comeOnline();
    const next = await rider('rudi').ask(corner(8, 4), corner(1, 1));
    expect(await city.log.event(next, 'ride.offered')).toMatchObject({ driverId: 'dan' });
    await rider('rudi').cancel(next);
    expect(await city.log.event(next, 'ride.cancelled')).toMatchObject({ driverId: 'dan', feeCents: 0 });
  });

  it('ends with a clear word when no driver is found', async () => {
    const rideId = await rider('rex').ask(corner(0, 0), corner(5, 5));
    await city.log.event(rideId, 'ride.queued');
    await city.clock.forward(301);
    const end = await city.log.event(rideId, 'ride.no_driver_found');
    expect(end.waitedS).toBeGreaterThanOrEqual(300);
    await dashboard.shows(rideId, 'no_driver_found');
    expect(city.log.typesOf(rideId)).toEqual(['ride.queued', 'ride.no_driver_found']);
    expect(await rows.messagesTo('rider:rex', 2)).toEqual(['searching', 'no_driver']);
    const refused = await rider('rex').cancel(rideId);
    expect(refused).toBe(409);
  });

  it('is matched anew when the driver gives it back, and never to that driver again', async () => {
    const first = await city.driver('fickle', corner(4, 1));
    const rideId = await rider('ron').ask(corner(4, 0), corner(8, 5));
    const offer = await city.log.event(rideId, 'ride.offered');
    expect(offer.driverId).toBe('fickle');
    const ride = await match(first, offer);
    await first.giveBack(ride);
    expect(await city.log.event(rideId, 'ride.requeued')).toMatchObject({ driverId: 'fickle' });
    await dashboard.shows(rideId, 'queued');
    // The nearest idle driver by far is the one who gave it back. Another ride shows that dispatch sees that driver idle.
    const other = await rider('roy').ask(corner(4, 2), corner(8, 5));
    expect(await city.log.event(other, 'ride.offered')).toMatchObject({ driverId: 'fickle' });
    await rider('roy').cancel(other);
    await city.log.event(other, 'ride.cancelled');

    const second = await city.driver('steady', corner(8, 5));
    const again = await city.log.event(rideId, 'ride.offered', 2);
    expect(again).toMatchObject({ driverId: 'steady', why: { candidates: 1 } });
    await match(second, again, 2);
    expect(city.log.typesOf(rideId)).toEqual([
      'ride.queued',
      'ride.offered',
      'ride.offer_accepted',
      'ride.assigned',
      'ride.driver_cancelled',
      'ride.requeued',
      'ride.offered',
      'ride.offer_accepted',
      'ride.assigned',
    ]);
    expect(await rows.messagesTo('rider:ron', 4)).toEqual([
      'searching',
      'driver_found',
      'searching_again',
      'driver_found',
    ]);
  });

  it('leaves the same story everywhere', async () => {
    const report = await city.log.audit();
    expect(report).toMatchObject({
      ok: true,
      lost: 0,
      doubled: 0,
      illegal: 0,
      driversOnTwoRides: 0,
      withoutRequest: 0,
    });
    expect(report.byState).toMatchObject({ completed: 2, no_driver_found: 1 });
    const expected = countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents'));
    await rows.windowsBecome(expected);
    const windows = (await (await fetch(`${analyticsUrl}/api/windows?limit=5000`)).json()) as { completions: number }[];
    expect(windows.reduce((sum, { completions }) => sum + completions, 0)).toBe(2);
    expect(dashboard.gaps).toEqual([]);
  });
});
