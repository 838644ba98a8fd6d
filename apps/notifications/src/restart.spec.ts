import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../../../test/support/until.js';
import { NotificationsHarness, PARTITIONS } from '../test/notifications-harness.js';
import * as ride from '../test/ride-fixtures.js';
import { messagesFor } from './core/messages.js';

/** Built by `npm run build`, which `npm test` does first. */
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const RIDES = 3_000;

jest.setTimeout(120_000);

describe('a service killed in the middle', () => {
  let harness: NotificationsHarness;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    harness = await NotificationsHarness.start();
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
  const count = async (state: string): Promise<number> => {
    const { rows } = await harness.database
      .query<{ count: number }>('select count(*)::int as count from notification where state = $1', [state])
      .catch(() => ({ rows: [] }));
    return rows[0]?.count ?? 0;
  };

  it('goes on after a restart: each message once in the table, all delivered', async () => {
    const first = launch();
    const expected: string[] = [];
    const write = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        const events = [ride.rideQueued(`r${i}`), ride.rideAssigned(`r${i}`), ride.rideCompleted(`r${i}`)];
        expected.push(...events.flatMap((event) => messagesFor(event).map(({ key }) => key)));
        await harness.say(i % PARTITIONS, ...events);
      }
    };
    const writing = write(0, RIDES);
    await until('some messages', async () => ((await count('delivered')) > 100 ? true : undefined));
    first.kill('SIGKILL');
    await once(first, 'exit');
    const before = await count('delivered');
    await writing;
    expect(before).toBeLessThan(expected.length);

    launch();
    await until('all messages', async () => ((await count('delivered')) >= expected.length ? true : undefined));
    const { rows } = await harness.database.query<{ key: string; attempts: number }>(
      'select key, attempts from notification',
    );
    expect(rows.map(({ key }) => key).sort()).toEqual(expected.sort());
    expect(new Set(rows.map(({ attempts }) => attempts))).toEqual(new Set([1]));
    expect(await count('pending')).toBe(0);
  });
});
