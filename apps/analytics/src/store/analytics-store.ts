import { Injectable } from '@nestjs/common';
import type { TopicPartitionOffset } from 'streaming-core/client/types';
import { DataSource, type EntityManager } from 'typeorm';
import { NO_OPEN_WINDOWS, type OpenRide, type OpenWindows, type PartitionDelta } from '../core/partition-analytics.js';
import { type ClosedWindow, WINDOW_MS, type WindowDelta } from '../core/zone-window.js';

/** One partition's news, and where in the log it ends. */
export interface PartitionCommit {
  readonly partition: number;
  readonly delta: PartitionDelta;
  /** For each topic: the offset that this process believed was next, and the one that is next now. */
  readonly offsets: readonly OffsetAdvance[];
}

export interface OffsetAdvance {
  readonly topic: string;
  readonly from: bigint;
  readonly to: bigint;
}

/** Another process has stored this partition in the meantime: this one no longer owns it and must forget what it has. */
export class PartitionTakenError extends Error {
  override readonly name = 'PartitionTakenError';
  constructor(readonly partition: number) {
    super(`partition ${partition} is stored by another process`);
  }
}

/** The tables behind the counts. Every write goes through {@link commit}. */
@Injectable()
export class AnalyticsStore {
  constructor(private readonly database: DataSource) {}

  /**
   * Stores a partition's counts and offsets in one transaction. To be called again with the same commit when it is not known
   * whether it went through: what is stored already does no harm.
   * @throws PartitionTakenError when the stored offsets are not the ones that this process went on from
   */
  async commit({ partition, delta, offsets }: PartitionCommit): Promise<void> {
    await this.database.transaction(async (manager) => {
      const advances: boolean[] = [];
      for (const advance of offsets) advances.push(await this.advanceOffset(manager, partition, advance));
      if (advances.length > 0 && !advances.includes(true)) return;
      if (advances.includes(false)) throw new PartitionTakenError(partition);
      await this.addCounts(manager, delta.windows);
      await this.closeWindows(manager, delta.closed);
      await this.storeRides(manager, partition, delta.openRides, delta.endedRides);
      await this.storeStatus(manager, partition, delta);
    });
  }

  async offsets(partition: number): Promise<readonly TopicPartitionOffset[]> {
    const rows: { topic: string; next_offset: string }[] = await this.database.query(
      'select topic, next_offset from consumed_offset where partition = $1',
      [partition],
    );
    return rows.map((row) => ({ topic: row.topic, partition, offset: BigInt(row.next_offset) }));
  }

  async openRides(partition: number): Promise<readonly OpenRide[]> {
    const rows: { ride_id: string; zone: string; requested_at: Date; matched: boolean }[] = await this.database.query(
      'select ride_id, zone, requested_at, matched from open_ride where partition = $1',
      [partition],
    );
    return rows.map((row) => ({
      rideId: row.ride_id,
      zone: row.zone,
      requestedAt: row.requested_at.getTime(),
      matched: row.matched,
    }));
  }

  /** The multiplier of each zone's newest closed window. */
  async latestSurge(zones: readonly string[]): Promise<Map<string, number>> {
    const rows: { zone: string; surge: number }[] = await this.database.query(
      `select distinct on (zone) zone, surge from zone_window
       where zone = any($1) and closed order by zone, window_start desc`,
      [zones],
    );
    return new Map(rows.map((row) => [row.zone, row.surge]));
  }

  /** The windows of these zones that were open when they were last stored. */
  async openWindows(zones: readonly string[]): Promise<OpenWindows> {
    const closed: { last: Date | null }[] = await this.database.query(
      'select max(window_start) as last from zone_window where zone = any($1) and closed',
      [zones],
    );
    const last = closed[0]?.last;
    if (!last) return NO_OPEN_WINDOWS;
    const rows: { zone: string; window_start: Date; requests: number }[] = await this.database.query(
      'select zone, window_start, requests from zone_window where zone = any($1) and window_start > $2',
      [zones, last],
    );
    return {
      first: last.getTime() + WINDOW_MS,
      requests: rows.map((row) => ({ zone: row.zone, windowStart: row.window_start.getTime(), count: row.requests })),
    };
  }

  /**
   * Removes up to `limit` windows and as many rides that lie more than `ageMs` of city time behind the newest event.
   * True when there may be more.
   */
  async removeOlderThan(ageMs: number, limit: number): Promise<boolean> {
    const [rows]: { windows: number; rides: number }[] = await this.database.query(REMOVE_OLD, [ageMs / 1000, limit]);
    return rows !== undefined && Math.max(rows.windows, rows.rides) === limit;
  }

  /**
   * True when the offset moved, false when it is where it should go already.
   * @throws PartitionTakenError when it is anywhere else
   */
  private async advanceOffset(
    manager: EntityManager,
    partition: number,
    { topic, from, to }: OffsetAdvance,
  ): Promise<boolean> {
    // One statement, so that of two processes that store a partition's first counts only one gets through.
    const moved: unknown[] = await manager.query(
      `insert into consumed_offset as o values ($1, $2, $4)
       on conflict (topic, partition) do update set next_offset = excluded.next_offset where o.next_offset = $3
       returning 1`,
      [topic, partition, from.toString(), to.toString()],
    );
    if (moved.length > 0) return true;
    const stored: { next_offset: string }[] = await manager.query(
      'select next_offset from consumed_offset where topic = $1 and partition = $2',
      [topic, partition],
    );
    if (stored[0]?.next_offset !== to.toString()) throw new PartitionTakenError(partition);
    return false;
  }

