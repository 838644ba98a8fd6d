import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** A message that was not taken by all channels. */
export interface FailedTry {
  readonly key: string;
  /** Names of the channels that still have to take it. */
  readonly channelsLeft: readonly string[];
  readonly reason: string;
}

/** What became of tries to deliver. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly database: DataSource) {}

  /** Notes what was delivered, and which channels are left of what was not. */
  async settle(delivered: readonly string[], failed: readonly FailedTry[]): Promise<void> {
    if (delivered.length > 0) {
      await this.database.query(
        `update notification set state = 'delivered', attempts = attempts + 1, last_error = null, channels_left = null,
           settled_at = now() where key = any($1)`,
        [delivered],
      );
    }
    for (const { key, channelsLeft, reason } of failed) {
      await this.database.query(
        `update notification set attempts = attempts + 1, last_error = $2, channels_left = $3 where key = $1`,
        [key, reason, channelsLeft],
      );
    }
  }

  /** Ends the tries of a message; what it failed with last stays as the reason. */
  async giveUp(key: string): Promise<void> {
    await this.database.query(`update notification set state = 'failed', settled_at = now() where key = $1`, [key]);
  }
}
