/** `npm start` as a person at a terminal meets it: one line with a URL, Ctrl-C, a second start, a fresh one, a taken port. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { removePostgresData } from '@ridestream/platform/postgres/embedded-postgres';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createStreamClient } from 'streaming-core/client/stream-client';
import { CityLog } from '../support/city-log.ts';
import { descendantsOf, isAlive } from '../support/processes.ts';
import { freePorts } from '../support/free-ports.ts';
import { StartedCity } from '../support/started-city.ts';
import { makeTinyCity, type TinyCity } from '../support/tiny-city.ts';
import { until } from '../support/until.ts';

jest.setTimeout(120_000);

const SERVICES = 4;
const STOP_TIMEOUT_MS = 15_000;

describe('npm start', () => {
  let tiny: TinyCity;
  let dataDir: string;
  let port: number;
  let brokerPort: number;
  const started: StartedCity[] = [];

  beforeAll(async () => {
    tiny = await makeTinyCity();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'launcher-data-'));
    // Only one start at a time, so that all of them may have the same ports.
    [port, brokerPort] = await freePorts(SERVICES);
  });
  afterEach(async () => {
    for (const city of started.splice(0)) await city.end();
  });
  afterAll(async () => {
    await tiny.remove();
    // Root's database may lie elsewhere.
    await removePostgresData(path.join(dataDir, 'tinytown', 'postgres'));
    await rm(dataDir, { recursive: true, force: true });
  });

  function start(...more: string[]): StartedCity {
    const people = ['--speed', '30', '--drivers', '10', '--requests-per-hour', '600'];
    const ports = ['--port', String(port), '--broker-port', String(brokerPort)];
    const city = new StartedCity(['--city', tiny.dir, '--data-dir', dataDir, ...ports, ...people, ...more]);
    started.push(city);
    return city;
  }

  /** The ids of all rides that the log knows. */
  async function ridesOnLog(): Promise<string[]> {
    const client = createStreamClient({ brokers: `127.0.0.1:${brokerPort}`, clientId: 'launcher-test' });
    try {
      const log = new CityLog(client, await client.producer(), tiny.pack);
      return (await log.eventsOn('RideRequests')).map(({ event }) => event.rideId);
    } finally {
      await client.close();
    }
  }

  const someRides = (count: number): Promise<string[]> =>
    until(`${count} rides on the log`, async () => {
      const rides = await ridesOnLog();
      return rides.length >= count && rides;
    });

  it('gives a living city on one URL, stops on Ctrl-C without a trace, and goes on with its data', async () => {
    const first = start();
    expect(await first.url()).toBe(`http://127.0.0.1:${port}`);
    for (let service = 0; service < SERVICES; service++) {
      await until(`service ${service} to be ready`, async () => {
        const answer = await fetch(`http://127.0.0.1:${port + service}/health/ready`).catch(() => undefined);
        return answer?.ok;
      });
    }
    expect((await fetch(await first.url())).headers.get('content-type')).toMatch('text/html');
    const rides = await someRides(3);
    const family = descendantsOf(first.pid);
    expect(family.map(({ command }) => command).filter((command) => command.includes('postgres'))).not.toEqual([]);
    expect(family.length).toBeGreaterThanOrEqual(SERVICES + 2);

    first.interrupt();
    expect(await first.exitWithin(STOP_TIMEOUT_MS)).toBe(0);
    expect(family.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(first.errors()).toBe('');

    const second = start();
    await second.url();
    expect(await someRides(rides.length + 1)).toEqual(expect.arrayContaining(rides));
    second.interrupt();
    expect(await second.exitWithin(STOP_TIMEOUT_MS)).toBe(0);

    // Another seed, other rides: the same one would ask for the same rides again.
    const third = start('--fresh', '--seed', '4');
    await third.url();
    const anew = await someRides(1);
    expect(anew.filter((rideId) => rides.includes(rideId))).toEqual([]);
    third.interrupt();
    expect(await third.exitWithin(STOP_TIMEOUT_MS)).toBe(0);
  });

  it('says in a sentence which port is taken and what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject);
      other.listen(port, '127.0.0.1', resolve);
    });
    try {
      const city = start();
      expect(await city.exitWithin(STOP_TIMEOUT_MS)).toBe(1);
      expect(city.errors()).toContain(
        `Port ${port}, for dispatch and its dashboard, is taken by another program. Stop that one, or use --port N`,
      );
      expect(city.errors()).not.toMatch(/at .*\.js:\d+/);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
