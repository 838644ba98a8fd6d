import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { LogCityClock } from '@ridestream/platform/clock/log-city-clock';
import { RowRetention } from '@ridestream/platform/database/row-retention';
import { NotificationStore } from './notification-store.js';

const HOUR_MS = 3_600_000;
/** Rows of one delete: short enough that nobody waits for it. */
const REMOVED_AT_ONCE_MAX = 5_000;

export class RetentionSettings {
  constructor(readonly keepHours: number) {}
}

/**
 * Removes messages that are settled and older than so many hours of city time, a bounded number at a time. City time, because
 * at sixty times real time a wall hour holds more than two days of messages.
 */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rows = new RowRetention('messages', () => this.sweep(), new Logger('notifications'));

  constructor(
    private readonly store: NotificationStore,
    private readonly clock: LogCityClock,
    private readonly settings: RetentionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.rows.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rows.stop();
  }

  /** One bounded delete; true when there may be more to remove. */
  async sweep(): Promise<boolean> {
    const before = new Date(this.clock.now() - this.settings.keepHours * HOUR_MS);
    return (await this.store.removeBefore(before, REMOVED_AT_ONCE_MAX)) === REMOVED_AT_ONCE_MAX;
  }
}
