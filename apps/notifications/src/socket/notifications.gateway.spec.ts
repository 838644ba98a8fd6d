import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import type { Socket } from 'socket.io-client';
import { until } from '../../../../test/support/until.js';
import { happened, NotificationsHarness, subscribe } from '../../test/notifications-harness.js';
import * as ride from '../../test/ride-fixtures.js';
import type { Message } from '../core/messages.js';

const SOCKETS_MAX = 4;

jest.setTimeout(60_000);

describe('the notifications gateway', () => {
  let harness: NotificationsHarness;
  let app: RunningApp;

  beforeAll(async () => {
    harness = await NotificationsHarness.start();
    app = await harness.service({}, { SOCKETS_MAX: String(SOCKETS_MAX) });
  });
  afterAll(() => harness.stop());

  const heardBy = (socket: Socket): string[] => {
    const keys: string[] = [];
    socket.on('notification', (message: Message) => keys.push(message.key));
    return keys;
  };
  const refusal = async (socket: Socket): Promise<string> => {
    const error = await happened(socket, 'connect_error');
    return error instanceof Error ? error.message : '';
  };

  it("gives each room its own messages and nobody else's", async () => {
    await harness.say(0, ride.rideQueued('a1'));
    await harness.settled('a1:', 1);
    const rider = harness.socket(app.url);
    const driver = harness.socket(app.url);
    const other = harness.socket(app.url);
    const heard = [rider, driver, other].map(heardBy);
    expect(await subscribe(rider, { recipient: 'rider:a1-ann' })).toMatchObject({
      ok: true,
      recipient: 'rider:a1-ann',
      recent: [{ key: 'a1:ride.queued:-:rider:a1-ann', kind: 'searching', at: ride.NOON }],
    });
    expect(await subscribe(driver, { recipient: 'driver:a1-bob' })).toMatchObject({ ok: true, recent: [] });
    expect(await subscribe(other, { recipient: 'rider:z9-ann' })).toMatchObject({ ok: true, recent: [] });

    await harness.say(0, ride.rideAssigned('a1'), ride.rideCompleted('a1'), ride.rideQueued('z9'));
    await until('the last one', () => (heard[2]?.length === 1 ? true : undefined));
    await until('all', () => (heard[0]?.length === 2 && heard[1]?.length === 2 ? true : undefined));
    expect(heard).toEqual([
      ['a1:ride.assigned:a1-o1:rider:a1-ann', 'a1:ride.completed:-:rider:a1-ann'],
      ['a1:ride.assigned:a1-o1:driver:a1-bob', 'a1:ride.completed:-:driver:a1-bob'],
      ['z9:ride.queued:-:rider:z9-ann'],
    ]);
    for (const socket of [rider, driver, other]) socket.disconnect();
  });

  it('gives a newcomer the last twenty, newest first', async () => {
    const events = Array.from({ length: 25 }, (_, i) => ({
      ...ride.rideOffered('b1', ride.NOON + i * 1_000),
      offerId: `o${i}`,
    }));
    await harness.say(0, ...events);
    await harness.settled('b1:', 25);
    const socket = harness.socket(app.url);
    const answer = await subscribe(socket, { recipient: 'driver:b1-bob' });
    const recent = answer.ok ? answer.recent.map(({ key }) => key) : [];
    expect(recent).toEqual(Array.from({ length: 20 }, (_, i) => `b1:ride.offered:o${24 - i}:driver:b1-bob`));
    socket.disconnect();
  });

  it('lets a socket hear of one recipient only', async () => {
    const socket = harness.socket(app.url);
    expect(await subscribe(socket, { recipient: 'rider:a' })).toMatchObject({ ok: true });
    expect(await subscribe(socket, { recipient: 'rider:b' })).toMatchObject({ ok: false, code: 'ALREADY_SUBSCRIBED' });
    socket.disconnect();
  });

  it.each([
    ['no recipient', {}],
    ['nothing', null],
    ['another role', { recipient: 'cook:anna' }],
    ['a list', { recipient: ['rider:a'] }],
    ['an id with a colon', { recipient: 'rider:a:b' }],
    ['an unknown field', { recipient: 'rider:a', admin: true }],
  ])('refuses %s with a reason', async (_name, request) => {
    const socket = harness.socket(app.url);
    expect(await subscribe(socket, request)).toMatchObject({ ok: false, code: 'INVALID_INPUT' });
    expect(await subscribe(socket, { recipient: 'rider:a' })).toMatchObject({ ok: true });
    socket.disconnect();
  });

  it('closes a socket that keeps asking for nonsense, and survives a request without a callback', async () => {
    const socket = harness.socket(app.url);
    await happened(socket, 'connect');
    const closed = happened(socket, 'disconnect');
    socket.emit('subscribe', 1);
    socket.emit('subscribe');
    socket.emit('subscribe', 'a', 'b', 'c');
    socket.emit('subscribe', {}, null);
    socket.emit('subscribe', []);
    expect(await closed).toBe('io server disconnect');
  });

  it('closes a socket that sends too much', async () => {
    const socket = harness.socket(app.url);
    await happened(socket, 'connect');
    const closed = happened(socket, 'disconnect');
    socket.emit('subscribe', { recipient: 'x'.repeat(5_000) });
    await closed;
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it('refuses pages of other sites, other namespaces, and more sockets than it has room for', async () => {
    expect(await refusal(harness.socket(app.url, { origin: 'https://evil.example' }))).toBe('origin not allowed');
    expect(await refusal(harness.socket(app.url, {}, '/'))).toBe('no such namespace');
    expect(await refusal(harness.socket(app.url, {}, '/admin'))).toBe('Invalid namespace');
    const sockets = Array.from({ length: SOCKETS_MAX }, () =>
      harness.socket(app.url, { origin: 'http://localhost:3000' }),
    );
    await Promise.all(sockets.map((socket) => happened(socket, 'connect')));
    expect(await refusal(harness.socket(app.url))).toBe('too many sockets are connected');
    for (const socket of sockets) socket.disconnect();
  });
});