  private async storeStatus(manager: EntityManager, partition: number, delta: PartitionDelta): Promise<void> {
    // Records that were all refused tell no time.
    if (delta.watermark === 0) return;
    await manager.query(
      `insert into partition_status values ($1, $2, $3, $4, $5)
       on conflict (partition) do update set idle_drivers = excluded.idle_drivers, busy_drivers = excluded.busy_drivers,
         watermark = greatest(partition_status.watermark, excluded.watermark),
         dropped_late = partition_status.dropped_late + excluded.dropped_late`,
      [partition, delta.headcount.idle, delta.headcount.busy, new Date(delta.watermark), delta.droppedLate],
    );
  }

  private async addCounts(manager: EntityManager, windows: readonly WindowDelta[]): Promise<void> {
    if (windows.length === 0) return;
    await manager.query(ADD_COUNTS, [
      JSON.stringify(
        windows.map(({ zone, windowStart, counts }) => ({ zone, window_start: new Date(windowStart), ...counts })),
      ),
    ]);
  }

  private async closeWindows(manager: EntityManager, closed: readonly ClosedWindow[]): Promise<void> {
    if (closed.length === 0) return;
    await manager.query(CLOSE_WINDOWS, [
      JSON.stringify(closed.map((window) => ({ ...window, windowStart: new Date(window.windowStart) }))),
    ]);
  }

  private async storeRides(
    manager: EntityManager,
    partition: number,
    open: readonly OpenRide[],
    ended: readonly string[],
  ): Promise<void> {
    if (open.length > 0) {
      await manager.query(
        `insert into open_ride select r."rideId", $2, r.zone, r."requestedAt", r.matched
         from jsonb_to_recordset($1::jsonb) as r("rideId" text, zone text, "requestedAt" timestamptz, matched boolean)
         on conflict (ride_id) do update set matched = excluded.matched`,
        [JSON.stringify(open.map((ride) => ({ ...ride, requestedAt: new Date(ride.requestedAt) }))), partition],
      );
    }
    if (ended.length > 0) await manager.query('delete from open_ride where ride_id = any($1)', [ended]);
  }
}

const ADD_COUNTS = `
  with added as (
    insert into zone_window as w (zone, window_start, requests, matches, completions, cancelled_by_rider,
      cancelled_by_driver, cancelled_by_platform, no_driver_found, waits_s, pickups_s, wait_p50_s, wait_p90_s)
    select d.zone, d.window_start, d.requests, d.matches, d.completions, d."cancelledByRider", d."cancelledByDriver",
      d."cancelledByPlatform", d."noDriverFound", d."waitsS", d."pickupsS",
      (select percentile_cont(0.5) within group (order by s) from unnest(d."waitsS") s),
      (select percentile_cont(0.9) within group (order by s) from unnest(d."waitsS") s)
    from jsonb_to_recordset($1::jsonb) as d(zone text, window_start timestamptz, requests int, matches int,
      completions int, "cancelledByRider" int, "cancelledByDriver" int, "cancelledByPlatform" int, "noDriverFound" int,
      "waitsS" real[], "pickupsS" real[])
    on conflict (zone, window_start) do update set
      requests = w.requests + excluded.requests,
      matches = w.matches + excluded.matches,
      completions = w.completions + excluded.completions,
      cancelled_by_rider = w.cancelled_by_rider + excluded.cancelled_by_rider,
      cancelled_by_driver = w.cancelled_by_driver + excluded.cancelled_by_driver,
      cancelled_by_platform = w.cancelled_by_platform + excluded.cancelled_by_platform,
      no_driver_found = w.no_driver_found + excluded.no_driver_found,
      waits_s = w.waits_s || excluded.waits_s,
      pickups_s = w.pickups_s || excluded.pickups_s,
      wait_p50_s = (select percentile_cont(0.5) within group (order by s) from unnest(w.waits_s || excluded.waits_s) s),
      wait_p90_s = (select percentile_cont(0.9) within group (order by s) from unnest(w.waits_s || excluded.waits_s) s)
    returning 1)
  select count(*) from added`;

const CLOSE_WINDOWS = `
  insert into zone_window as w (zone, window_start, idle_drivers, busy_drivers, surge, closed)
  select c.zone, c."windowStart", c."idleDrivers", c."busyDrivers", c.surge, true
  from jsonb_to_recordset($1::jsonb) as c(zone text, "windowStart" timestamptz, "idleDrivers" int, "busyDrivers" int, surge real)
  on conflict (zone, window_start) do update set
    idle_drivers = excluded.idle_drivers, busy_drivers = excluded.busy_drivers, surge = excluded.surge, closed = true`;

const REMOVE_OLD = `
  with bound as (select max(watermark) - make_interval(secs => $1) as before from partition_status),
    windows as (
      delete from zone_window where (zone, window_start) in (
        select zone, window_start from zone_window where window_start < (select before from bound)
        order by window_start limit $2)
      returning 1),
    rides as (
      delete from open_ride where ride_id in (
        select ride_id from open_ride where requested_at < (select before from bound) limit $2)
      returning 1)
  select (select count(*)::int from windows) as windows, (select count(*)::int from rides) as rides`;
