import { describe, expect, it } from '@jest/globals';
import type { CityClockSet } from '@ridestream/ride-domain/events/city-events';
import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { PartitionBatch, PartitionReader, StreamRecord } from 'streaming-core/client/types';
import { LogCityClock } from './log-city-clock.js';

const NOON = Date.UTC(2026, 2, 6, 12);

function recordOf(event: Omit<CityClockSet, 'type' | 'v'>, offset: bigint): StreamRecord {
  const encoded = encodeEvent('CityClock', { type: 'clock.set', v: 1, ...event }, { partition: 0, timestampMs: 1 });
  return {
    topic: 'CityClock',
    partition: 0,
    offset,
    timestamp: 1,
    key: encoded.key,
    value: Buffer.from(encoded.value),
    headers: new Map(),
  };
}

/** A CityClock topic in memory. */
class ClockTopic implements PartitionReader {
  deliver: ((batch: PartitionBatch) => Promise<void>) | undefined;
  constructor(private readonly kept: readonly StreamRecord[]) {}

  async *readToEnd(): AsyncIterable<readonly StreamRecord[]> {
    await Promise.resolve();
    if (this.kept.length > 0) yield this.kept.slice(-1);
  }

  follow(_from: unknown, onBatch: (batch: PartitionBatch) => Promise<void>) {
    this.deliver = onBatch;
    return Promise.resolve({ close: () => Promise.resolve() });
  }

  bounds() {
    return Promise.resolve({ first: 0n, end: BigInt(this.kept.length) });
  }

  offsetAt(): Promise<never> {
    return Promise.reject(new Error('nobody asks for times here'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async push(record: StreamRecord): Promise<void> {
    await this.deliver?.({ topic: 'CityClock', partition: 0, records: [record], highWatermark: record.offset + 1n });
  }
}

describe('LogCityClock', () => {
  it('is the wall clock while nobody set the city time', async () => {
    const clock = new LogCityClock(new ClockTopic([]), () => 5_000);
    await clock.start();
    expect([clock.now(), clock.speed()]).toEqual([5_000, 1]);
  });

  it('counts on from the last record at its speed', async () => {
    let wallMs = 1_000;
    const clock = new LogCityClock(
      new ClockTopic([recordOf({ at: NOON, wallMs: 1_000, speed: 60 }, 0n)]),
      () => wallMs,
    );
    await clock.start();
    wallMs = 2_000;
    expect(clock.now()).toBe(NOON + 60_000);
  });

  it('stands still rather than going back when a correction arrives', async () => {
    let wallMs = 1_000;
    const topic = new ClockTopic([recordOf({ at: NOON, wallMs: 1_000, speed: 10 }, 0n)]);
    const clock = new LogCityClock(topic, () => wallMs);
    await clock.start();
    wallMs = 2_000;
    expect(clock.now()).toBe(NOON + 10_000);
    let heard = 0;
    clock.whenChanged(() => heard++);
    await topic.push(recordOf({ at: NOON + 9_000, wallMs: 2_000, speed: 0 }, 1n));
    expect([clock.now(), clock.speed(), heard]).toEqual([NOON + 10_000, 0, 1]);
    await topic.push(recordOf({ at: NOON + 9_000, wallMs: 2_000, speed: 2 }, 2n));
    wallMs = 3_000;
    expect(clock.now()).toBe(NOON + 11_000);
  });

  it('stops counting on when the owner of the time was killed', async () => {
    let wallMs = 1_000;
    const clock = new LogCityClock(new ClockTopic([recordOf({ at: NOON, wallMs, speed: 60 }, 0n)]), () => wallMs);
    await clock.start();
    wallMs += 24 * 3_600_000;
    expect(clock.now()).toBe(NOON + 6_000 * 60);
  });

  it('skips a record that does not validate', async () => {
    const bad: StreamRecord = {
      ...recordOf({ at: NOON, wallMs: 1, speed: 1 }, 0n),
      value: Buffer.from('{"type":"x"}'),
    };
    const clock = new LogCityClock(new ClockTopic([bad]), () => 7_000);
    await clock.start();
    expect(clock.now()).toBe(7_000);
  });
});
