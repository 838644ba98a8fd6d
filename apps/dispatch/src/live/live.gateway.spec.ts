import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { io, type Socket } from 'socket.io-client';
import { DispatchHarness, SERVICE_TEST_TIMEOUT_MS, until } from '../../test/dispatch-harness.js';
import { corner, driverStatus } from '../../test/grid-city.js';
import type { ClientToServerEvents, LiveDelta, LiveSnapshot, ServerToClientEvents } from './protocol.js';

type Browser = Socket<ServerToClientEvents, ClientToServerEvents>;
const SOCKETS_MAX = 3;

jest.setTimeout(SERVICE_TEST_TIMEOUT_MS);

describe('the live gateway', () => {
  let harness: DispatchHarness;
  let app: RunningApp;
  const open: Socket[] = [];

  beforeAll(async () => {
    harness = await DispatchHarness.start();
    app = await harness.dispatch({ SOCKETS_MAX: String(SOCKETS_MAX) });
    await harness.connect();
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.disconnect();
    await until('all browsers to be gone', async () => (await dashboards()) === 0 || undefined);
  });
  afterAll(() => harness.stop());

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  const dashboards = (): Promise<number> => metric('dispatch_dashboards');

  const browse = (namespace = '/live'): Browser => {
    const socket: Browser = io(`${app.url}${namespace}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
    });
    open.push(socket);
    return socket;
  };

  /** A browser that notes what it gets, and acknowledges deltas while `acknowledges` is true. */
  const watch = (socket: Browser) => {
    const seen = {
      snapshots: [] as LiveSnapshot[],
      deltas: [] as LiveDelta[],
      acknowledges: true,
      owed: [] as (() => void)[],
    };
    socket.on('snapshot', (snapshot) => seen.snapshots.push(snapshot));
    socket.on('delta', (delta, done) => {
      seen.deltas.push(delta);
      if (seen.acknowledges) done();
      else seen.owed.push(done);
    });
    return seen;
  };

  it('sends a snapshot, then numbered deltas with what changed', async () => {
    await harness.say('DriverStatus', driverStatus('v1', 1, corner(1, 1), Date.now()));
    await until('the driver', async () => ((await fetch(`${app.url}/api/drivers/v1`)).ok ? true : undefined));
    const seen = watch(browse());
    const snapshot = await until('a snapshot', () => seen.snapshots[0]);
    expect(snapshot.vehicles).toContainEqual(['v1', -73.999, 40.701, 0, 'idle', null]);
    expect(snapshot.zones.map(({ zone }) => zone).sort()).toEqual(['east', 'west']);
    expect(Math.abs(snapshot.clock.cityMs - Date.now())).toBeLessThan(60_000);
    await harness.say('DriverStatus', driverStatus('v1', 2, corner(2, 1), Date.now()));
    await until('the move', () =>
      seen.deltas.find(({ vehicles }) => vehicles.some(([id, lon]) => id === 'v1' && lon === -73.998)),
    );
    await harness.say('DriverStatus', driverStatus('v1', 3, corner(2, 1), Date.now(), { state: 'offline' }));
    await until('the end of the shift', () => seen.deltas.find(({ vehiclesGone }) => vehiclesGone.includes('v1')));
    const numbers = seen.deltas.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, i) => snapshot.seq + 1 + i));
    expect(new Set(seen.deltas.map(({ epoch }) => epoch))).toEqual(new Set([snapshot.epoch]));
  });

  it('sends a browser that does not acknowledge nothing more, and then the newest in one delta', async () => {
    const seen = watch(browse());
    seen.acknowledges = false;
    await until('a first delta', () => seen.deltas[0]);
    const other = watch(browse());
    for (let seq = 1; seq <= 5; seq++) {
      const before = other.deltas.length;
      await harness.say('DriverStatus', driverStatus('v2', seq, corner(seq, 3), Date.now()));
      await until('another browser to go on', () => (other.deltas.length > before + 1 ? true : undefined));
    }
    expect(seen.deltas).toHaveLength(1);
    seen.owed.shift()!();
    const delta = await until('the next delta', () => seen.deltas[1]);
    expect(delta.seq).toBe(seen.deltas[0]!.seq + 1);
    expect(delta.vehicles.filter(([id]) => id === 'v2')).toEqual([['v2', -73.995, 40.703, 0, 'idle', null]]);
  });

  it('sends a new snapshot on resync, at most one a second', async () => {
    const socket = browse();
    const seen = watch(socket);
    await until('a snapshot', () => seen.snapshots[0]);
    for (let i = 0; i < 10; i++) socket.emit('resync');
    await until('the second snapshot', () => seen.snapshots[1]);
    const deltas = seen.deltas.length;
    await until('time to pass', () => (seen.deltas.length > deltas + 1 ? true : undefined));
    expect(seen.snapshots).toHaveLength(2);
    expect(seen.deltas.at(-1)!.seq).toBeGreaterThan(seen.snapshots[1]!.seq);
  });

  it('ignores events that it does not know, and counts them', async () => {
    const before = await metric('dispatch_socket_events_unknown_total');
    const socket = browse();
    const seen = watch(socket);
    await until('a snapshot', () => seen.snapshots[0]);
    const raw = socket as unknown as Socket;
    raw.emit('join', 'rider-7');
    raw.emit('__proto__', { nested: [[[[1]]]] });
    await until(
      'the count',
      async () => (await metric('dispatch_socket_events_unknown_total')) === before + 2 || undefined,
    );
    expect(socket.connected).toBe(true);
  });

  it('throws out a browser that floods or sends too much, and serves the others', async () => {
    const good = watch(browse());
    const flooding = browse();
    watch(flooding);
    await until('both', async () => (await dashboards()) === 2 || undefined);
    for (let i = 0; i < 200; i++) flooding.emit('resync');
    await until('the flood to end', () => (flooding.connected ? undefined : true));
    const large = browse();
    watch(large);
    await until('the third', () => (large.connected ? true : undefined));
    (large as unknown as Socket).emit('resync', 'x'.repeat(100_000));
    await until('the large message to end it', () => (large.connected ? undefined : true));
    const deltas = good.deltas.length;
    await until('the good browser to go on', () => (good.deltas.length > deltas + 2 ? true : undefined));
  });

  it('takes so many browsers and no more, and none outside its namespace', async () => {
    for (let i = 0; i < SOCKETS_MAX; i++) watch(browse());
    await until('a full house', async () => (await dashboards()) === SOCKETS_MAX || undefined);
    const refusal = (socket: Browser) =>
      new Promise<string>((resolve) => socket.on('connect_error', (error) => resolve(error.message)));
    expect(await refusal(browse())).toContain('too many');
    expect(await refusal(browse('/'))).toContain('no such namespace');
    expect(await refusal(browse('/admin'))).toContain('Invalid namespace');
  });
});
