import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { until } from '../../../test/support/until.js';
import { AnalyticsHarness, PARTITIONS } from '../test/analytics-harness.js';
import { assigned, cancelled, completed, driver, NOON, queued, requested } from '../test/ride-fixtures.js';

jest.setTimeout(60_000);

const SECOND = 1_000;
const MINUTE = 60_000;

interface WindowRow {
  readonly zone: string;
  readonly windowStart: string;
  readonly requests: number;
  readonly closed: boolean;
  readonly surge: number | null;
}

describe('the analytics service', () => {
  let harness: AnalyticsHarness;
  let app: RunningApp;
  let zone: string;

  beforeAll(async () => {
    harness = await AnalyticsHarness.start();
    zone = harness.zone(0);
    app = await harness.service();
  });
  afterAll(() => harness.stop());

  const get = (path: string) => fetch(`${app.url}/api/${path}`);
  const windows = async (of: string): Promise<WindowRow[]> => {
    const response = await get(`windows?zone=${of}`);
    expect(response.status).toBe(200);
    return (await response.json()) as WindowRow[];
  };

  it('has nothing to say before the first event', async () => {
    expect(await windows(zone)).toEqual([]);
    const response = await get('kpis');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NO_DATA_YET' });
  });

  it('counts what happens, minute by minute', async () => {
    const [a, b] = [
      { rideId: 'a', zone },
      { rideId: 'b', zone },
    ];
    await harness.say('DriverStatus', driver('d1', zone, 'idle', NOON), driver('d2', zone, 'on_trip', NOON));
    await harness.say('RideRequests', requested(a, NOON + SECOND), requested(b, NOON + 2 * SECOND));
    await harness.say(
      'RideEvents',
      queued(a, NOON + 3 * SECOND, NOON + SECOND),
      queued(b, NOON + 3 * SECOND, NOON + 2 * SECOND),
      assigned(a, NOON + 21 * SECOND),
      cancelled(b, NOON + MINUTE + SECOND),
      completed(a, NOON + 2 * MINUTE),
    );
    await harness.caughtUp();
    expect(await windows(zone)).toMatchObject([
      { windowStart: new Date(NOON + 2 * MINUTE).toISOString(), completions: 1, requests: 0, closed: false },
      { windowStart: new Date(NOON + MINUTE).toISOString(), cancelledByRider: 1, matches: 0 },
      { windowStart: new Date(NOON).toISOString(), requests: 2, matches: 1, waitP50S: 20, waitP90S: 20 },
    ]);
    expect(await (await get('kpis')).json()).toMatchObject({
      type: 'city.metrics',
      requests: 2,
      matches: 1,
      completions: 1,
      cancelledByRider: 1,
      idleDrivers: 1,
      busyDrivers: 1,
      utilisation: 0.5,
      waitP50S: 20,
    });
  });

  it('closes windows with drivers and surge, and tells dispatch the prices', async () => {
    const rides = Array.from({ length: 6 }, (_, i) => ({ rideId: `busy${i}`, zone }));
    const at = NOON + 3 * MINUTE;
    await harness.say('RideRequests', ...rides.map((ride) => requested(ride, at)));
    await harness.say('DriverStatus', driver('d1', zone, 'idle', at + 2 * MINUTE));
    await harness.caughtUp();
    const closed = (await windows(zone)).find(({ windowStart }) => windowStart === new Date(at).toISOString());
    expect(closed).toMatchObject({ requests: 6, closed: true, idleDrivers: 1 });
    expect(closed?.surge).toBeGreaterThan(1);
    const priced = await until('the price', async () => {
      const prices = await harness.read('ZonePricing', PARTITIONS);
      return prices.find((price) => price.zone === zone && price.windowStart === at);
    });
    expect(priced).toMatchObject({ type: 'zone.priced', surge: closed?.surge, at: at + MINUTE });
    const zones = (await (await get('zones')).json()) as { zone: string; surge: number }[];
    expect(zones.find((row) => row.zone === zone)?.surge).toBe(closed?.surge);
  });

  it('publishes the live KPIs', async () => {
    const metrics = await until('CityMetrics', async () => {
      const published = await harness.read('CityMetrics', 1);
      return published.find(({ requests }) => requests === 8);
    });
    expect(metrics).toMatchObject({ type: 'city.metrics', matches: 1, completions: 1, idleDrivers: 1, busyDrivers: 1 });
    expect(metrics.surgeMax).toBeGreaterThan(1);
  });

  it('corrects the counts of a closed window for a late event, and leaves its price alone', async () => {
    const at = NOON + 3 * MINUTE;
    const before = (await windows(zone)).find(({ windowStart }) => windowStart === new Date(at).toISOString());
    await harness.say('RideRequests', requested({ rideId: 'late', zone }, at + 59 * SECOND));
    await harness.caughtUp();
    const after = (await windows(zone)).find(({ windowStart }) => windowStart === new Date(at).toISOString());
    expect(after).toEqual({ ...before, requests: 7 });
  });

  it('puts aside what does not validate, and goes on', async () => {
    const other = harness.zone(1);
    const partition = harness.pack.partitions.partitionOf(other);
    await harness.producer.send([
      { topic: 'RideEvents', partition, key: 'x', value: 'not JSON' },
      { topic: 'RideEvents', partition, key: 'x', value: JSON.stringify({ type: 'ride.flown', v: 1 }) },
    ]);
    await harness.say('RideEvents', completed({ rideId: 'x', zone: other }, NOON));
    await harness.caughtUp();
    expect(await windows(other)).toMatchObject([{ completions: 1 }]);
    const letters = await harness.records('RideEvents.analytics.dlq', PARTITIONS);
    expect(letters.map(({ headers }) => headers.get('dlq-reason'))).toEqual([
      'value is not JSON',
      expect.stringContaining('type'),
    ]);
  });

  it('puts aside an event far ahead of the city, which would make all later ones look late', async () => {
    const other = harness.zone(2);
    const partition = harness.pack.partitions.partitionOf(other);
    await harness.say('RideEvents', completed({ rideId: 'future', zone: other }, Date.UTC(2098, 0, 1)));
    await harness.say('RideEvents', completed({ rideId: 'now', zone: other }, NOON));
    await harness.caughtUp();
    expect(await windows(other)).toMatchObject([{ completions: 1, windowStart: new Date(NOON).toISOString() }]);
    const letters = await harness.records('RideEvents.analytics.dlq', PARTITIONS);
    const put = letters.filter((letter) => letter.partition === partition);
    expect(put.map(({ key, headers }) => [key, headers.get('dlq-reason')])).toEqual([
      ['future', expect.stringContaining("ahead of the city's clock")],
    ]);
  });

  it.each([
    'windows?zone=no/such',
    `windows?zone=${'x'.repeat(65)}`,
    'windows?zone=a&zone=b',
    'windows?from=yesterday',
    'windows?from=2026-03-06T12:00:00',
    'windows?from=2026-03-06T13:00:00Z&to=2026-03-06T12:00:00Z',
    'windows?from=2026-03-06T13:00:00Z&to=2026-03-06T13:00:00Z',
    'windows?limit=0',
    'windows?limit=5001',
    'windows?limit=ten',
    'windows?sort=zone',
    "windows?zone=a';drop table zone_window--",
  ])('refuses GET /api/%s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_INPUT' });
  });

  it('filters by time and counts from the newest', async () => {
    const from = new Date(NOON + MINUTE).toISOString();
    const to = new Date(NOON + 3 * MINUTE).toISOString();
    const starts = async (query: string): Promise<string[]> =>
      ((await (await get(`windows?zone=${zone}&${query}`)).json()) as WindowRow[]).map(
        ({ windowStart }) => windowStart,
      );
    expect(await starts(`from=${from}&to=${to}`)).toEqual([new Date(NOON + 2 * MINUTE).toISOString(), from]);
    expect(await starts(`from=${from}&to=${to}&limit=1`)).toEqual([new Date(NOON + 2 * MINUTE).toISOString()]);
  });
});
