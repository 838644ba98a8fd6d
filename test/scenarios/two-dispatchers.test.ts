/** Two instances of dispatch share the city's partitions. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { Scenario } from '../support/scenario.ts';
import { corner, TINY_PARTITIONS } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

describe('two dispatchers', () => {
  let city: Scenario;
  let one: RunningApp;
  let two: RunningApp;

  beforeAll(async () => {
    city = await Scenario.start();
    [one, two] = await Promise.all([city.service('dispatch'), city.service('dispatch')]);
    await until('each of them to own half of the partitions', async () => {
      const owned = await Promise.all([partitionsOf(one), partitionsOf(two)]);
      return owned.every((count) => count === TINY_PARTITIONS / 2);
    });
  });
  afterEach(() => city.sendDriversHome());
  afterAll(() => (city as Scenario | undefined)?.stop());

  async function partitionsOf(app: RunningApp): Promise<number> {
    const response = await fetch(`${app.url}/health/ready`);
    const { details } = (await response.json()) as { details: { dispatch: { partitions: number } } };
    return details.dispatch.partitions;
  }

  /** Waits until both instances know a driver. */
  async function bothKnow(driverId: string): Promise<void> {
    await until(`both to know ${driverId}`, async () => {
      const answers = await Promise.all([one, two].map(({ url }) => fetch(`${url}/api/drivers/${driverId}`)));
      return answers.every(({ ok }) => ok);
    });
  }

  it('find the best driver across a zone border, in another partition', async () => {
    const { pack } = city;
    const inZone = await city.driver('same-zone', corner(0, 2));
    const nextDoor = await city.driver('next-door', corner(3, 1));
    expect([inZone.zone, nextDoor.zone]).toEqual(['sw', 's']);
    expect(pack.partitions.partitionOf('sw')).not.toBe(pack.partitions.partitionOf('s'));
    await bothKnow('same-zone');
    await bothKnow('next-door');
    const rideId = await city.askOnLog(corner(2, 1), corner(8, 5));
    const offer = await city.log.event(rideId, 'ride.offered');
    expect(offer).toMatchObject({ driverId: 'next-door', zone: 'sw', pickupEtaS: 10 });
    expect(offer.why).toMatchObject({ candidates: 2, rankByEta: 1 });
    await nextDoor.accept(offer);
    const ride = await city.log.event(rideId, 'ride.assigned');
    // The driver crosses the border: goodbye to the one zone, hello in the other.
    await nextDoor.setOut(ride);
    await nextDoor.arrive(ride);
    expect(nextDoor.zone).toBe('sw');
    await nextDoor.start(ride);
    await nextDoor.complete(ride, offer.fareCents);
    await city.log.event(rideId, 'ride.completed');
    await until('both to see the driver idle in the last zone', async () => {
      const drivers = await Promise.all([one, two].map(({ url }) => fetch(`${url}/api/drivers/next-door`)));
      const views = (await Promise.all(drivers.map((answer) => answer.json()))) as { zone: string; state: string }[];
      return views.every(({ zone, state }) => zone === 'ne' && state === 'idle');
    });
  });

  it('may ask one driver at the same time: the phone takes one ride, and the other ride is served too', async () => {
    await city.willingDriver('between', corner(3, 2));
    await bothKnow('between');
    const rides = await Promise.all([
      city.askOnLog(corner(2, 2), corner(0, 0)),
      city.askOnLog(corner(3, 1), corner(5, 0)),
      city.askOnLog(corner(3, 3), corner(5, 5)),
      city.askOnLog(corner(2, 3), corner(0, 5)),
    ]);
    await city.log.completed(rides);
    expect(await city.log.audit()).toMatchObject({ ok: true, driversOnTwoRides: 0, doubled: 0 });
  });

  it('take over from each other without losing or doubling a ride', async () => {
    const waiting = await Promise.all(
      Array.from({ length: 24 }, (_, i) => city.askOnLog(corner(i % 9, i % 6), corner(8 - (i % 9), (i + 3) % 6))),
    );
    await Promise.all(waiting.map((rideId) => city.log.event(rideId, 'ride.queued')));
    await Promise.all([0, 3, 6].map((column) => city.willingDriver(`willing-${column}`, corner(column, 2))));
    await city.log.event(waiting[0]!, 'ride.assigned');
    // More requests come while one of the two leaves in the middle of its work.
    const stopped = one.stop();
    const meanwhile = await Promise.all(
      Array.from({ length: 24 }, (_, i) => city.askOnLog(corner((i * 5) % 9, (i * 7) % 6), corner(i % 4, 5 - (i % 6)))),
    );
    await stopped;
    const all = [...waiting, ...meanwhile];
    await city.log.completed(all);
    expect(await partitionsOf(two)).toBe(TINY_PARTITIONS);
    for (const rideId of all) {
      expect(city.log.typesOf(rideId).filter((type) => type === 'ride.queued')).toHaveLength(1);
    }
    const report = await city.log.audit();
    expect(report).toMatchObject({ ok: true, lost: 0, doubled: 0, illegal: 0, misplaced: 0, driversOnTwoRides: 0 });
    expect(report.byState.completed).toBe(report.requested);
  });
});
