import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { RowRetention } from '@ridestream/platform/database/row-retention';
import { AnalyticsStore } from './analytics-store.js';

const HOUR_MS = 3_600_000;
/** Rows of one delete: short enough that nobody waits for it. */
const REMOVED_AT_ONCE_MAX = 5_000;

export class RetentionSettings {
  constructor(readonly keepHours: number) {}
}

/** Removes windows, and rides whose end never came, that lie so many hours of city time behind the newest event. */
@Injectable()
export class Retention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rows = new RowRetention('windows', () => this.sweep(), new Logger('analytics'));

  constructor(
    private readonly store: AnalyticsStore,
    private readonly settings: RetentionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.rows.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rows.stop();
  }

  /** One bounded delete of each; true when there may be more to remove. */
  async sweep(): Promise<boolean> {
    return this.store.removeOlderThan(this.settings.keepHours * HOUR_MS, REMOVED_AT_ONCE_MAX);
  }
}
