import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotifications1763800001000 implements MigrationInterface {
  readonly name = 'CreateNotifications1763800001000';

  async up(runner: QueryRunner): Promise<void> {
    // Every row is written twice, pending and delivered. Half of each page is kept free, and no index holds what changes, so
    // that the second time costs no index work (a heap-only update) and the space of the first is used again.
    await runner.query(`
      create table notification (
        key text primary key,
        seq bigint generated always as identity,
        ride_id text not null,
        recipient text not null,
        kind text not null,
        title text not null,
        text text not null,
        at timestamptz not null,
        state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
        attempts int not null default 0,
        last_error text,
        settled_at timestamptz
      ) with (fillfactor = 50)`);
    await runner.query('create index notification_by_recipient on notification (recipient, at desc)');
    await runner.query('create index notification_by_time on notification (at)');
    // Only what failed comes here, with the record it came from, for the dead letters.
    await runner.query(`
      create table delivery_retry (
        key text primary key,
        seq bigint generated always as identity,
        ride_id text not null,
        channels text[] not null,
        attempts int not null,
        due_at timestamptz not null,
        partition int not null,
        record_offset bigint not null,
        record_timestamp bigint not null,
        record_key text,
        record_value bytea,
        record_headers jsonb not null
      )`);
    await runner.query('create index delivery_retry_in_order on delivery_retry (partition, ride_id, seq)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table delivery_retry, notification');
  }
}
