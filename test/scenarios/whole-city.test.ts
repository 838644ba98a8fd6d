/** The city that ships with the product, with all its drivers and riders, at high speed; then the audit. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { defaultCityDir } from '@ridestream/ride-domain/city/load-city-pack';
import type { SimView } from '../../apps/rider-app-sim/src/http/sim-schemas.js';
import { DatabaseReader } from '../support/database-reader.ts';
import { Scenario } from '../support/scenario.ts';
import { runCommand } from '../support/services.ts';
import { until } from '../support/until.ts';
import { countWindows } from '../support/window-counts.ts';

jest.setTimeout(150_000);

const CITY_MINUTES = 15;
const WALL_TIMEOUT_MS = 90_000;

describe('the whole city', () => {
  let city: Scenario;
  let rows: DatabaseReader;
  let simUrl: string;

  beforeAll(async () => {
    city = await Scenario.start({ database: true, cityDir: defaultCityDir(), clock: 'sim' });
    rows = await DatabaseReader.connect(city);
    await Promise.all([city.forked('dispatch'), city.forked('analytics'), city.forked('notifications')]);
    const people = { SPEED: '60', DRIVERS: '120', REQUESTS_PER_HOUR: '900', SEED: '11' };
    simUrl = (await city.forked('rider-app-sim', people)).url;
  });
  afterAll(() => (city as Scenario | undefined)?.stop());

  const sim = async (): Promise<SimView> => (await (await fetch(`${simUrl}/sim`)).json()) as SimView;

  it(`loses and doubles no ride in ${CITY_MINUTES} minutes`, async () => {
    const begin = (await sim()).clock.cityMs;
    const end = begin + CITY_MINUTES * 60_000;
    await until(`${CITY_MINUTES} city minutes to pass`, async () => (await sim()).clock.cityMs >= end, {
      timeoutMs: WALL_TIMEOUT_MS,
      seen: async () => JSON.stringify(await sim()),
    });
    await fetch(`${simUrl}/sim/pause`, { method: 'POST' });
    await until('what the phones said to be in the log', async () => (await sim()).log.inFlight === 0);

    const report = await city.log.audit();
    expect(report).toMatchObject({
      ok: true,
      lost: 0,
      doubled: 0,
      illegal: 0,
      misplaced: 0,
      driversOnTwoRides: 0,
      withoutRequest: 0,
      findings: [],
    });
    // A city that stands still has no faults either.
    expect(report.requested).toBeGreaterThan(100);
    expect(report.byState.completed).toBeGreaterThan(30);
    expect(report.byState.in_progress).toBeGreaterThan(5);
  });

  it('passes the audit that operators run', async () => {
    const { code, output } = await runCommand('apps/launcher/dist/audit/main.js', [
      ...['--brokers', city.brokers],
      ...['--city', city.cityDir],
    ]);
    expect(output).toContain('Nothing is wrong.');
    expect(output).toMatch(/rides lost +0\n +rides doubled +0\n/);
    expect(code).toBe(0);
  });

  it('counts in the database what the log says', async () => {
    await rows.windowsBecome(
      countWindows(await city.log.eventsOn('RideRequests'), await city.log.eventsOn('RideEvents')),
    );
  });
});
