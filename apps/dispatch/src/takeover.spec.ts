import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { DispatchHarness, SERVICE_TEST_TIMEOUT_MS, until } from '../test/dispatch-harness.js';
import { cancelRequest, corner, driverStatus, rideRequest } from '../test/grid-city.js';

jest.setTimeout(SERVICE_TEST_TIMEOUT_MS);

describe('dispatch that goes and comes back', () => {
  let harness: DispatchHarness;
  beforeEach(async () => {
    harness = await DispatchHarness.start();
  });
  afterEach(() => harness.stop());

  const partitionsOf = async (app: RunningApp): Promise<number> => {
    const response = await fetch(`${app.url}/health/ready`);
    const { details } = (await response.json()) as { details: { dispatch: { partitions: number } } };
    return details.dispatch.partitions;
  };

  it('goes on with the rides that it left, and queues none of them again', async () => {
    const first = await harness.dispatch();
    await harness.connect();
    await harness.say('DriverStatus', driverStatus('d1', 1, corner(2, 2), Date.now()));
    await harness.say('RideRequests', rideRequest('offered', corner(2, 3), Date.now()));
    const offer = await harness.event('offered', 'ride.offered');
    await harness.say('RideRequests', rideRequest('waiting', corner(2, 2), Date.now()));
    await harness.event('waiting', 'ride.queued');
    await harness.stopApp(first);

    // Both happen while nobody dispatches.
    await harness.accept(offer);
    await harness.say('RideRequests', rideRequest('asked-meanwhile', corner(3, 3), Date.now()));
    await harness.say('RideRequests', rideRequest('waiting', corner(2, 2), Date.now()));

    await harness.dispatch();
    expect(await harness.event('offered', 'ride.assigned')).toMatchObject({ driverId: 'd1', offerId: offer.offerId });
    await harness.event('asked-meanwhile', 'ride.queued');
    await harness.say('DriverStatus', driverStatus('d2', 1, corner(2, 2), Date.now()));
    expect(await harness.event('waiting', 'ride.offered')).toMatchObject({ driverId: 'd2' });
    for (const rideId of ['offered', 'waiting', 'asked-meanwhile']) {
      expect(harness.eventsOf(rideId).filter((type) => type === 'ride.queued')).toHaveLength(1);
    }
  });

  it('reads the whole log where its checkpoint is damaged', async () => {
    const first = await harness.dispatch();
    await harness.connect();
    await harness.say('RideRequests', rideRequest('waiting', corner(2, 2), Date.now()));
    await harness.event('waiting', 'ride.queued');
    await harness.stopApp(first);
    const partition = harness.pack.partitions.partitionOf('west');
    const [checkpoint] = await harness.textOf('dispatch.state', partition);
    expect(JSON.parse(checkpoint!)).toMatchObject({ partition, rides: [{ ride: { rideId: 'waiting' } }] });
    await harness.scribble('dispatch.state', 'west', checkpoint!.replace('"queued"', '"lost"'), String(partition));
    await harness.scribble('dispatch.state', 'west', '{"rideEventsNext":', String(partition));

    await harness.dispatch();
    await harness.say('RideRequests', cancelRequest('waiting', Date.now()));
    expect(await harness.event('waiting', 'ride.cancelled')).toMatchObject({ by: 'rider', driverId: null });
    expect(harness.eventsOf('waiting')).toEqual(['ride.queued', 'ride.cancelled']);
  });

  it('finds the best driver across a zone border that another instance owns', async () => {
    const [a, b] = await Promise.all([harness.dispatch(), harness.dispatch()]);
    await harness.connect();
    await until('each to own a partition', async () => {
      const owned = await Promise.all([a, b].map(partitionsOf));
      return owned.every((count) => count === 1) || undefined;
    });
    const far = driverStatus('far-in-west', 1, corner(0, 9), Date.now());
    const near = driverStatus('near-in-east', 1, corner(5, 0), Date.now(), { zone: 'east' });
    await harness.say('DriverStatus', far);
    await harness.say('DriverStatus', near);
    await until('both to know both drivers', async () => {
      const found = [a, b].flatMap((app) =>
        ['far-in-west', 'near-in-east'].map(async (id) => (await fetch(`${app.url}/api/drivers/${id}`)).ok),
      );
      return (await Promise.all(found)).every(Boolean) || undefined;
    });
    await harness.say('RideRequests', rideRequest('at-the-border', corner(4, 0), Date.now()));
    const offer = await harness.event('at-the-border', 'ride.offered');
    expect(offer).toMatchObject({ driverId: 'near-in-east', zone: 'west', pickupEtaS: 10 });
    expect(offer.why).toMatchObject({ candidates: 2, rankByEta: 1 });
    // Either instance shows the ride.
    for (const app of [a, b]) {
      await until('the ride', async () => ((await fetch(`${app.url}/api/rides/at-the-border`)).ok ? true : undefined));
    }
  });

  it('lets an offer run out that nobody answers, and ends a ride that no driver is found for', async () => {
    await harness.dispatch({ OFFER_TIMEOUT_S: '1', MAX_WAIT_S: '10' });
    await harness.connect();
    await harness.say('DriverStatus', driverStatus('silent', 1, corner(2, 2), Date.now()));
    await harness.say('RideRequests', rideRequest('unlucky', corner(2, 2), Date.now() - 7_000));
    const offer = await harness.event('unlucky', 'ride.offered');
    expect(offer.why.waitedS).toBeGreaterThanOrEqual(7);
    expect(await harness.event('unlucky', 'ride.offer_expired')).toMatchObject({ offerId: offer.offerId });
    const end = await harness.event('unlucky', 'ride.no_driver_found');
    expect(end.waitedS).toBeGreaterThanOrEqual(10);
    expect(harness.eventsOf('unlucky')).toEqual([
      'ride.queued',
      'ride.offered',
      'ride.offer_expired',
      'ride.no_driver_found',
    ]);
  });
});
