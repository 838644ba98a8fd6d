import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { openDatabase } from '@ridestream/platform/database/database.module';
import {
  type EmbeddedPostgres,
  removePostgresData,
  startEmbeddedPostgres,
} from '@ridestream/platform/postgres/embedded-postgres';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { emptyCounts, WINDOW_MS } from '../core/zone-window.js';
import { CreateAnalytics1763800000000 } from './1763800000000-create-analytics.js';
import { AnalyticsStore, PartitionTakenError, type PartitionCommit } from './analytics-store.js';
import { ZoneWindow } from './zone-window.entity.js';

jest.setTimeout(60_000);

const NOON = Date.UTC(2026, 2, 6, 12);

describe('AnalyticsStore', () => {
  let dir: string;
  let postgres: EmbeddedPostgres;
  let database: DataSource;
  let store: AnalyticsStore;

  beforeAll(async () => {
    dir = mkdtempSync(path.join(tmpdir(), 'ridestream-store-'));
    postgres = await startEmbeddedPostgres({ dataDir: path.join(dir, 'pg'), durable: false });
    database = await openDatabase({
      url: postgres.url,
      schema: 'analytics',
      entities: [ZoneWindow],
      migrations: [CreateAnalytics1763800000000],
    });
    store = new AnalyticsStore(database);
  });
  afterAll(async () => {
    await database.destroy();
    await postgres.stop();
    await removePostgresData(path.join(dir, 'pg'));
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => database.query('truncate zone_window, open_ride, consumed_offset, partition_status'));

  const commitOf = (from: bigint, to: bigint, requests: number): PartitionCommit => ({
    partition: 4,
    offsets: [
      { topic: 'RideRequests', from, to },
      { topic: 'RideEvents', from, to },
    ],
    delta: {
      windows: [{ zone: 'soho', windowStart: NOON, counts: { ...emptyCounts(), requests, waitsS: [requests] } }],
      closed: [],
      openRides: [{ rideId: `r${to}`, zone: 'soho', requestedAt: NOON, matched: false }],
      endedRides: [],
      headcount: { idle: 2, busy: 1 },
      watermark: NOON + 5,
      droppedLate: 1,
    },
  });
  const requests = async (): Promise<number> => {
    const rows: { requests: number }[] = await database.query('select requests from zone_window');
    return rows[0]?.requests ?? 0;
  };
  const offsets = async (): Promise<bigint[]> => (await store.offsets(4)).map(({ offset }) => offset);

  it('adds counts and moves offsets together', async () => {
    await store.commit(commitOf(0n, 10n, 3));
    await store.commit(commitOf(10n, 12n, 2));
    expect([await requests(), await offsets()]).toEqual([5, [12n, 12n]]);
    expect(await database.query('select wait_p50_s, waits_s from zone_window')).toEqual([
      { wait_p50_s: 2.5, waits_s: [3, 2] },
    ]);
    expect(await database.query('select idle_drivers, busy_drivers, dropped_late from partition_status')).toEqual([
      { idle_drivers: 2, busy_drivers: 1, dropped_late: '2' },
    ]);
    expect((await store.openRides(4)).map(({ rideId }) => rideId)).toEqual(['r10', 'r12']);
  });

  it('stores all or nothing', async () => {
    const good = commitOf(0n, 10n, 3);
    const broken = { ...good.delta.openRides[0]!, requestedAt: Number.NaN };
    await expect(store.commit({ ...good, delta: { ...good.delta, openRides: [broken] } })).rejects.toThrow(
      'null value',
    );
    expect([await requests(), await offsets()]).toEqual([0, []]);
  });

  it('refuses who goes on from where somebody else has been since', async () => {
    await store.commit(commitOf(0n, 10n, 3));
    await expect(store.commit(commitOf(0n, 8n, 100))).rejects.toThrow(PartitionTakenError);
    await expect(store.commit(commitOf(8n, 20n, 100))).rejects.toThrow(PartitionTakenError);
    const half = commitOf(10n, 20n, 100);
    const oneTopicBehind = [half.offsets[0]!, { topic: 'RideEvents', from: 9n, to: 20n }];
    await expect(store.commit({ ...half, offsets: oneTopicBehind })).rejects.toThrow(PartitionTakenError);
    expect([await requests(), await offsets()]).toEqual([3, [10n, 10n]]);
  });

  it('counts once when told twice, because the first answer was lost', async () => {
    await store.commit(commitOf(0n, 10n, 3));
    await store.commit(commitOf(0n, 10n, 3));
    expect([await requests(), await offsets()]).toEqual([3, [10n, 10n]]);
  });

  it('lets one of two through that store the first counts of a partition at the same time', async () => {
    const ends = await Promise.allSettled([store.commit(commitOf(0n, 10n, 3)), store.commit(commitOf(0n, 7n, 2))]);
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([3, 2]).toContain(await requests());
  });

  it('knows the windows that were not closed yet, and the surge of those that were', async () => {
    expect(await store.openWindows(['soho'])).toEqual({ first: 0, requests: [] });
    const open = commitOf(0n, 10n, 3);
    const closed = [{ zone: 'soho', windowStart: NOON - WINDOW_MS, idleDrivers: 1, busyDrivers: 0, surge: 1.5 }];
    await store.commit({ ...open, delta: { ...open.delta, closed } });
    expect(await store.openWindows(['soho', 'noho'])).toEqual({
      first: NOON,
      requests: [{ zone: 'soho', windowStart: NOON, count: 3 }],
    });
    expect(await store.openWindows(['noho'])).toEqual({ first: 0, requests: [] });
    expect(await store.latestSurge(['soho', 'noho'])).toEqual(new Map([['soho', 1.5]]));
  });

  it('removes what lies too far behind the newest event, a bounded number at a time', async () => {
    const hour = 3_600_000;
    const commit = commitOf(0n, 10n, 1);
    const delta = (at: number): PartitionCommit['delta'] => ({
      ...commit.delta,
      windows: [{ zone: 'soho', windowStart: at, counts: { ...emptyCounts(), requests: 1 } }],
      openRides: [{ rideId: `ride-${at}`, zone: 'soho', requestedAt: at, matched: false }],
      endedRides: [],
      closed: [],
      watermark: at,
    });
    const times = [NOON, NOON + hour, NOON + 2 * hour, NOON + 30 * hour];
    for (const [index, at] of times.entries()) {
      const offsets = [{ topic: 'RideRequests', from: BigInt(index), to: BigInt(index + 1) }];
      await store.commit({ ...commit, offsets, delta: delta(at) });
    }
    expect(await store.removeOlderThan(29 * hour, 1)).toBe(true);
    expect(await store.removeOlderThan(29 * hour, 1)).toBe(false);
    const left: { start: Date }[] = await database.query('select window_start as start from zone_window order by 1');
    expect(left.map(({ start }) => start.getTime())).toEqual(times.slice(1));
    expect((await store.openRides(4)).map(({ requestedAt }) => requestedAt)).toEqual(times.slice(1));
  });
});
