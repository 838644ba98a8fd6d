import type { RoadGraph } from '@ridestream/ride-domain/roads/road-graph';
import type { ZonePartitionTable } from '@ridestream/ride-domain/zones/zone-partitions';
import type { IdleDriver, MatchPolicy, WaitingRide } from '../matching/policy.js';
import { atLeastWall, type CityMoment, type DispatchSettings } from './dispatch-settings.js';
import { DriverHolds } from './driver-holds.js';
import type { DriverEntry, DriverTable } from './driver-table.js';
import type { RideRecord } from './ride-record.js';
import { SilenceWatch } from './silence-watch.js';
import { ZoneDispatcher } from './zone-dispatcher.js';

export interface DispatchCoreParts {
  readonly settings: DispatchSettings;
  readonly policy: MatchPolicy;
  readonly drivers: DriverTable;
  readonly graph: RoadGraph;
  readonly zonePartitions: ZonePartitionTable;
  readonly newOfferId: () => string;
}

export interface TickReport {
  readonly waiting: number;
  /** Idle drivers within reach that no ride holds. */
  readonly idle: number;
  readonly offers: number;
}

/** Rides in hand are looked at this often, in city time. */
const WATCH_INTERVAL_MS = 60_000;

/**
 * The partitions that this instance owns, matched together: one pool of waiting rides and idle drivers, so that the best
 * driver is found across zone borders and no driver gets two offers from here. Drivers of neighbouring partitions take
 * part although another instance may own those: their phones refuse what is one offer too many.
 */
export class DispatchCore {
  private readonly zones = new Map<number, ZoneDispatcher>();
  private readonly holds = new DriverHolds();
  private reachable: ReadonlySet<number> = new Set();
  /** Junction of each waiting ride's pick-up. */
  private readonly pickupNodes = new Map<string, number>();
  private readonly silence = new SilenceWatch();
  private watchedAt = -Infinity;

  constructor(private readonly parts: DispatchCoreParts) {}

  /** Takes a partition on. It decides nothing until its dispatcher is opened. */
  own(partition: number): ZoneDispatcher {
    const { settings, newOfferId } = this.parts;
    this.disown(partition);
    const zone = new ZoneDispatcher(partition, settings, this.holds, newOfferId);
    this.zones.set(partition, zone);
    this.findReach();
    return zone;
  }

  disown(partition: number): void {
    this.zones.get(partition)?.clear();
    this.zones.delete(partition);
    this.findReach();
  }

  zone(partition: number): ZoneDispatcher | undefined {
    return this.zones.get(partition);
  }

  owned(): readonly number[] {
    return [...this.zones.keys()];
  }

  /** Ends offers that ran out, matches, and ends what cannot go on. Decisions wait in each zone's `decisions()`. */
  tick(moment: CityMoment): TickReport {
    const open = [...this.zones.values()].filter((zone) => zone.isOpen);
    for (const zone of open) zone.expireOffers(moment);
    const waiting = open.flatMap((zone) => zone.waiting().map((record) => ({ zone, record })));
    waiting.sort((a, b) => a.record.ride.requestedAt - b.record.ride.requestedAt);
    this.forgetPickups(waiting);
    const idle = waiting.length === 0 ? [] : this.idleDrivers(moment);
    const matches = this.parts.policy.match({
      rides: waiting.map(({ record }) => this.waitingRide(record, moment.nowMs)),
      drivers: idle,
      cityMs: moment.nowMs,
    });
    let offers = 0;
    for (const { ride, driver, etaS, candidates, rankByEta } of matches) {
      const { zone, record } = waiting[ride]!;
      const why = { policy: this.parts.policy.name, candidates, rankByEta, waitedS: waitedS(record, moment.nowMs) };
      const choice = { driverId: idle[driver]!.driverId, pickupEtaS: Math.round(etaS), why };
      if (zone.offer(record.ride.rideId, choice, moment)) offers++;
    }
    for (const zone of open) zone.giveUp(moment.nowMs);
    this.cancelSilentRides(open, moment);
    return { waiting: waiting.length, idle: idle.length, offers };
  }

  private cancelSilentRides(open: readonly ZoneDispatcher[], { nowMs, speed }: CityMoment): void {
    if (Math.abs(nowMs - this.watchedAt) < WATCH_INTERVAL_MS) return;
    this.watchedAt = nowMs;
    const { drivers, settings } = this.parts;
    const patienceMs = atLeastWall(settings.silentRideMs, settings.silentRideWallMs, speed);
    const zoneOf = new Map(open.flatMap((zone) => zone.driven().map((ride) => [ride, zone] as const)));
    for (const ride of this.silence.silent([...zoneOf.keys()], drivers, nowMs, patienceMs)) {
      zoneOf.get(ride)!.cancelByPlatform(ride.rideId, 'driver_unreachable', nowMs);
    }
  }

  private waitingRide(record: RideRecord, nowMs: number): WaitingRide {
    const { rideId, pickup, vehicleClass } = record.ride;
    let pickupNode = this.pickupNodes.get(rideId);
    if (pickupNode === undefined) {
      pickupNode = this.parts.graph.nearestNode(pickup);
      this.pickupNodes.set(rideId, pickupNode);
    }
    return {
      rideId,
      pickupNode,
      vehicleClass,
      waitedS: waitedS(record, nowMs),
      isBlocked: (driverId) => (record.notBefore.get(driverId) ?? 0) > nowMs,
    };
  }

  private idleDrivers({ nowMs, speed }: CityMoment): IdleDriver[] {
    const { staleDriverMs, staleDriverWallMs } = this.parts.settings;
    const heardSince = nowMs - atLeastWall(staleDriverMs, staleDriverWallMs, speed);
    const idle: IdleDriver[] = [];
    for (const entry of this.parts.drivers.idle()) {
      if (entry.heardAt < heardSince || this.holds.isHeld(entry.driverId) || !this.isInReach(entry)) continue;
      if (entry.node === -1) entry.node = this.parts.graph.nearestNode(entry.position);
      idle.push(entry);
    }
    return idle;
  }

  private isInReach(entry: DriverEntry): boolean {
    const partition = this.partitionOf(entry.zone);
    return partition !== undefined && this.reachable.has(partition);
  }

  /** Undefined for a zone that the city pack does not have: a phone may run another one. */
  partitionOf(zone: string): number | undefined {
    try {
      return this.parts.zonePartitions.partitionOf(zone);
    } catch {
      return undefined;
    }
  }

  private findReach(): void {
    const owned = this.owned();
    this.reachable = new Set([...owned, ...this.parts.zonePartitions.neighbourPartitions(owned)]);
  }

  private forgetPickups(waiting: readonly { readonly record: RideRecord }[]): void {
    if (this.pickupNodes.size <= 2 * waiting.length + 64) return;
    const kept = new Set(waiting.map(({ record }) => record.ride.rideId));
    for (const rideId of this.pickupNodes.keys()) if (!kept.has(rideId)) this.pickupNodes.delete(rideId);
  }
}

const waitedS = ({ ride }: RideRecord, nowMs: number): number => Math.max(0, (nowMs - ride.requestedAt) / 1000);
