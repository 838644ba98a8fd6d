import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { StreamProducer } from 'streaming-core/client/types';

/** A Friday evening. */
const START_MS = Date.UTC(2026, 2, 6, 17, 30);

/** The city's clock in the hands of a test: it runs at a speed and can be put forward, and every service follows it. */
export class TestCityClock {
  private setting = { at: START_MS, wallMs: Date.now(), speed: 0 };

  constructor(private readonly producer: StreamProducer) {}

  now(): number {
    const { at, wallMs, speed } = this.setting;
    return Math.round(at + Math.max(0, Date.now() - wallMs) * speed);
  }

  run(speed: number): Promise<void> {
    return this.write(this.now(), speed);
  }

  /** Puts the clock forward by so much city time, for everybody. */
  forward(seconds: number): Promise<void> {
    return this.write(this.now() + seconds * 1000, this.setting.speed);
  }

  private async write(at: number, speed: number): Promise<void> {
    const wallMs = Date.now();
    this.setting = { at, wallMs, speed };
    const event = { type: 'clock.set', v: 1, at, wallMs, speed } as const;
    await this.producer.send([encodeEvent('CityClock', event, { partition: 0, timestampMs: wallMs })]);
  }
}
