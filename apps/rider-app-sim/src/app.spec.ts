import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type RunningApp, startApp } from '@ridestream/platform/http/run-app';
import { startTestBroker, type TestBroker } from 'streaming-core/testing/test-broker';
import { type TemporaryPack, writeGridPack } from '../test/grid-pack.js';
import { type LogDispatch, startLogDispatch } from '../test/log-dispatch.js';
import { simApp } from './app.js';
import type { SimView } from './http/sim-schemas.js';

const PARTITIONS = 2;

jest.setTimeout(90_000);

async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('rider-app-sim on a real log', () => {
  let broker: TestBroker;
  let pack: TemporaryPack;
  let app: RunningApp;
  let dispatch: LogDispatch;

  const start = () =>
    startApp(
      simApp({
        KAFKA_BROKERS: broker.bootstrapServers,
        CITY_PACK: pack.dir,
        ZONE_PARTITIONS: String(PARTITIONS),
        PORT: '0',
        LOG_LEVEL: 'warn',
        LOG_FORMAT: 'json',
        DRIVERS: '8',
        REQUESTS_PER_HOUR: '240',
        SPEED: '60',
      }),
    );

  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${app.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const view = async () => (await (await call('GET', '/sim')).json()) as SimView;
  const completed = () => [...dispatch.mini.ended.values()].filter((how) => how === 'completed').length;

  beforeAll(async () => {
    pack = await writeGridPack();
    broker = await startTestBroker();
    app = await start();
    dispatch = await startLogDispatch(broker.bootstrapServers, PARTITIONS);
  });

  afterAll(async () => {
    // Whatever came to be: a start that failed must not keep the process alive.
    await (dispatch as LogDispatch | undefined)?.[Symbol.asyncDispose]();
    await (app as RunningApp | undefined)?.stop();
    await (broker as TestBroker | undefined)?.stop();
    await (pack as TemporaryPack | undefined)?.[Symbol.asyncDispose]();
  });

  it('brings riders home', async () => {
    await until('five rides completed', () => completed() >= 5, 60_000);
    expect(dispatch.faults).toEqual([]);
    const story = dispatch.log.flatMap(({ event }) => (event.type === 'ride.completed' ? [event] : []))[0]!;
    expect(story.distanceM).toBeGreaterThan(0);
    expect(story.fareCents).toBeGreaterThan(0);
  });

  it('tells how the city is', async () => {
    const city = await view();
    expect(Object.values(city.drivers).reduce((sum, count) => sum + count)).toBe(24);
    expect(city.drivers.offline).toBe(16);
    expect(city.clock).toMatchObject({ paused: false, speedAsked: 60 });
    expect(city.log.acknowledged).toBeGreaterThan(100);
    expect(city.requests.made).toBeGreaterThan(5);
  });

  it('stands still while paused, for everybody', async () => {
    expect((await call('POST', '/sim/pause')).status).toBe(200);
    await until('the clock of others stands', () => dispatch.clock.speed() === 0);
    const { clock } = await view();
    expect(clock).toMatchObject({ paused: true, speedEffective: 0 });
    const said = dispatch.log.length;
    expect((await view()).clock.cityMs).toBe(clock.cityMs);
    expect(dispatch.log.slice(said).filter(({ topic }) => topic === 'LocationUpdates')).toEqual([]);
    await call('POST', '/sim/resume');
    await until('it goes on', async () => (await view()).clock.cityMs > clock.cityMs);
  });

  it('takes another speed', async () => {
    await call('POST', '/sim/speed', { speed: 30 });
    await until('others follow', () => dispatch.clock.speed() === 30);
    await call('POST', '/sim/speed', { speed: 60 });
  });

  it('brings a burst of demand and sends drivers off', async () => {
    const burst = { zone: 'east', requests: 20, minutes: 1 };
    const before = (await view()).requests.made;
    expect((await call('POST', '/sim/demand-burst', burst)).status).toBe(202);
    await until('they ask', async () => (await view()).requests.made >= before + 20);
    const off = await call('POST', '/sim/drivers-off', { share: 0.5, minutes: 5 });
    expect(await off.json()).toEqual({ asked: 4 });
  });

  it.each([
    ['/sim/speed', { speed: 1_000 }, 400],
    ['/sim/speed', { speed: '5' }, 400],
    ['/sim/speed', {}, 400],
    ['/sim/demand-burst', { zone: 'nowhere', requests: 5, minutes: 5 }, 404],
    ['/sim/demand-burst', { zone: 'east', requests: 0, minutes: 5 }, 400],
    ['/sim/drivers-off', { share: 2, minutes: 5 }, 400],
    ['/sim/drivers-off', { share: 0.1, minutes: 5, extra: 1 }, 400],
  ])('refuses %s %j with %i', async (path, body, status) => {
    const response = await call('POST', path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ statusCode: status, code: expect.any(String) });
  });

  it('goes on after a restart with what was in hand, and time does not go back', async () => {
    await until('somebody rides', async () => (await view()).drivers.on_trip > 0);
    const before = await view();
    await app.stop();
    const known = new Set([...dispatch.mini.rides.keys(), ...dispatch.mini.ended.keys()]);
    app = await start();
    const after = await view();
    expect(after.clock.cityMs).toBeGreaterThan(before.clock.cityMs);
    expect(after.run).not.toBe(before.run);
    await until('the rides of before have ended', () => [...known].every((id) => dispatch.mini.ended.has(id)), 60_000);
    expect(dispatch.faults).toEqual([]);
  });

  it('describes its API', async () => {
    const page = await (await call('GET', '/api/docs-json')).json();
    expect(Object.keys((page as { paths: object }).paths)).toEqual(
      expect.arrayContaining(['/sim', '/sim/pause', '/sim/speed', '/sim/demand-burst', '/sim/drivers-off']),
    );
  });
});
