/** Dispatch dies without a word, with rides waiting, offered, accepted and under way, and is started again. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { BrokerProcess } from '../support/broker-process.ts';
import { API, RequestFilter } from '../support/request-filter.ts';
import { Scenario } from '../support/scenario.ts';
import { corner } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';

jest.setTimeout(90_000);

/** A corner of a zone in each of the partitions. */
const EACH_PARTITION = [corner(1, 1), corner(4, 1), corner(7, 1), corner(1, 4)];

const HISTORY = 600;

describe('dispatch that was killed', () => {
  let filter: RequestFilter;
  let broker: BrokerProcess;
  let city: Scenario;
  let dispatch: Awaited<ReturnType<Scenario['forked']>>;

  beforeAll(async () => {
    filter = await RequestFilter.start();
    broker = await BrokerProcess.start(filter.port);
    filter.forwardTo(broker.port);
    city = await Scenario.start({ brokers: `127.0.0.1:${filter.port}` });
    dispatch = await city.forked('dispatch');
  });
  afterAll(async () => {
    await (city as Scenario | undefined)?.stop();
    await (broker as BrokerProcess | undefined)?.remove();
    await (filter as RequestFilter | undefined)?.stop();
  });

  const ask = (count: number, prefix: string): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        city.askOnLog(corner((i * 2) % 9, (i * 5) % 6), corner((i * 7 + 4) % 9, (i + 2) % 6), `${prefix}-${i}`),
      ),
    );
  const queued = (rideIds: readonly string[]) =>
    Promise.all(rideIds.map((rideId) => city.log.event(rideId, 'ride.queued')));
  const expectQueuedOnce = (rideIds: readonly string[]): void => {
    const times = rideIds.map((rideId) => city.log.typesOf(rideId).filter((type) => type === 'ride.queued').length);
    expect(times).toEqual(rideIds.map(() => 1));
  };

  it('goes on with every ride where it stood, and loses no request that it had not written', async () => {
    const driver = await city.driver('on-the-way', corner(4, 3));
    const matched = await city.askOnLog(corner(4, 4), corner(0, 0), 'matched');
    await driver.accept(await city.log.event(matched, 'ride.offered'));
    const ride = await city.log.event(matched, 'ride.assigned');
    await driver.setOut(ride);
    const asked = await city.driver('asked', corner(8, 0));
    const offered = await city.askOnLog(corner(8, 1), corner(0, 0), 'offered');
    const offer = await city.log.event(offered, 'ride.offered');
    expect(offer.driverId).toBe('asked');
    const waiting = await ask(12, 'waiting');
    await queued(waiting);

    // It dies between reading requests and writing what became of them: long enough for a commit that must not come yet.
    filter.swallow('dispatch', API.produce);
    const burst = await ask(40, 'burst');
    await until('dispatch to write and get no answer', () => filter.swallowed > 0);
    const requestsThen = filter.requestsFrom('dispatch');
    await until('dispatch to go on asking', () => filter.requestsFrom('dispatch') > requestsThen + 20);
    await dispatch.kill();
    filter.letPass();

    // Life goes on while nobody dispatches.
    await asked.accept(offer);
    await driver.arrive(ride);
    const meanwhile = await ask(12, 'meanwhile');

    dispatch = await city.forked('dispatch');
    const confirmed = await city.log.event(offered, 'ride.assigned');
    expect(confirmed).toMatchObject({ driverId: 'asked', offerId: offer.offerId });
    await driver.start(ride);
    await driver.complete(ride, 1_200);
    await city.sendDriversHome();
    for (const column of [0, 2, 4, 6, 8]) await city.willingDriver(`willing-${column}`, corner(column, 3));
    const others = [...waiting, ...burst, ...meanwhile];
    await city.log.completed([matched, ...others]);
    expectQueuedOnce([matched, offered, ...others]);
  });

  it('does not take on again what it had written and not committed, nor what has ended', async () => {
    await city.sendDriversHome();
    // A history that takes several reads: the state must be whole before the first request is looked at.
    const history = Array.from({ length: HISTORY }, (_, i) => city.request(`past-${i}`, corner(1, 1), corner(8, 5)));
    await Promise.all(history.map((request) => city.log.say('RideRequests', request)));
    await queued(history.map(({ rideId }) => rideId));
    await city.clock.forward(301);
    await city.log.event(`past-${HISTORY - 1}`, 'ride.no_driver_found');
    filter.swallow('dispatch', API.offsetCommit);
    const written = await ask(20, 'written');
    await queued(written);
    await until('dispatch to commit and get no answer', () => filter.swallowed > 0);
    await dispatch.kill();
    filter.letPass();

    dispatch = await city.forked('dispatch');
    // A phone that heard nothing sends its request again, also of a ride that is over.
    const over = ['matched', 'waiting-0', 'burst-0', 'meanwhile-0'];
    for (const rideId of over) await city.log.say('RideRequests', await sentBefore(rideId));
    const last = await Promise.all(EACH_PARTITION.map((at, i) => city.askOnLog(at, corner(8, 5), `last-${i}`)));
    await queued(last);
    expectQueuedOnce([...written, ...over, ...last]);

    const report = await city.log.audit();
    expect(report).toMatchObject({ ok: true, lost: 0, doubled: 0, illegal: 0, driversOnTwoRides: 0 });
    expect(report.requested).toBe(2 + 12 + 40 + 12 + HISTORY + 20 + EACH_PARTITION.length);
    expect(report.queued).toBe(report.requested);
  });

  async function sentBefore(rideId: string) {
    const requests = await city.log.eventsOn('RideRequests');
    const found = requests.find(({ event }) => event.rideId === rideId)?.event;
    if (found?.type !== 'ride.requested') throw new Error(`nobody asked for ride ${rideId}`);
    return found;
  }
});
