/** Analytics dies in the middle of a minute, more than once, and counts every event once all the same. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { DatabaseReader } from '../support/database-reader.ts';
import { Scenario } from '../support/scenario.ts';
import { corner } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';
import { countWindows } from '../support/window-counts.ts';

jest.setTimeout(90_000);

describe('analytics that was killed', () => {
  let city: Scenario;
  let rows: DatabaseReader;

  beforeAll(async () => {
    city = await Scenario.start({ database: true });
    rows = await DatabaseReader.connect(city);
  });
  afterAll(() => (city as Scenario | undefined)?.stop());

  const requestOf = (index: number) =>
    city.request(`ride-${index}`, corner(index % 9, (index * 5) % 6), corner((index * 4 + 5) % 9, (index + 3) % 6));
  const each = async (from: number, count: number, write: (index: number) => Promise<void>): Promise<void> => {
    await Promise.all(Array.from({ length: count }, (_, i) => write(from + i)));
  };

  /** Dispatch does not run here: the test writes what it would. */
  async function begin(index: number): Promise<void> {
    const request = requestOf(index);
    await city.log.say('RideRequests', request);
    const { at, type: _, ...ride } = request;
    await city.log.say('RideEvents', { type: 'ride.queued', ...ride, at, requestedAt: at });
  }

  async function end(index: number): Promise<void> {
    const { rideId, riderId, zone, pickup, dropoff } = requestOf(index);
    const same = { v: 1, rideId, riderId, zone, at: city.clock.now() + (index % 50) * 1000 } as const;
    const driver = { driverId: `driver-${index}`, offerId: `offer-${index}` };
    const life: RideEvent[] = [
      { type: 'ride.assigned', ...same, ...driver, pickup, dropoff, pickupEtaS: 60 },
      index % 3 === 0
        ? { type: 'ride.cancelled', ...same, by: 'rider', reason: 'other', driverId: driver.driverId, feeCents: 300 }
        : { type: 'ride.completed', ...same, ...driver, fareCents: 1_200, distanceM: 900, durationS: 120 },
    ];
    for (const event of life) await city.log.say('RideEvents', event);
  }

  it('counts what the log says', async () => {
    const first = await city.forked('analytics');
    await each(0, 40, begin);
    await until('the first requests to be stored', async () => (await rows.sumOf('requests')) === 40);
    // Killed while it reads: some of these are stored, some only in its memory, some unread.
    const writing = Promise.all([each(40, 60, begin), each(0, 20, end)]);
    await until('some more to be stored', async () => (await rows.sumOf('requests')) > 40);
    await first.kill();
    await writing;

    const second = await city.forked('analytics');
    await until('all to be stored', async () => (await rows.sumOf('requests')) === 100);
    await city.clock.forward(120);
    const more = each(20, 40, end);
    await until('some more to be stored', async () => (await rows.sumOf('matches')) > 20);
    await second.kill();
    await more;
    await each(60, 40, end);

    await city.forked('analytics');
    await rows.windowsBecome(
      countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents')),
    );
    expect(await rows.sumOf('requests')).toBe(100);
    expect(await rows.sumOf('matches')).toBe(100);
    // Each match has its wait, also where the process that read the request is dead.
    expect(await rows.sumOf('cardinality(waits_s)')).toBe(100);
  });
});
