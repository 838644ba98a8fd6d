import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import type { RunningApp } from '@ridestream/platform/http/run-app';
import { until } from '../../../test/support/until.js';
import { NotificationsHarness, PARTITIONS, ScriptedChannel } from '../test/notifications-harness.js';
import * as ride from '../test/ride-fixtures.js';
import { messagesFor } from './core/messages.js';
import { NotificationStore } from './store/notification-store.js';
import { Retention, RetentionSettings } from './store/retention.js';

jest.setTimeout(60_000);

const QUEUE = 'RideEvents.notifications.dlq';

describe('the notifications service', () => {
  let harness: NotificationsHarness;
  let app: RunningApp;
  const channel = new ScriptedChannel();
  const second = new ScriptedChannel('second');
  const takenOf = (rideId: string): string[] => channel.taken.filter((key) => key.startsWith(`${rideId}:`));

  beforeAll(async () => {
    harness = await NotificationsHarness.start();
    const policy = { retryDelaysMs: [5, 10] };
    app = await harness.service({ channels: [channel, second], policy });
  });
  afterAll(() => harness.stop());

  const get = (path: string) => fetch(`${app.url}/api/notifications${path}`);

  it('tells rider and driver in order', async () => {
    await harness.say(
      0,
      ride.rideQueued('a1'),
      ride.rideOffered('a1'),
      ride.rideOfferAccepted('a1'),
      ride.rideAssigned('a1'),
    );
    const expected = {
      'a1:ride.queued:-:rider:a1-ann': 'delivered',
      'a1:ride.offered:a1-o1:driver:a1-bob': 'delivered',
      'a1:ride.assigned:a1-o1:rider:a1-ann': 'delivered',
      'a1:ride.assigned:a1-o1:driver:a1-bob': 'delivered',
    };
    expect(await harness.settled('a1:', 4)).toEqual(expected);
    expect(takenOf('a1')).toEqual(Object.keys(expected));
    const rows: unknown = await (await get('?recipient=rider:a1-ann')).json();
    expect(rows).toMatchObject([
      { kind: 'driver_found', at: new Date(ride.NOON + 5_000).toISOString(), state: 'delivered', attempts: 1 },
      { kind: 'searching', text: expect.stringContaining('12.50') },
    ]);
    expect(await (await get('?recipient=rider:a1-ann&limit=1')).json()).toHaveLength(1);
    expect(await (await get('?recipient=rider:nobody')).json()).toEqual([]);
  });

  it('tells nothing twice, however often it is written', async () => {
    const events = [ride.rideQueued('b1'), ride.rideAssigned('b1')];
    await harness.say(0, ...events, ...events);
    await harness.settled('b1:', 3);
    await harness.say(0, ...events, ride.rideCompleted('b1'));
    await harness.settled('b1:', 5);
    expect(takenOf('b1')).toEqual(
      [...events, ride.rideCompleted('b1')].flatMap((event) => messagesFor(event).map(({ key }) => key)),
    );
  });

  it('puts aside what does not validate, and goes on', async () => {
    await harness.say(1, ride.rideQueued('c1'));
    await harness.scribble(1, 'c1', 'not JSON');
    await harness.scribble(1, 'c1', JSON.stringify({ ...ride.rideStarted('c1'), riderId: 7 }));
    await harness.scribble(1, 'other', JSON.stringify(ride.rideStarted('c1')));
    await harness.say(1, ride.rideStarted('c1'));
    await harness.settled('c1:', 2);
    const letters = await harness.deadLetters();
    expect(letters.map(({ value, headers }) => [value?.toString().slice(0, 8), headers.get('dlq-reason')])).toEqual([
      ['not JSON', 'value is not JSON'],
      ['{"type":', expect.stringContaining('riderId')],
      ['{"type":', expect.stringContaining('key "other"')],
    ]);
    expect(await (await get(`/dead-letters/${QUEUE}?limit=2`)).json()).toMatchObject([
      {
        partition: 1,
        reason: expect.stringContaining('key "other"'),
        origin: expect.stringMatching(/^RideEvents-1@\d+$/),
      },
      { partition: 1, key: 'c1' },
    ]);
  });

  it('tries a failing channel again, alone, and holds later messages of the ride back', async () => {
    let refusals = 2;
    channel.answer = ({ key }) =>
      key === 'd1:ride.queued:-:rider:d1-ann' && refusals-- > 0
        ? Promise.reject(new Error('phone is off'))
        : Promise.resolve();
    await harness.say(0, ride.rideQueued('d1'), ride.rideQueued('d2'), ride.rideOffered('d1'), ride.rideOffered('d2'));
    await harness.settled('d', 4);
    expect(Object.values(await harness.states('d'))).toEqual(Array(4).fill('delivered'));
    expect(takenOf('d1')).toEqual(['d1:ride.queued:-:rider:d1-ann', 'd1:ride.offered:d1-o1:driver:d1-bob']);
    expect(channel.tries.filter((key) => key.startsWith('d1:ride.queued'))).toHaveLength(3);
    expect(second.tries.filter((key) => key.startsWith('d1:ride.queued'))).toHaveLength(1);
    expect(await (await get('?recipient=rider:d1-ann')).json()).toMatchObject([{ attempts: 3, lastError: null }]);
  });

  it('gives up in the end: dead letter with the reason, while others and later messages go on', async () => {
    channel.answer = ({ key }) =>
      key === 'e1:ride.offered:e1-o1:driver:e1-bob' ? Promise.reject(new Error('no such phone')) : Promise.resolve();
    await harness.say(0, ride.rideOffered('e1'), ride.rideQueued('e2'), ride.rideAssigned('e1'));
    expect(await harness.settled('e1:', 3)).toEqual({
      'e1:ride.offered:e1-o1:driver:e1-bob': 'failed',
      'e1:ride.assigned:e1-o1:rider:e1-ann': 'delivered',
      'e1:ride.assigned:e1-o1:driver:e1-bob': 'delivered',
    });
    expect(channel.tries.filter((key) => key.startsWith('e1:ride.offered'))).toHaveLength(3);
    await harness.settled('e2:', 1);
    const letters = (await harness.deadLetters()).filter(({ key }) => key === 'e1');
    expect(letters).toHaveLength(1);
    expect(JSON.parse(letters[0]?.value?.toString() ?? '')).toEqual(ride.rideOffered('e1'));
    expect(letters[0]?.headers.get('dlq-reason')).toBe(
      'e1:ride.offered:e1-o1:driver:e1-bob was not delivered in 3 tries: channel scripted: no such phone',
    );
    expect(letters[0]?.headers.get('event-type')).toBe('ride.offered');
    expect(letters[0]?.headers.get('dlq-attempts')).toBe('3');
    expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(
      /streaming_dead_letters_total\{group="notifications",topic="RideEvents",reason="failed"\} 1/,
    );
  });

  it('lets an operator look at dead letters, send them back, and throw them away', async () => {
    const deadLetters = `${app.url}/api/notifications/dead-letters`;
    const read = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();
    const [queue] = (await read(fetch(deadLetters))) as { topic: string; letters: number }[];
    expect(queue).toMatchObject({ topic: QUEUE, letters: 4 });
    expect(await read(fetch(`${deadLetters}/${QUEUE}/1/0`))).toMatchObject({ value: 'not JSON', attempts: 0 });
    expect(await read(fetch(`${deadLetters}/${QUEUE}?partition=1`, { method: 'DELETE' }))).toEqual({ purged: 3 });
    channel.answer = () => Promise.resolve();
    expect(await read(fetch(`${deadLetters}/${QUEUE}/merge`, { method: 'POST' }))).toEqual({ merged: 1 });
    const key = 'e1:ride.offered:e1-o1:driver:e1-bob';
    await until('the message', async () => ((await harness.states(key))[key] === 'delivered' ? true : undefined));
    expect(takenOf('e1').filter((taken) => taken === key)).toEqual([key]);
    await until('the letter to be gone', async () => ((await harness.deadLetters()).length === 0 ? true : undefined));
    const back = (await harness.records('RideEvents', PARTITIONS)).filter(({ headers }) => headers.has('dlq-merged'));
    expect(back.map(({ key }) => key)).toEqual(['e1']);
  });

  it('delivers what a process stored and then died', async () => {
    const [message] = messagesFor(ride.rideQueued('f1'));
    await harness.database.query(
      `insert into notification (key, ride_id, recipient, kind, title, text, at) values ($1, 'f1', $2, $3, $4, $5, now())`,
      [message!.key, message!.recipient, message!.kind, message!.title, message!.text],
    );
    await harness.say(0, ride.rideQueued('f1'));
    expect(await harness.settled('f1:', 1)).toEqual({ [message!.key]: 'delivered' });
    expect(takenOf('f1')).toEqual([message!.key]);
  });

  it('waits while the database is away', async () => {
    await harness.say(0, ride.rideQueued('i1'));
    await harness.settled('i1:', 1);
    await harness.withoutDatabase(async () => {
      await harness.say(0, ride.rideStarted('i1'));
      await until('the service to say so', async () =>
        (await fetch(`${app.url}/health/ready`)).status === 503 ? true : undefined,
      );
      expect((await get('?recipient=rider:i1-ann')).status).toBe(500);
    });
    expect(Object.values(await harness.settled('i1:', 2))).toEqual(['delivered', 'delivered']);
    expect(takenOf('i1')).toEqual(['i1:ride.queued:-:rider:i1-ann', 'i1:ride.started:i1-bob:rider:i1-ann']);
  });

  it('waits while too many messages wait for another try', async () => {
    const retryTopic = 'RideEvents.notifications.retry.1';
    const before = (await harness.records(retryTopic, PARTITIONS)).length;
    const refusing = new ScriptedChannel('refusing');
    refusing.answer = () => Promise.reject(new Error('away'));
    await harness.stopService(app);
    const policy = { waitingRidesMax: 1, retryDelaysMs: [2_000, 2_000] };
    const slow = await harness.service({ channels: [refusing], policy });
    await harness.say(0, ride.rideQueued('g1'));
    await until('g1 to wait', async () =>
      (await harness.records(retryTopic, PARTITIONS)).length > before ? true : undefined,
    );
    await harness.say(0, ride.rideQueued('g2'));
    await harness.say(1, ride.rideQueued('g3'));
    await until('g3 to wait', async () =>
      (await harness.records(retryTopic, PARTITIONS)).length > before + 1 ? true : undefined,
    );
    await until('g2', () => refusing.tries.find((key) => key.startsWith('g2:')));
    const waiting = (await harness.records(retryTopic, PARTITIONS))
      .map(({ key }) => key)
      .filter((key) => key?.startsWith('g'));
    expect(waiting).toEqual(['g1', 'g3']);
    await harness.stopService(slow);
    channel.answer = () => Promise.resolve();
    app = await harness.service({ channels: [channel, second], policy: { retryDelaysMs: [5, 10] } });
    expect(Object.values(await harness.settled('g', 3))).toEqual(Array(3).fill('delivered'));
  });

  it('removes settled messages older than six hours of city time', async () => {
    await harness.say(
      0,
      ride.rideQueued('h1', ride.NOON - 7 * 3_600_000),
      ride.rideQueued('h2', ride.NOON - 5 * 3_600_000),
    );
    await harness.settled('h', 2);
    const part = <T>(type: new (...args: never[]) => T): T => app.app.get(type, { strict: false });
    const retention = new Retention(part(NotificationStore), part(LogCityClock), new RetentionSettings(6));
    expect(await retention.sweep()).toBe(false);
    expect(Object.keys(await harness.states('h'))).toEqual(['h2:ride.queued:-:rider:h2-ann']);
  });

  it.each([
    '?recipient=rider:',
    '?recipient=cook:anna',
    '?recipient=rider:a:b',
    `?recipient=rider:${'x'.repeat(65)}`,
    '?recipient=rider:a&recipient=rider:b',
    '',
    '?recipient=rider:a1-ann&limit=0',
    '?recipient=rider:a1-ann&limit=501',
    '?recipient=rider:a1-ann&limit=1.5',
    '?recipient=rider:a1-ann&order=desc',
    `/dead-letters/${QUEUE}?limit=0`,
    `/dead-letters/${QUEUE}?limit=201`,
    `/dead-letters/${QUEUE}/0/x`,
  ])('refuses GET /api/notifications%s', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ statusCode: 400, code: 'INVALID_INPUT' });
  });

  it('shows its API, health and counts', async () => {
    expect(await (await fetch(`${app.url}/health/ready`)).json()).toMatchObject({
      status: 'ok',
      details: { streaming: { status: 'up' }, database: { status: 'up' } },
    });
    expect(await (await fetch(`${app.url}/api/docs-json`)).json()).toMatchObject({
      paths: {
        '/api/notifications': {},
        '/api/notifications/dead-letters/{queue}': {
          get: { parameters: expect.arrayContaining([expect.objectContaining({ name: 'limit', required: false })]) },
          delete: { summary: 'Throw letters away' },
        },
        '/api/notifications/dead-letters/{queue}/merge': { post: {} },
      },
    });
    expect(await (await fetch(`${app.url}/metrics`)).text()).toMatch(/notifications_delivered_total [1-9]/);
  });
});
