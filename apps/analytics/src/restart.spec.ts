import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../../../test/support/until.js';
import { AnalyticsHarness, PARTITIONS } from '../test/analytics-harness.js';
import { assigned, completed, driver, NOON, queued, type RideAt, requested } from '../test/ride-fixtures.js';

jest.setTimeout(120_000);

/** Built by `npm run build`, which `npm test` does first. */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const RIDES = 3_000;
const QUARTER = RIDES / 4;
/** City time between two requests: a window holds some hundreds of them, and the kill comes in the middle of one. */
const STEP_MS = 100;
const WINDOW_MS = 60_000;

interface Counts {
  requests: number;
  matches: number;
  completions: number;
  waits: number;
}

describe('analytics killed in mid-window', () => {
  let harness: AnalyticsHarness;
  const children: ChildProcess[] = [];
  const expected = new Map<string, Counts>();

  beforeAll(async () => {
    harness = await AnalyticsHarness.start();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await harness.stop();
  });

  const launch = (): ChildProcess => {
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, ...harness.environment(), LOG_LEVEL: 'warn', KAFKA_SESSION_TIMEOUT_MS: '4000' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return child;
  };

  const expect1 = (zone: string, at: number, field: keyof Counts): void => {
    const key = `${zone} ${Math.floor(at / WINDOW_MS) * WINDOW_MS}`;
    const counts = expected.get(key) ?? { requests: 0, matches: 0, completions: 0, waits: 0 };
    counts[field]++;
    expected.set(key, counts);
  };

  const writeRide = async (index: number): Promise<void> => {
    const of: RideAt = { rideId: `r${index}`, zone: harness.zone(index) };
    const at = NOON + index * STEP_MS;
    await harness.say('RideRequests', requested(of, at));
    await harness.say('RideEvents', queued(of, at + 10, at), assigned(of, at + 20_000), completed(of, at + 90_000));
    expect1(of.zone, at, 'requests');
    expect1(of.zone, at + 20_000, 'matches');
    expect1(of.zone, at + 20_000, 'waits');
    expect1(of.zone, at + 90_000, 'completions');
    if (index % 50 === 0) await harness.say('DriverStatus', driver(`d${index % 7}`, of.zone, 'idle', at));
  };

  const requestsStored = async (): Promise<number> => {
    const { rows } = await harness.database
      .query<{ sum: number }>('select coalesce(sum(requests), 0)::int as sum from zone_window')
      .catch(() => ({ rows: [] }));
    return rows[0]?.sum ?? 0;
  };

  it('counts every event once, however often it is killed', async () => {
    const write = async (quarter: number): Promise<void> => {
      for (let index = quarter * QUARTER; index < (quarter + 1) * QUARTER; index++) await writeRide(index);
    };
    await write(0);
    for (const quarter of [1, 2]) {
      const child = launch();
      await until('to go on', async () => ((await requestsStored()) >= quarter * QUARTER ? true : undefined));
      const writing = write(quarter);
      await until('some more', async () => ((await requestsStored()) > quarter * QUARTER ? true : undefined));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await writing;
    }
    await write(3);
    launch();
    await harness.caughtUp();
    const { rows } = await harness.database.query<Counts & { zone: string; window_start: Date }>(
      `select zone, window_start, requests, matches, completions, coalesce(array_length(waits_s, 1), 0) as waits
       from zone_window where requests + matches + completions > 0`,
    );
    const stored = new Map(
      rows.map(({ zone, window_start: start, ...counts }) => [`${zone} ${start.getTime()}`, counts]),
    );
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(expected));
    const { rows: open } = await harness.database.query('select ride_id from open_ride');
    expect(open).toEqual([]);
    const { rows: unclosed } = await harness.database.query(
      `select zone, window_start from zone_window where not closed
         and window_start < (select min(watermark) from partition_status) - interval '2 minutes'`,
    );
    expect(unclosed).toEqual([]);
    expect(PARTITIONS).toBe((await harness.database.query('select from partition_status')).rowCount);
  });
});
