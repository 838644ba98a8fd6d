import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { NotificationsHarness } from '../test/notifications-harness.js';
import { rideAssigned, rideQueued } from '../test/ride-fixtures.js';

describe('the notifications service', () => {
  let harness: NotificationsHarness;
  let app: RunningApp;

  beforeAll(async () => {
    harness = await NotificationsHarness.start();
    app = await harness.service();
  }, 60_000);
  afterAll(() => harness.stop(), 60_000);

  it('tells rider and driver', async () => {
    await harness.say(0, rideQueued('a1'), rideAssigned('a1'));
    expect(await harness.settled('a1:', 3)).toEqual({
      'a1:ride.queued:-:rider:a1-ann': 'delivered',
      'a1:ride.assigned:a1-o1:rider:a1-ann': 'delivered',
      'a1:ride.assigned:a1-o1:driver:a1-bob': 'delivered',
    });
    const response = await fetch(`${app.url}/api/notifications?recipient=rider:a1-ann`);
    expect(await response.json()).toMatchObject([{ kind: 'driver_found' }, { kind: 'searching' }]);
  });
});
