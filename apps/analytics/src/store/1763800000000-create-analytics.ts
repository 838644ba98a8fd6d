import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAnalytics1763800000000 implements MigrationInterface {
  readonly name = 'CreateAnalytics1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table zone_window (
        zone text not null,
        window_start timestamptz not null,
        requests int not null default 0,
        matches int not null default 0,
        completions int not null default 0,
        cancelled_by_rider int not null default 0,
        cancelled_by_driver int not null default 0,
        cancelled_by_platform int not null default 0,
        no_driver_found int not null default 0,
        waits_s real[] not null default '{}',
        pickups_s real[] not null default '{}',
        wait_p50_s real,
        wait_p90_s real,
        idle_drivers int,
        busy_drivers int,
        surge real,
        closed boolean not null default false,
        primary key (zone, window_start)
      )`);
    await runner.query('create index zone_window_by_time on zone_window (window_start)');
    await runner.query(`
      create table open_ride (
        ride_id text primary key,
        partition int not null,
        zone text not null,
        requested_at timestamptz not null,
        matched boolean not null
      )`);
    await runner.query('create index open_ride_by_partition on open_ride (partition)');
    // Where reading goes on: in the same transaction as the counts, so that no event counts twice or never.
    await runner.query(`
      create table consumed_offset (
        topic text not null,
        partition int not null,
        next_offset bigint not null,
        primary key (topic, partition)
      )`);
    await runner.query(`
      create table partition_status (
        partition int primary key,
        idle_drivers int not null,
        busy_drivers int not null,
        watermark timestamptz not null,
        dropped_late bigint not null default 0
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table partition_status, consumed_offset, open_ride, zone_window');
  }
}
