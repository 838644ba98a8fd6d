import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MessageKind, Recipient } from '../core/messages.js';

export type NotificationState = 'pending' | 'delivered' | 'failed';

/** One message to one person. */
@Entity({ name: 'notification' })
export class Notification {
  @PrimaryColumn('text')
  key!: string;

  /** In the order in which they were stored. */
  @Column('bigint', { select: false })
  seq!: string;

  @Column('text', { name: 'ride_id' })
  rideId!: string;

  @Column('text')
  recipient!: Recipient;

  @Column('text')
  kind!: MessageKind;

  @Column('text')
  title!: string;

  @Column('text')
  text!: string;

  /** City time. */
  @Column('timestamptz')
  at!: Date;

  @Column('text')
  state!: NotificationState;

  @Column('int')
  attempts!: number;

  @Column('text', { name: 'last_error', nullable: true })
  lastError!: string | null;

  /** Wall time of the delivery, or of giving up. */
  @Column('timestamptz', { name: 'settled_at', nullable: true })
  settledAt!: Date | null;
}
