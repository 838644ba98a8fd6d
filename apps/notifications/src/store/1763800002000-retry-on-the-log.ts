import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages wait for another try on the log's retry topics; the database knows which channels are left. */
export class RetryOnTheLog1763800002000 implements MigrationInterface {
  readonly name = 'RetryOnTheLog1763800002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table notification add column channels_left text[]');
    // Their events are read already: nobody would deliver them any more.
    await runner.query(`
      update notification set state = 'failed', settled_at = now(), last_error = 'waited while the service was upgraded'
      where key in (select key from delivery_retry)`);
    await runner.query('drop table delivery_retry');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table notification drop column channels_left');
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
}
