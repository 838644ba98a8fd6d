import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Message, Recipient } from '../core/messages.js';
import { Notification } from './notification.entity.js';

/** The messages, each once: `key` is unique. */
@Injectable()
export class NotificationStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Stores those that are new. Gives those that are to be delivered: the new ones, and the ones that were stored and are not
   * settled. By key: the channels that still have to take the message, null for all.
   */
  async register(messages: readonly Message[]): Promise<ReadonlyMap<string, readonly string[] | null>> {
    if (messages.length === 0) return new Map();
    const column = <K extends keyof Message>(name: K): Message[K][] => messages.map((message) => message[name]);
    const stored: { key: string }[] = await this.database.query(
      `insert into notification (key, ride_id, recipient, kind, title, text, at)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       on conflict (key) do nothing returning key`,
      [
        column('key'),
        column('rideId'),
        column('recipient'),
        column('kind'),
        column('title'),
        column('text'),
        column('at').map((at) => new Date(at)),
      ],
    );
    const wanted = new Map<string, readonly string[] | null>(stored.map(({ key }) => [key, null]));
    if (wanted.size === messages.length) return wanted;
    const known = column('key').filter((key) => !wanted.has(key));
    const left: { key: string; channels_left: string[] | null }[] = await this.database.query(
      `select key, channels_left from notification where key = any($1) and state = 'pending'`,
      [known],
    );
    for (const { key, channels_left: channelsLeft } of left) wanted.set(key, channelsLeft);
    return wanted;
  }

  /** Messages that were given up are to be delivered after all. */
  async revive(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.database.query(
      `update notification set state = 'pending', settled_at = null where key = any($1) and state = 'failed'`,
      [keys],
    );
  }

  /** Newest first. */
  of(recipient: Recipient, limit: number): Promise<Notification[]> {
    return this.database
      .getRepository(Notification)
      .createQueryBuilder('n')
      .where('n.recipient = :recipient', { recipient })
      .orderBy('n.at', 'DESC')
      .addOrderBy('n.seq', 'DESC')
      .limit(limit)
      .getMany();
  }

  /** Removes up to `limit` settled messages from before `before` (city time); gives how many. */
  async removeBefore(before: Date, limit: number): Promise<number> {
    const rows: { count: number }[] = await this.database.query(
      `with gone as (
         delete from notification where key in (
           select key from notification where at < $1 and state <> 'pending' order by at limit $2)
         returning 1)
       select count(*)::int as count from gone`,
      [before, limit],
    );
    return rows[0]?.count ?? 0;
  }
}

export function toMessage({ key, rideId, recipient, kind, title, text, at }: Notification): Message {
  return { key, rideId, recipient, kind, title, text, at: at.getTime() };
}
