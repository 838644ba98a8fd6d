import { encodeEvent } from '@ridestream/ride-domain/events/event-codec';
import type { OutgoingRecord } from 'streaming-core/client/types';
import type { CitySimulation } from '../core/city-simulation.js';
import type { LogWriter } from './log-writer.js';
import { toRecords } from './phone-records.js';
import type { SimCityClock } from './sim-city-clock.js';

/** Wall time between steps. Longer batches more, shorter answers sooner. */
export const TICK_MS = 25;
/** The city's time is published at least this often. */
const CLOCK_EVERY_MS = 2_000;
/** When the machine falls behind or recovers, it is published after this long. */
const CLOCK_SOONEST_MS = 500;
const DRIFT = 0.1;

export interface LoopOptions {
  readonly simulation: CitySimulation;
  readonly clock: SimCityClock;
  readonly writer: LogWriter;
  /** Never jumps, ms. */
  readonly monotonicNow: () => number;
  /** Ms since 1970. */
  readonly wallNow: () => number;
  readonly onCrash: (error: unknown) => void;
}

/** Drives the simulation by the wall clock and writes what it says to the log. */
export class SimulationLoop {
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private clockPublishedAt = -Infinity;
  private publishedSpeed = -1;
  private heldTicks = 0;
  private events = 0;
  private eventsPerSecond = 0;
  private ratedAt = 0;
  private ratedEvents = 0;
  private readonly forgetClock: () => void;

  constructor(private readonly options: LoopOptions) {
    this.forgetClock = options.clock.whenChanged(() => this.publishClock());
  }

  start(): void {
    this.ratedAt = this.options.monotonicNow();
    this.publishClock();
    this.plan();
  }

  /** Stops the city's time and says so. What was written before is still on its way. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.timer);
    this.forgetClock();
    this.options.writer.write([this.clockRecord(0)]);
  }

  figures(): { readonly events: number; readonly eventsPerSecond: number; readonly heldTicks: number } {
    return { events: this.events, eventsPerSecond: this.eventsPerSecond, heldTicks: this.heldTicks };
  }

  /** One step; the timer calls it. */
  tick(): void {
    const { clock, monotonicNow, simulation, wallNow, writer } = this.options;
    const nowMs = monotonicNow();
    if (writer.ready) {
      const said = simulation.step(clock.advance(nowMs));
      this.events += said.length;
      writer.write(toRecords(said, wallNow()));
    } else {
      clock.hold(nowMs);
      this.heldTicks++;
    }
    this.rate(nowMs);
    if (this.clockIsDue(nowMs)) this.publishClock();
  }

  private plan(): void {
    this.timer = setTimeout(() => {
      try {
        this.tick();
      } catch (error) {
        this.stop();
        this.options.onCrash(error);
        return;
      }
      if (!this.stopped) this.plan();
    }, TICK_MS);
  }

  private rate(nowMs: number): void {
    const elapsedMs = nowMs - this.ratedAt;
    if (elapsedMs < 1_000) return;
    this.eventsPerSecond = Math.round(((this.events - this.ratedEvents) / elapsedMs) * 1_000);
    this.ratedAt = nowMs;
    this.ratedEvents = this.events;
  }

  private clockIsDue(nowMs: number): boolean {
    const sinceMs = nowMs - this.clockPublishedAt;
    if (sinceMs >= CLOCK_EVERY_MS) return true;
    const drift = Math.abs(this.options.clock.speed() - this.publishedSpeed);
    return sinceMs >= CLOCK_SOONEST_MS && drift > DRIFT * this.publishedSpeed;
  }

  private publishClock(): void {
    this.publishedSpeed = this.options.clock.speed();
    this.clockPublishedAt = this.options.monotonicNow();
    this.options.writer.write([this.clockRecord(this.publishedSpeed)]);
  }

  private clockRecord(speed: number): OutgoingRecord {
    const wallMs = this.options.wallNow();
    const event = { type: 'clock.set' as const, v: 1 as const, at: this.options.clock.now(), wallMs, speed };
    return encodeEvent('CityClock', event, { partition: 0, timestampMs: wallMs });
  }
}
