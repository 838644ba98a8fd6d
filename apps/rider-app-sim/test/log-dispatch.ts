import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { decodeEvent, encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { createStreamClient } from 'streaming-core/client/stream-client';
import type { StreamRecord } from 'streaming-core/client/types';
import type { PhoneEvent } from '../src/core/world.js';
import { MiniDispatch } from './mini-dispatch.js';

const TOPICS = ['RideRequests', 'DriverStatus', 'RideEvents', 'LocationUpdates'] as const;
const TICK_MS = 20;

/** The small dispatcher at work on a real log, with everything that it read there. */
export interface LogDispatch extends AsyncDisposable {
  readonly mini: MiniDispatch;
  readonly log: PhoneEvent[];
  readonly faults: string[];
  readonly clock: LogCityClock;
  /** Says something to the phones, as dispatch. */
  say(events: readonly RideEvent[]): Promise<void>;
}

export async function startLogDispatch(brokers: string, partitions: number): Promise<LogDispatch> {
  const client = createStreamClient({ brokers, clientId: 'log-dispatch' });
  const producer = await client.producer();
  const clock = new LogCityClock(client.reader());
  await clock.start();
  const mini = new MiniDispatch();
  const log: PhoneEvent[] = [];
  const faults: string[] = [];
  const zonePartition = new Map<string, number>();
  const say = (events: readonly RideEvent[]): Promise<void> =>
    producer.send(
      events.map((event) => {
        const partition = zonePartition.get(event.zone) ?? 0;
        return encodeEvent('RideEvents', event, { partition, timestampMs: Date.now() });
      }),
    );
  const take = async (record: StreamRecord): Promise<void> => {
    const topic = TOPICS.find((name) => name === record.topic)!;
    const decoded = decodeEvent(topic, record);
    if (!decoded.ok) {
      faults.push(`${record.topic}: ${decoded.reason}`);
      return;
    }
    const said = { topic, partition: record.partition, event: decoded.event } as PhoneEvent;
    zonePartition.set(said.event.zone, record.partition);
    log.push(said);
    const answers = mini.hear(said);
    if (answers.length > 0) await say(answers);
  };
  const everything = TOPICS.flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, from: 'earliest' as const })),
  );
  await client.reader().follow(everything, async ({ records }) => {
    for (const record of records) await take(record);
  });
  const timer = setInterval(() => void say(mini.tick(clock.now())), TICK_MS);
  const close = async () => {
    clearInterval(timer);
    await client.close();
  };
  return { mini, log, faults, clock, say, [Symbol.asyncDispose]: close };
}
