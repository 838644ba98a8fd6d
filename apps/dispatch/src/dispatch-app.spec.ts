import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { DispatchHarness, SERVICE_TEST_TIMEOUT_MS, until } from '../test/dispatch-harness.js';
import { corner, driverStatus, rideRequest } from '../test/grid-city.js';
import type { CityView, RideView } from './live/protocol.js';

jest.setTimeout(SERVICE_TEST_TIMEOUT_MS);

describe('the dispatch service', () => {
  let harness: DispatchHarness;
  let app: RunningApp;

  beforeAll(async () => {
    harness = await DispatchHarness.start();
    app = await harness.dispatch();
    await harness.connect();
  });
  afterAll(() => harness.stop());

  const json = async (path: string, init?: RequestInit): Promise<unknown> =>
    (await fetch(`${app.url}${path}`, init)).json();
  const post = (path: string, body: unknown) =>
    fetch(`${app.url}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const ask = async (riderId: string): Promise<RideView> => {
    const response = await post('/api/rides', { riderId, pickup: corner(2, 2), dropoff: corner(8, 8) });
    expect(response.status).toBe(202);
    return (await response.json()) as RideView;
  };

  it('takes a request to an assignment and shows its timeline', async () => {
    await harness.say('DriverStatus', driverStatus('d1', 1, corner(3, 2), Date.now()));
    const ride = await ask('ann');
    expect(ride).toMatchObject({ state: 'queued', zone: 'west', riderId: 'ann', driverId: null });
    const offer = await harness.event(ride.rideId, 'ride.offered');
    expect(offer).toMatchObject({
      driverId: 'd1',
      pickupEtaS: 10,
      why: { policy: 'batched', candidates: 1, rankByEta: 1 },
    });
    await harness.accept(offer);
    await harness.event(ride.rideId, 'ride.assigned');
    const view = await until('the read model', async () => {
      const found = (await json(`/api/rides/${ride.rideId}`)) as RideView;
      return found.state === 'en_route' ? found : undefined;
    });
    expect(view.timeline.map(({ type }) => type)).toEqual([
      'ride.queued',
      'ride.offered',
      'ride.offer_accepted',
      'ride.assigned',
    ]);
    expect(view.driverId).toBe('d1');
  });

  it('asks the next driver after a decline, and not the first one again', async () => {
    await harness.say('DriverStatus', driverStatus('d2', 1, corner(2, 5), Date.now()));
    await harness.say('DriverStatus', driverStatus('d3', 1, corner(2, 9), Date.now()));
    const ride = await ask('bob');
    const first = await harness.event(ride.rideId, 'ride.offered');
    expect(first.driverId).toBe('d2');
    const { rideId, riderId, zone, driverId, offerId } = first;
    const answer = { v: 1, at: Date.now(), rideId, riderId, zone, driverId, offerId } as const;
    await harness.say('RideEvents', { type: 'ride.offer_declined', reason: 'declined', ...answer });
    const second = await harness.event(ride.rideId, 'ride.offered', 2);
    expect(second).toMatchObject({ driverId: 'd3', attempt: 2 });
    await harness.accept(second);
    await harness.event(ride.rideId, 'ride.assigned');
    // The driver gives the ride back: it waits again and the other one is no candidate either.
    const driven = { v: 1, at: Date.now(), rideId, riderId, zone, driverId: 'd3' } as const;
    await harness.say('RideEvents', { type: 'ride.driver_cancelled', reason: 'too_far', ...driven });
    await harness.event(rideId, 'ride.requeued');
    await harness.say('DriverStatus', driverStatus('d4', 1, corner(2, 8), Date.now(), { vehicleClass: 'xl' }));
    expect(await harness.event(rideId, 'ride.offered', 3)).toMatchObject({ driverId: 'd4', attempt: 3 });
    expect((await fetch(`${app.url}/api/rides/${rideId}?reason=other`, { method: 'DELETE' })).status).toBe(202);
    expect(await harness.event(rideId, 'ride.cancelled')).toMatchObject({ by: 'rider', driverId: 'd4', feeCents: 0 });
  });

  it('charges for a cancel after the match, and refuses one that is too late', async () => {
    await harness.say('DriverStatus', driverStatus('d5', 1, corner(2, 2), Date.now()));
    const matched = await ask('cid');
    await harness.accept(await harness.event(matched.rideId, 'ride.offered'));
    await harness.event(matched.rideId, 'ride.assigned');
    expect((await fetch(`${app.url}/api/rides/${matched.rideId}`, { method: 'DELETE' })).status).toBe(202);
    const cancelled = await harness.event(matched.rideId, 'ride.cancelled');
    expect(cancelled).toMatchObject({ driverId: 'd5', reason: 'changed_mind' });
    expect(cancelled.feeCents).toBeGreaterThan(0);
    await until('the end in the read model', async () => {
      const { state } = (await json(`/api/rides/${matched.rideId}`)) as RideView;
      return state === 'cancelled' || undefined;
    });
    const again = await fetch(`${app.url}/api/rides/${matched.rideId}`, { method: 'DELETE' });
    expect(again.status).toBe(409);
    expect(await again.json()).toMatchObject({ code: 'RIDE_ENDED' });
  });

  it('buries records that hold no event and goes on with the rest', async () => {
    await harness.scribble('RideRequests', 'west', '{"type":"ride.requested"');
    await harness.scribble('RideRequests', 'west', '{"type":"ride.requested","v":1,"rideId":"__proto__"}');
    const ride = await ask('dan');
    await harness.event(ride.rideId, 'ride.queued');
    const partition = harness.pack.partitions.partitionOf('west');
    const letters = await until('two dead letters', async () => {
      const texts = await harness.textOf('RideRequests.dispatch.dlq', partition).catch(() => []);
      return texts.length >= 2 ? texts : undefined;
    });
    expect(letters[0]).toBe('{"type":"ride.requested"');
  });

  it('puts a request aside that stands in another partition than its zone, lest a ride be queued in two', async () => {
    const ride = await ask('eve');
    await harness.event(ride.rideId, 'ride.queued');
    const twin = rideRequest(ride.rideId, corner(2, 2), Date.now());
    await harness.scribble('RideRequests', 'east', JSON.stringify(twin), twin.rideId);
    const partition = harness.pack.partitions.partitionOf('east');
    const letters = await until('the dead letter', async () => {
      const texts = await harness.textOf('RideRequests.dispatch.dlq', partition).catch(() => []);
      return texts.length > 0 ? texts : undefined;
    });
    expect(JSON.parse(letters[0]!)).toMatchObject({ rideId: ride.rideId, zone: 'west' });
    expect(harness.eventsOf(ride.rideId).filter((type) => type === 'ride.queued')).toHaveLength(1);
  });

  it('quotes, lists rides and drivers, and hands out the map', async () => {
    const quote = await post('/api/quotes', { pickup: corner(0, 0), dropoff: corner(9, 0) });
    expect(quote.status).toBe(200);
    expect(await quote.json()).toMatchObject({ zone: 'west', surge: 1, durationS: 90 });
    const rides = (await json('/api/rides?limit=2')) as RideView[];
    expect(rides).toHaveLength(2);
    expect(rides[0]!.requestedAt).toBeGreaterThanOrEqual(rides[1]!.requestedAt);
    const waiting = (await json('/api/rides?state=en_route')) as RideView[];
    expect(waiting.map(({ riderId }) => riderId)).toEqual(['ann']);
    const drivers = (await json('/api/drivers?zone=west&state=idle&limit=5000')) as { driverId: string }[];
    expect(drivers.map(({ driverId }) => driverId)).toContain('d2');
    expect(await json('/api/drivers/d4')).toMatchObject({ driverId: 'd4', vehicleClass: 'xl', zone: 'west' });
    const city = (await json('/api/city')) as CityView;
    expect(city.name).toBe('Gridtown');
    expect(city.zones.features).toHaveLength(2);
    expect((await fetch(`${app.url}/api/docs`)).status).toBe(200);
  });

  it.each([
    ['no JSON', '{"riderId":', 400, 'INVALID_INPUT'],
    ['a list', [], 400, 'INVALID_INPUT'],
    [
      'an unknown field',
      { riderId: 'e', pickup: corner(1, 1), dropoff: corner(5, 5), admin: true },
      400,
      'INVALID_INPUT',
    ],
    [
      'a field too many inside',
      { riderId: 'e', pickup: { ...corner(1, 1), alt: 3 }, dropoff: corner(5, 5) },
      400,
      'INVALID_INPUT',
    ],
    ['an id that is none', { riderId: '../etc', pickup: corner(1, 1), dropoff: corner(5, 5) }, 400, 'INVALID_INPUT'],
    ['91 degrees', { riderId: 'e', pickup: { lat: 91, lon: 0 }, dropoff: corner(5, 5) }, 400, 'INVALID_INPUT'],
    ['no number', '{"riderId":"e","pickup":{"lat":NaN,"lon":0},"dropoff":{"lat":0,"lon":0}}', 400, 'INVALID_INPUT'],
    [
      'an infinite one',
      '{"riderId":"e","pickup":{"lat":1e999,"lon":0},"dropoff":{"lat":0,"lon":0}}',
      400,
      'INVALID_INPUT',
    ],
    [
      'a class unknown',
      { riderId: 'e', pickup: corner(1, 1), dropoff: corner(5, 5), vehicleClass: 'jet' },
      400,
      'INVALID_INPUT',
    ],
    [
      'a pick-up out of the city',
      { riderId: 'e', pickup: { lat: 0, lon: 0 }, dropoff: corner(5, 5) },
      422,
      'OUT_OF_CITY',
    ],
    [
      'a drop-off out of the city',
      { riderId: 'e', pickup: corner(5, 5), dropoff: { lat: 0, lon: 0 } },
      422,
      'OUT_OF_CITY',
    ],
    ['a trip to where one is', { riderId: 'e', pickup: corner(5, 5), dropoff: corner(5, 5) }, 422, 'TOO_SHORT'],
    ['a megabyte', { riderId: 'x'.repeat(1_000_000) }, 413, 'TOO_LARGE'],
    ['a deep nest', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, 400, 'INVALID_INPUT'],
  ])('refuses a request with %s', async (_name, body, status, code) => {
    const response = await post('/api/rides', body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ statusCode: status, code });
  });

  it.each([
    ['/api/rides/no-such-ride', 404],
    ['/api/rides/..%2F..%2Fetc', 400],
    ['/api/rides?limit=-1', 400],
    ['/api/rides?limit=501', 400],
    ['/api/rides?state=lost', 400],
    ['/api/rides?state=queued&state=offered', 400],
    ['/api/rides?sort=asc', 400],
    ['/api/drivers?limit=1e9', 400],
    ['/api/drivers/constructor', 404],
    ['/api/nothing', 404],
  ])('answers %s with %d', async (path, status) => {
    const response = await fetch(`${app.url}${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ statusCode: status });
  });

  it('refuses to cancel without a known ride or reason', async () => {
    const cancel = async (path: string) => (await fetch(`${app.url}/api/rides/${path}`, { method: 'DELETE' })).status;
    expect(await cancel('no-such-ride')).toBe(404);
    expect(await cancel('no-such-ride?reason=boredom')).toBe(400);
  });
});
