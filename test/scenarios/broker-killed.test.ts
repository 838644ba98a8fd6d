/** The broker is a process of its own, on disk. It is killed with SIGKILL under load, twice, and started again. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { BrokerProcess } from '../support/broker-process.ts';
import { DatabaseReader } from '../support/database-reader.ts';
import { Ledger } from '../support/ledger.ts';
import { Scenario } from '../support/scenario.ts';
import { whenReady } from '../support/services.ts';
import { corner } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';
import { countWindows } from '../support/window-counts.ts';

jest.setTimeout(120_000);

describe('a broker that is killed', () => {
  let broker: BrokerProcess;
  let city: Scenario;
  let services: readonly (readonly [string, RunningApp])[];
  let rows: DatabaseReader;

  beforeAll(async () => {
    broker = await BrokerProcess.start();
    city = await Scenario.start({ brokers: broker.address, database: true });
    rows = await DatabaseReader.connect(city);
    const names = ['dispatch', 'analytics', 'notifications'] as const;
    services = await Promise.all(names.map(async (name) => [name, await city.service(name)] as const));
  });
  afterAll(async () => {
    await (city as Scenario | undefined)?.stop();
    await (broker as BrokerProcess | undefined)?.remove();
  });

  const ask = (count: number, prefix: string): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        city.askOnLog(corner((i * 2) % 9, (i * 5) % 6), corner((i * 7 + 4) % 9, (i + 2) % 6), `${prefix}-${i}`),
      ),
    );

  it('loses and doubles nothing that it acknowledged, and the city goes on by itself', async () => {
    for (const column of [0, 2, 4, 6, 8]) await city.willingDriver(`willing-${column}`, corner(column, 3));
    const ledger = await Ledger.open(broker.address);
    city.onStop(() => ledger.close());
    ledger.begin();
    const before = await ask(10, 'before');
    await city.log.completed(before.slice(0, 2));

    for (const round of [1, 2]) {
      const acknowledged = ledger.acknowledged;
      await until('load on the broker', () => ledger.acknowledged > acknowledged + 500);
      await broker.kill();
      // Requests that are made now wait in the phones.
      const during = ask(10, `during-${round}`);
      await broker.restart();
      await city.log.completed(await during);
    }
    const after = await ask(10, 'after');
    await city.log.completed([...before, ...after]);

    const { acknowledged, sent, found, missing, doubled, outOfOrder } = await ledger.settle();
    expect({ missing, doubled, outOfOrder }).toEqual({ missing: [], doubled: [], outOfOrder: [] });
    expect(acknowledged).toBe(sent);
    expect(found).toBe(sent);

    const report = await city.log.audit();
    expect(report).toMatchObject({ ok: true, requested: 40, lost: 0, doubled: 0, illegal: 0, driversOnTwoRides: 0 });
    expect(report.byState.completed).toBe(40);
    await rows.windowsBecome(
      countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents')),
    );
    expect((await rows.messagesTo('rider:rider-of-after-9', 5)).at(-1)).toBe('receipt');
    for (const [name, { url }] of services) await whenReady(name, url);
  });
});
