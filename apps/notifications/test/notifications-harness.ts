import type { RunningApp } from '@ridestream/platform/http/run-app';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { io, type Socket } from 'socket.io-client';
import type { StreamRecord } from 'streaming-core/client/types';
import { openServiceWorld, ServiceHarness, type ServiceWorld } from '../../../libs/platform/test/service-harness.js';
import { until } from '../../../test/support/until.js';
import type { NotificationsParts } from '../src/app.module.js';
import type { NotificationChannel } from '../src/channels/channel.js';
import type { Message } from '../src/core/messages.js';
import { notificationsApp } from '../src/notifications-app.js';
import { NOON } from './ride-fixtures.js';
import type { SubscribeAnswer } from '../src/socket/protocol.js';

export const PARTITIONS = 2;

/** A channel that does what a test says, and remembers what it took. */
export class ScriptedChannel implements NotificationChannel {
  readonly taken: string[] = [];
  readonly tries: string[] = [];
  /** Called before a message is taken: reject to refuse it. */
  answer: (message: Message) => Promise<void> = () => Promise.resolve();

  constructor(readonly name = 'scripted') {}

  async deliver(message: Message): Promise<void> {
    this.tries.push(message.key);
    await this.answer(message);
    this.taken.push(message.key);
  }
}

/** A broker, a database, and what others write and read. The service is started by the test. */
export class NotificationsHarness extends ServiceHarness {
  private readonly sockets: Socket[] = [];

  private constructor(world: ServiceWorld) {
    super(world);
    world.cleanUp.defer(() => {
      for (const socket of this.sockets) socket.disconnect();
    });
  }

  static async start(): Promise<NotificationsHarness> {
    const harness = new NotificationsHarness(await openServiceWorld({ name: 'notifications', partitions: PARTITIONS }));
    try {
      await harness.setCityTime(NOON);
    } catch (error) {
      await harness.stop();
      throw error;
    }
    return harness;
  }

  /** The city's clock runs on from here, at the pace of the wall's. */
  async setCityTime(at: number): Promise<void> {
    const wallMs = Date.now();
    const clock = { type: 'clock.set', v: 1, at, wallMs, speed: 1 } as const;
    await this.producer.send([encodeEvent('CityClock', clock, { partition: 0, timestampMs: wallMs })]);
  }

  /** What the service needs to know, for a process of its own. */
  override environment(): Record<string, string> {
    // Tests remove what is old themselves.
    return { ...super.environment(), NOTIFICATIONS_KEEP_HOURS: '240' };
  }

  /** Starts the service and waits until it is ready. */
  service(parts: NotificationsParts = {}, env: Readonly<Record<string, string>> = {}): Promise<RunningApp> {
    return this.run(notificationsApp({ ...this.environment(), ...env }, parts));
  }

  async say(partition: number, ...events: readonly RideEvent[]): Promise<void> {
    const timestampMs = Date.now();
    await this.producer.send(events.map((event) => encodeEvent('RideEvents', event, { partition, timestampMs })));
  }

  /** Writes anything at all, valid or not. */
  async scribble(partition: number, key: string, value: string): Promise<void> {
    await this.producer.send([{ topic: 'RideEvents', partition, key, value }]);
  }

  /** key -> state of all stored messages whose key begins so. */
  async states(prefix: string): Promise<Record<string, string>> {
    const { rows } = await this.database.query<{ key: string; state: string }>(
      `select key, state from notification where starts_with(key, $1) order by seq`,
      [prefix],
    );
    return Object.fromEntries(rows.map(({ key, state }) => [key, state]));
  }

  /** Waits until so many messages of a ride are in one of the states. */
  async settled(prefix: string, count: number): Promise<Record<string, string>> {
    return until(`${count} settled messages of ${prefix}`, async () => {
      const states = await this.states(prefix);
      const settled = Object.values(states).filter((state) => state !== 'pending').length;
      return settled >= count ? states : undefined;
    });
  }

  async deadLetters(): Promise<StreamRecord[]> {
    const topic = 'RideEvents.notifications.dlq';
    const admin = this.client.admin();
    const counts = await admin.partitionCounts([topic]);
    await admin.close();
    return this.records(topic, counts.get(topic) ?? 0);
  }

  socket(url: string, extraHeaders: Readonly<Record<string, string>> = {}, namespace = '/notifications'): Socket {
    const socket = io(`${url}${namespace}`, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      extraHeaders,
    });
    this.sockets.push(socket);
    return socket;
  }
}

export async function subscribe(socket: Socket, request: unknown): Promise<SubscribeAnswer> {
  return (await socket.timeout(10_000).emitWithAck('subscribe', request)) as SubscribeAnswer;
}

/** The next time that something happens on a socket: what came with it. */
export function happened(socket: Socket, event: 'connect' | 'disconnect' | 'connect_error'): Promise<unknown> {
  return new Promise((resolve) => socket.once(event as 'disconnect', resolve));
}
