import { Injectable } from '@nestjs/common';
import type { StreamRecord } from 'streaming-core/client/types';
import { DataSource, type EntityManager } from 'typeorm';
import type { Message } from '../core/messages.js';

/** A message that was not delivered through all channels. */
export interface FailedDelivery {
  readonly message: Message;
  /** Names of the channels that still have to take it. */
  readonly channels: readonly string[];
  /** Tries so far; 0 if it only waits behind an earlier message of its ride. */
  readonly attempts: number;
  readonly dueAt: Date;
  readonly reason: string;
  /** Where the message comes from, for the dead letters. */
  readonly record: StreamRecord;
}

export interface WaitingDelivery extends Omit<FailedDelivery, 'dueAt' | 'reason'> {
  readonly partition: number;
}

export interface WaitingRides {
  readonly rides: ReadonlySet<string>;
  readonly messages: number;
}

/** What became of deliveries, and those that wait for another try. Rows of one partition are touched by its owner only. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly database: DataSource) {}

  /** In one transaction, so that a message is never settled and waiting at once, or neither. */
  async settle(delivered: readonly string[], failed: readonly FailedDelivery[]): Promise<void> {
    if (failed.length === 0) {
      if (delivered.length > 0) await this.markDelivered(this.database.manager, delivered);
      return;
    }
    await this.database.transaction(async (manager) => {
      await this.markDelivered(manager, delivered);
      for (const failure of failed) await this.addRetry(manager, failure);
    });
  }

  /** Rides of a partition whose messages wait for another try: later messages of theirs wait behind. */
  async waitingRides(partition: number): Promise<WaitingRides> {
    const rows: { ride_id: string; messages: number }[] = await this.database.query(
      'select ride_id, count(*)::int as messages from delivery_retry where partition = $1 group by ride_id',
      [partition],
    );
    return {
      rides: new Set(rows.map((row) => row.ride_id)),
      messages: rows.reduce((sum, row) => sum + row.messages, 0),
    };
  }

  /** The first waiting message of each ride, if its time has come. */
  async due(topic: string, partitions: readonly number[], now: Date, limit: number): Promise<WaitingDelivery[]> {
    const rows: RetryRow[] = await this.database.query(
      `select r.*, n.recipient, n.kind, n.title, n.text, n.at from (
         select distinct on (partition, ride_id) * from delivery_retry
         where partition = any($1) order by partition, ride_id, seq) r
       join notification n on n.key = r.key
       where r.due_at <= $2 order by r.due_at limit $3`,
      [partitions, now, limit],
    );
    return rows.map((row) => toWaiting(topic, row));
  }

  /** Another try failed; `channels` still have to take it. */
  async postpone({ message, channels, attempts, dueAt, reason }: FailedDelivery): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query('update delivery_retry set channels = $2, attempts = $3, due_at = $4 where key = $1', [
        message.key,
        channels,
        attempts,
        dueAt,
      ]);
      await manager.query('update notification set attempts = $2, last_error = $3 where key = $1', [
        message.key,
        attempts,
        reason,
      ]);
    });
  }

  /** Ends the waiting: delivered, or given up with a reason. */
  async finish(key: string, attempts: number, failure: string | null): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query('delete from delivery_retry where key = $1', [key]);
      await manager.query(
        'update notification set state = $2, attempts = $3, last_error = $4, settled_at = now() where key = $1',
        [key, failure === null ? 'delivered' : 'failed', attempts, failure],
      );
    });
  }

  private async markDelivered(manager: EntityManager, keys: readonly string[]): Promise<void> {
    await manager.query(
      `update notification set state = 'delivered', attempts = attempts + 1, settled_at = now() where key = any($1)`,
      [keys],
    );
  }

  private async addRetry(manager: EntityManager, failure: FailedDelivery): Promise<void> {
    const { message, channels, attempts, dueAt, reason, record } = failure;
    await manager.query(
      `insert into delivery_retry (key, ride_id, channels, attempts, due_at, partition, record_offset, record_timestamp,
         record_key, record_value, record_headers)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (key) do nothing`,
      [
        message.key,
        message.rideId,
        channels,
        attempts,
        dueAt,
        record.partition,
        record.offset.toString(),
        record.timestamp,
        record.key,
        record.value,
        JSON.stringify(Object.fromEntries(record.headers)),
      ],
    );
    await manager.query('update notification set attempts = $2, last_error = $3 where key = $1', [
      message.key,
      attempts,
      reason,
    ]);
  }
}

interface RetryRow extends Pick<Message, 'recipient' | 'kind' | 'title' | 'text'> {
  readonly key: string;
  readonly ride_id: string;
  readonly channels: string[];
  readonly attempts: number;
  readonly partition: number;
  readonly record_offset: string;
  readonly record_timestamp: string;
  readonly record_key: string | null;
  readonly record_value: Buffer | null;
  readonly record_headers: Record<string, string>;
  readonly at: Date;
}

function toWaiting(topic: string, row: RetryRow): WaitingDelivery {
  const { key, ride_id: rideId, recipient, kind, title, text, channels, attempts, partition } = row;
  return {
    message: { key, rideId, recipient, kind, title, text, at: row.at.getTime() },
    channels,
    attempts,
    partition,
    record: {
      topic,
      partition,
      offset: BigInt(row.record_offset),
      timestamp: Number(row.record_timestamp),
      key: row.record_key,
      value: row.record_value,
      headers: new Map(Object.entries(row.record_headers)),
    },
  };
}
