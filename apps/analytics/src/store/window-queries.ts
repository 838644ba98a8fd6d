import { Injectable } from '@nestjs/common';
import type { CityMetrics } from '@ridestream/ride-domain/events/city-events';
import { DataSource } from 'typeorm';
import { ZoneWindow } from './zone-window.entity.js';

export interface WindowFilter {
  readonly zone?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly limit: number;
}

const METRICS_WINDOW_MS = 15 * 60_000;

/** Reads for people and dashboards. */
@Injectable()
export class WindowQueries {
  constructor(private readonly database: DataSource) {}

  /** Newest first. */
  windows({ zone, from, to, limit }: WindowFilter): Promise<ZoneWindow[]> {
    const query = this.database.getRepository(ZoneWindow).createQueryBuilder('w');
    if (zone !== undefined) query.andWhere('w.zone = :zone', { zone });
    if (from) query.andWhere('w.window_start >= :from', { from });
    if (to) query.andWhere('w.window_start < :to', { to });
    return query.orderBy('w.window_start', 'DESC').addOrderBy('w.zone', 'ASC').limit(limit).getMany();
  }

  /** Each zone's newest closed window of the last day. */
  zones(): Promise<{ zone: string; windowStart: Date; surge: number; idleDrivers: number; busyDrivers: number }[]> {
    return this.database.query(
      `select distinct on (zone) zone, window_start as "windowStart", surge, idle_drivers as "idleDrivers",
         busy_drivers as "busyDrivers"
       from zone_window
       where closed and window_start > (select max(watermark) from partition_status) - interval '1 day'
       order by zone, window_start desc`,
    );
  }

  /** The last 15 minutes of the whole city, or nothing before the first event. */
  async cityMetrics(): Promise<CityMetrics | undefined> {
    const now = await this.now();
    if (now === undefined) return undefined;
    const [row]: MetricsRow[] = await this.database.query(CITY_METRICS, [new Date(now - METRICS_WINDOW_MS)]);
    if (!row) return undefined;
    const onDuty = row.idleDrivers + row.busyDrivers;
    return {
      type: 'city.metrics',
      v: 1,
      at: now,
      ...row,
      utilisation: onDuty === 0 ? 0 : row.busyDrivers / onDuty,
    };
  }

  private async now(): Promise<number | undefined> {
    const rows: { now: Date | null }[] = await this.database.query(
      'select max(watermark) as now from partition_status',
    );
    return rows[0]?.now?.getTime();
  }
}

type MetricsRow = Omit<CityMetrics, 'type' | 'v' | 'at' | 'utilisation'>;

const CITY_METRICS = `
  with recent as (select * from zone_window where window_start > $1),
    waits as (select unnest(waits_s) as s from recent),
    pickups as (select unnest(pickups_s) as s from recent)
  select
    coalesce(sum(requests), 0)::int as requests,
    coalesce(sum(matches), 0)::int as matches,
    coalesce(sum(completions), 0)::int as completions,
    coalesce(sum(cancelled_by_rider), 0)::int as "cancelledByRider",
    coalesce(sum(cancelled_by_driver), 0)::int as "cancelledByDriver",
    coalesce(sum(no_driver_found), 0)::int as "noDriverFound",
    (select percentile_cont(0.5) within group (order by s) from waits) as "waitP50S",
    (select percentile_cont(0.9) within group (order by s) from waits) as "waitP90S",
    (select percentile_cont(0.5) within group (order by s) from pickups) as "pickupP50S",
    (select percentile_cont(0.9) within group (order by s) from pickups) as "pickupP90S",
    (select coalesce(sum(idle_drivers), 0)::int from partition_status) as "idleDrivers",
    (select coalesce(sum(busy_drivers), 0)::int from partition_status) as "busyDrivers",
    (select coalesce(max(surge), 1) from (
       select distinct on (zone) surge from recent where closed order by zone, window_start desc) latest) as "surgeMax"
  from recent`;
