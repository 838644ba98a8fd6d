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
  afterAll(() => city.stop());

  /** A ride's life on the log, without dispatch: analytics only reads. */
  async function ride(rideId: string, index: number): Promise<void> {
    const pickup = corner(index % 9, (index * 5) % 6);
    await city.askOnLog(pickup, corner((index * 4 + 5) % 9, (index + 3) % 6), rideId);
    const { zone, riderId, dropoff, dropoffZone, vehicleClass, quote, at } = city.request(rideId, pickup, corner(8, 0));
    const same = { v: 1, rideId, riderId, zone } as const;
    const offer = { driverId: `driver-${index}`, offerId: `offer-${rideId}` };
    const later = (seconds: number): number => at + seconds * 1000;
    const life: RideEvent[] = [
      { type: 'ride.queued', ...same, at, requestedAt: at, pickup, dropoff, dropoffZone, vehicleClass, quote },
      { type: 'ride.assigned', ...same, ...offer, at: later(index % 50), pickup, dropoff, pickupEtaS: 60 },
      index % 3 === 0
        ? { type: 'ride.cancelled', ...same, at: later(90), by: 'rider', reason: 'x', driverId: null, feeCents: 0 }
        : { type: 'ride.completed', ...same, ...offer, at: later(300), fareCents: 1, distanceM: 1, durationS: 1 },
    ];
    for (const event of life) await city.log.say('RideEvents', event);
  }

  const rides = async (from: number, count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, (_, i) => ride(`ride-${from + i}`, from + i)));
  };
  const countedRequests = async (atLeast: number): Promise<void> => {
    await until(`analytics to have stored ${atLeast} requests`, async () => (await rows.sumOf('requests')) >= atLeast);
  };

  it('counts what the log says', async () => {
    const first = await city.forked('analytics');
    await rides(0, 40);
    await countedRequests(1);
    // Killed with some of this minute's events stored, some only in memory, and some unread.
    const writing = rides(40, 40);
    await first.kill();
    await writing;

    const second = await city.forked('analytics');
    await countedRequests(41);
    await city.clock.forward(120);
    await rides(80, 40);
    await second.kill();
    await rides(120, 20);

    await city.forked('analytics');
    await rows.windowsBecome(
      countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents')),
    );
    expect(await rows.sumOf('requests')).toBe(140);
    expect(await rows.sumOf('matches')).toBe(140);
    // Every match has its wait, also of the rides that were asked for before the process died.
    expect(await rows.sumOf('cardinality(waits_s)')).toBe(140);
  });
});
