import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { delay } from 'streaming-core/client/backoff';
import { NotificationStore } from './notification-store.js';

const HOUR_MS = 3_600_000;
/** Rows of one delete: short enough that nobody waits for it. */
const REMOVED_AT_ONCE_MAX = 5_000;
const ROUND_EVERY_MS = 10_000;

export class RetentionSettings {
  constructor(readonly keepHours: number) {}
}

/**
 * Removes messages that are settled and older than so many hours of city time, a bounded number at a time. City time, because
 * at sixty times real time a wall hour holds more than two days of messages.
 */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('notifications');
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: NotificationStore,
    private readonly clock: LogCityClock,
    private readonly settings: RetentionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One bounded delete; true when there may be more to remove. */
  async sweep(): Promise<boolean> {
    const before = new Date(this.clock.now() - this.settings.keepHours * HOUR_MS);
    return (await this.store.removeBefore(before, REMOVED_AT_ONCE_MAX)) === REMOVED_AT_ONCE_MAX;
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.isStopping()) {
      await delay(ROUND_EVERY_MS, this.stopping.signal);
      try {
        while (await this.sweep()) if (this.isStopping()) return;
      } catch (error) {
        this.logger.warn(`old messages could not be removed: ${String(error)}`);
      }
    }
  }
}
