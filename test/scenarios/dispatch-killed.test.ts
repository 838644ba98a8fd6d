/** Dispatch dies without a word, with rides waiting, offered, accepted and under way, and is started again. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Scenario } from '../support/scenario.ts';
import { corner } from '../support/tiny-city.ts';

jest.setTimeout(90_000);

describe('dispatch that was killed', () => {
  let city: Scenario;

  beforeAll(async () => {
    city = await Scenario.start();
  });
  afterAll(() => city.stop());

  const ask = (count: number, prefix: string): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        city.askOnLog(corner((i * 2) % 9, (i * 5) % 6), corner((i * 7 + 4) % 9, (i + 2) % 6), `${prefix}-${i}`),
      ),
    );

  it('goes on with every ride where it stood, and handles each request once', async () => {
    const first = await city.forked('dispatch');
    const driver = await city.driver('on-the-way', corner(4, 3));
    const matched = await city.askOnLog(corner(4, 4), corner(0, 0), 'matched');
    await driver.accept(await city.log.event(matched, 'ride.offered'));
    const ride = await city.log.event(matched, 'ride.assigned');
    await driver.setOut(ride);
    const asleep = await city.driver('asked', corner(8, 0));
    const offered = await city.askOnLog(corner(8, 1), corner(0, 0), 'offered');
    const offer = await city.log.event(offered, 'ride.offered');
    expect(offer.driverId).toBe('asked');
    const waiting = await ask(12, 'waiting');
    await Promise.all(waiting.map((rideId) => city.log.event(rideId, 'ride.queued')));

    // It is killed in the middle of a burst of requests: some are queued, some are committed, some neither.
    const burst = ask(120, 'burst');
    await city.log.event('burst-0', 'ride.queued');
    await first.kill();
    const asked = await burst;

    // Life goes on while nobody dispatches. A phone that had no answer sends its request again.
    await asleep.accept(offer);
    await driver.arrive(ride);
    const meanwhile = await ask(12, 'meanwhile');
    await city.log.say('RideRequests', city.request('waiting-3', corner(6, 3), corner(7, 5)));

    await city.forked('dispatch');
    const confirmed = await city.log.event(offered, 'ride.assigned');
    expect(confirmed).toMatchObject({ driverId: 'asked', offerId: offer.offerId });
    await driver.start(ride);
    await driver.complete(ride, 1_200);
    await city.sendDriversHome();
    for (const column of [0, 2, 4, 6, 8]) await city.willingDriver(`willing-${column}`, corner(column, 3));
    const others = [...waiting, ...asked, ...meanwhile];
    await city.log.completed(others);

    for (const rideId of [matched, offered, ...others]) {
      expect([rideId, city.log.typesOf(rideId).filter((type) => type === 'ride.queued')]).toEqual([
        rideId,
        ['ride.queued'],
      ]);
    }
    expect(city.log.typesOf(matched).at(-1)).toBe('ride.completed');
    const report = await city.log.audit();
    expect(report).toMatchObject({
      ok: true,
      requested: 2 + others.length,
      queued: 2 + others.length,
      lost: 0,
      doubled: 0,
      illegal: 0,
      driversOnTwoRides: 0,
    });
  });
});
