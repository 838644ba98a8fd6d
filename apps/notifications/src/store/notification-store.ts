import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Message, Recipient } from '../core/messages.js';
import { Notification } from './notification.entity.js';

/** The messages, each once: `key` is unique. */
@Injectable()
export class NotificationStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Stores those that are new. Gives the keys of those that are to be delivered now: the new ones, and the ones that an
   * earlier process stored and did not get to deliver. What waits for another try is not among them.
   */
  async register(messages: readonly Message[]): Promise<ReadonlySet<string>> {
    if (messages.length === 0) return new Set();
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
    const keys = new Set(stored.map(({ key }) => key));
    if (keys.size === messages.length) return keys;
    const known = column('key').filter((key) => !keys.has(key));
    const left: { key: string }[] = await this.database.query(
      `select key from notification n where key = any($1) and state = 'pending'
         and not exists (select from delivery_retry r where r.key = n.key)`,
      [known],
    );
    for (const { key } of left) keys.add(key);
    return keys;
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
