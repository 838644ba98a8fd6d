import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { DispatchHarness, until } from '../test/dispatch-harness.js';
import { corner, driverStatus } from '../test/grid-city.js';
import type { RideView } from './live/protocol.js';

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
});
