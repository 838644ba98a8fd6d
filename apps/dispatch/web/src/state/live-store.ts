import type { CityMetrics } from '@ridestream/ride-domain/events/city-events';
import type { LiveDelta, LiveRide, LiveSnapshot, LiveZone, VehicleTuple } from '../../../src/live/protocol.js';
import { anchorClock, reportIntervalMs, type ClockAnchor } from './city-time.js';
import { VehicleTable, type Pace } from './vehicle-table.js';

/** `old`: seen before, nothing to do. `gap`, `other-epoch`, `no-snapshot`: only a new snapshot helps. */
export type DeltaVerdict = 'applied' | 'old' | 'gap' | 'other-epoch' | 'no-snapshot';

/** No city has faster cars; with slack for late news, what is beyond is a jump and not a drive. */
const FASTEST_MPS = 40;
const JUMP_SLACK_M = 400;

/**
 * The city as this browser knows it. Snapshots replace it, deltas change it; nothing else does. It holds no timers and
 * knows no React: callers pass the local time (ms) and read the `version`s to see what changed.
 */
export class LiveStore {
  readonly vehicles = new VehicleTable();
  readonly rides = new Map<string, LiveRide>();
  readonly zones = new Map<string, LiveZone>();
  metrics: CityMetrics | null = null;
  clock: ClockAnchor | null = null;
  ridesVersion = 0;
  zonesVersion = 0;
  /** Local time of the last snapshot or delta taken in. */
  updatedMs: number | null = null;
  /** When set, vehicles jump: for people who asked their system for less motion. */
  still = false;
  private epoch: string | null = null;
  private seq = 0;

  get ready(): boolean {
    return this.epoch !== null;
  }

  applySnapshot(snapshot: LiveSnapshot, nowMs: number): void {
    this.epoch = snapshot.epoch;
    this.seq = snapshot.seq;
    this.clock = anchorClock(snapshot.clock, nowMs);
    this.updatedMs = nowMs;
    this.vehicles.retain(new Set(snapshot.vehicles.map(([driverId]) => driverId)));
    this.upsertVehicles(snapshot.vehicles, nowMs);
    this.rides.clear();
    this.zones.clear();
    for (const ride of snapshot.rides) this.rides.set(ride.rideId, ride);
    for (const zone of snapshot.zones) this.zones.set(zone.zone, zone);
    this.metrics = snapshot.metrics;
    this.ridesVersion++;
    this.zonesVersion++;
  }

  applyDelta(delta: LiveDelta, nowMs: number): DeltaVerdict {
    if (this.epoch === null) return 'no-snapshot';
    if (delta.epoch !== this.epoch) return 'other-epoch';
    if (delta.seq <= this.seq) return 'old';
    if (delta.seq !== this.seq + 1) return 'gap';
    this.seq = delta.seq;
    this.clock = anchorClock(delta.clock, nowMs);
    this.updatedMs = nowMs;
    for (const driverId of delta.vehiclesGone) this.vehicles.remove(driverId);
    this.upsertVehicles(delta.vehicles, nowMs);
    for (const rideId of delta.ridesGone) this.rides.delete(rideId);
    for (const ride of delta.rides) this.rides.set(ride.rideId, ride);
    for (const zone of delta.zones) this.zones.set(zone.zone, zone);
    if (delta.metrics) this.metrics = delta.metrics;
    if (delta.rides.length + delta.ridesGone.length > 0) this.ridesVersion++;
    if (delta.zones.length > 0) this.zonesVersion++;
    return 'applied';
  }

  private upsertVehicles(tuples: readonly VehicleTuple[], nowMs: number): void {
    const speed = this.clock?.speed ?? 1;
    const expectedMs = this.still ? 0 : reportIntervalMs(speed);
    const newsMs = Math.max(expectedMs, 1_000);
    const pace: Pace = {
      nowMs,
      expectedMs,
      maxDistanceM: JUMP_SLACK_M + (FASTEST_MPS * newsMs * Math.max(speed, 1)) / 1_000,
    };
    for (const tuple of tuples) this.vehicles.upsert(tuple, pace);
  }
}
