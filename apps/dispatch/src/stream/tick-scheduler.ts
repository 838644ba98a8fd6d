import type { CityClock } from '@ridestream/platform/clock/city-clock';
import type { CityMoment } from '../zone/dispatch-settings.js';

/** A tick is due every second of city time... */
const CITY_INTERVAL_MS = 1_000;
/**
 * ... but a fast city must not take the machine: at 60x a city second is 17 ms. Riders then wait up to 6 s of city time for
 * their first offer, as they would in the batching windows of real services.
 */
const WALL_INTERVAL_MIN_MS = 100;
/** A slow or paused city is still looked at: requests through the API do not wait for the city's clock. */
const WALL_INTERVAL_MAX_MS = 1_000;

/** Wall-clock time between two ticks. */
export function tickIntervalMs(speed: number): number {
  if (speed <= 0) return WALL_INTERVAL_MAX_MS;
  return Math.min(WALL_INTERVAL_MAX_MS, Math.max(WALL_INTERVAL_MIN_MS, CITY_INTERVAL_MS / speed));
}

/**
 * Calls `tick` at the city's pace. The next tick is planned when the last one has ended, from when that one was due: ticks
 * never overlap, and after a stall they go on without catching up.
 */
export class TickScheduler {
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;

  constructor(
    private readonly clock: CityClock,
    private readonly tick: (moment: CityMoment) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    if (this.isRunning) return;
    this.isRunning = true;
    this.plan(performance.now());
  }

  stop(): void {
    this.isRunning = false;
    clearTimeout(this.timer);
  }

  private plan(lastDueMs: number): void {
    const nowMs = performance.now();
    const dueMs = Math.max(nowMs, lastDueMs + tickIntervalMs(this.clock.speed()));
    this.timer = setTimeout(() => {
      try {
        this.tick({ nowMs: this.clock.now(), speed: this.clock.speed() });
      } catch (error) {
        this.onError(error);
      }
      if (this.isRunning) this.plan(dueMs);
    }, dueMs - nowMs);
  }
}
