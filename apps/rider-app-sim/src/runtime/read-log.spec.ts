import { describe, expect, it } from '@jest/globals';
import { COUNT_ON_MS_MAX } from '@ridestream/platform/clock/log-city-clock';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { PartitionReader, StreamRecord, TopicPartition } from 'streaming-core/client/types';
import { MiniDispatch } from '../../test/mini-dispatch.js';
import { MONDAY_8, SmallCity } from '../../test/small-city.js';
import type { PhoneEvent } from '../core/world.js';
import { readLog } from './read-log.js';

const PARTITIONS = 4;
const BATCH = 500;

/** Topics in memory; counts what is read. */
class LogInMemory implements PartitionReader {
  recordsRead = 0;
  private readonly partitions = new Map<string, StreamRecord[]>();

  append(said: PhoneEvent): void {
    const encoded = encodeEvent(said.topic, said.event, { partition: said.partition, timestampMs: 1 });
    const headers = new Map(Object.entries(encoded.headers));
    this.put(said.topic, said.partition, encoded.key, Buffer.from(encoded.value), headers);
  }

  put(topic: string, partition: number, key: string, value: Buffer | null, headers = new Map<string, string>()): void {
    const records = this.of({ topic, partition });
    records.push({ topic, partition, offset: BigInt(records.length), timestamp: 1, key, value, headers });
  }

  async *readToEnd(partition: TopicPartition, from = 0n): AsyncIterable<readonly StreamRecord[]> {
    const records = this.of(partition);
    for (let index = Number(from); index < records.length; index += BATCH) {
      const batch = records.slice(index, index + BATCH);
      this.recordsRead += batch.length;
      yield await Promise.resolve(batch);
    }
  }

  bounds(partition: TopicPartition) {
    return Promise.resolve({ first: 0n, end: BigInt(this.of(partition).length) });
  }

  offsetAt(): Promise<never> {
    return Promise.reject(new Error('nobody asks for times here'));
  }

  follow(): Promise<never> {
    return Promise.reject(new Error('nobody follows here'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  size(): number {
    return [...this.partitions.values()].reduce((sum, records) => sum + records.length, 0);
  }

  private of({ topic, partition }: TopicPartition): StreamRecord[] {
    const name = `${topic}-${partition}`;
    let records = this.partitions.get(name);
    if (records === undefined) this.partitions.set(name, (records = []));
    return records;
  }
}

function logOf(city: SmallCity): LogInMemory {
  const log = new LogInMemory();
  for (const said of city.log) log.append(said);
  return log;
}

const lively = (seconds: number) =>
  new SmallCity({ drivers: 10, requestsPerHour: 100 }, new MiniDispatch()).run(seconds);

describe('readLog', () => {
  it('finds no city in an empty log', async () => {
    const { earlier, rideEvents } = await readLog(new LogInMemory(), PARTITIONS);
    expect(earlier).toBeNull();
    expect(rideEvents.map(({ offset }) => offset)).toEqual([0n, 0n, 0n, 0n]);
  });

  it('finds drivers, rides and the time, and where to listen on', async () => {
    const city = lively(1_800);
    const log = logOf(city);
    const { earlier, rideEvents, skipped } = await readLog(log, PARTITIONS);
    expect(skipped).toBe(0);
    expect(earlier!.remembered.drivers.filter(({ state }) => state !== 'offline')).toHaveLength(10);
    const driven = city.sim.drivers.flatMap(({ id, ride }) => (ride === null ? [] : [`${id} ${ride.rideId}`])).sort();
    const remembered = earlier!.remembered.rides.flatMap(({ driverId, request }) =>
      driverId === null ? [] : [`${driverId} ${request.rideId}`],
    );
    expect(remembered.sort()).toEqual(driven);
    expect(city.sim.now - earlier!.cityMs).toBeLessThan(4_000);
    for (const { topic, partition, offset } of rideEvents) {
      expect(offset).toBe((await log.bounds({ topic, partition })).end);
    }
  });

  it('reads the end of a long log and not all of it', async () => {
    const log = logOf(lively(6 * 3_600));
    const { earlier } = await readLog(log, PARTITIONS);
    expect(earlier!.remembered.drivers.filter(({ state }) => state !== 'offline')).toHaveLength(10);
    expect(log.size()).toBeGreaterThan(60_000);
    expect(log.recordsRead).toBeLessThan(log.size() / 2);
  });

  it('takes the clock where nobody drove after it', async () => {
    const log = new LogInMemory();
    const clock = { type: 'clock.set', v: 1, at: MONDAY_8, wallMs: 5, speed: 60 } as const;
    const encoded = encodeEvent('CityClock', clock, { partition: 0, timestampMs: 5 });
    log.put('CityClock', 0, encoded.key, Buffer.from(encoded.value));
    expect((await readLog(log, PARTITIONS)).earlier).toEqual({
      remembered: { drivers: [], rides: [], carsSeen: 0 },
      cityMs: MONDAY_8,
      resumeMs: MONDAY_8 + 60 * COUNT_ON_MS_MAX,
    });
  });

  it('goes on where the city stood still when its time was stopped in order', async () => {
    const log = new LogInMemory();
    const clock = { type: 'clock.set', v: 1, at: MONDAY_8, wallMs: 5, speed: 0 } as const;
    const encoded = encodeEvent('CityClock', clock, { partition: 0, timestampMs: 5 });
    log.put('CityClock', 0, encoded.key, Buffer.from(encoded.value));
    expect((await readLog(log, PARTITIONS)).earlier).toMatchObject({ cityMs: MONDAY_8, resumeMs: MONDAY_8 });
  });

  it('skips and counts what does not validate, and passes over tombstones', async () => {
    const log = logOf(lively(300));
    const headers = new Map([['event-time', String(MONDAY_8 + 300_000)]]);
    log.put('RideEvents', 0, 'ride-1', Buffer.from('{"type":"ride.teleported"}'), headers);
    log.put('RideEvents', 0, 'ride-1', Buffer.from('no JSON'), headers);
    log.put('DriverStatus', 0, 'driver-00001a', null, headers);
    const { earlier, skipped } = await readLog(log, PARTITIONS);
    expect(skipped).toBe(2);
    expect(earlier!.remembered.drivers).toHaveLength(10);
  });
});
