import type { CityMetrics, ZonePriced } from '@ridestream/ride-domain/events/city-events';
import type { DriverLocation, DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { DriverTable, type DriverEntry } from '../zone/driver-table.js';
import { ChangeSet } from './change-set.js';
import { mapPoint } from './map-point.js';
import type { LiveDelta, LiveRide, LiveZone, VehicleTuple } from './protocol.js';
import { DEFAULT_BOOK_LIMITS, RideBook, type RideBookLimits } from './ride-book.js';

/** The parts of a delta that come from the city. */
export type CityDelta = Pick<LiveDelta, 'vehicles' | 'vehiclesGone' | 'rides' | 'ridesGone' | 'zones' | 'metrics'>;

/**
 * The whole city as it is now, for people to look at, whoever owns which partition. Keeps note of what changed, so that
 * browsers are told only that. `drivers` is shared with matching.
 */
export class CityState {
  readonly drivers: DriverTable;
  readonly rides: RideBook;
  private readonly surge = new Map<string, { readonly surge: number; readonly at: number }>();
  private readonly shownZones = new Map<string, LiveZone>();
  private readonly changes = new ChangeSet();
  private latestMetrics: CityMetrics | null = null;

  constructor(
    private readonly zones: readonly string[],
    limits: RideBookLimits = DEFAULT_BOOK_LIMITS,
  ) {
    this.drivers = new DriverTable((entry) => this.changes.vehicles.add(entry.driverId));
    this.rides = new RideBook(limits, (rideId) => this.changes.rides.add(rideId));
    for (const zone of zones) this.shownZones.set(zone, { zone, surge: 1, waiting: 0, idle: 0 });
  }

  applyDriver(event: DriverStatusEvent | DriverLocation): void {
    this.drivers.apply(event);
  }

  applyRide(event: RideEvent): void {
    this.rides.apply(event);
  }

  applyPricing(event: ZonePriced): void {
    const known = this.surge.get(event.zone);
    if (known === undefined || known.at <= event.at) this.surge.set(event.zone, event);
  }

  applyMetrics(event: CityMetrics): void {
    if (this.latestMetrics !== null && this.latestMetrics.at > event.at) return;
    this.latestMetrics = event;
    this.changes.metrics = true;
  }

  /** 1 for zones that no price was set for. */
  surgeOf(zone: string): number {
    return this.surge.get(zone)?.surge ?? 1;
  }

  get metrics(): CityMetrics | null {
    return this.latestMetrics;
  }

  /** Takes drivers off the map that were not heard of since `heardBefore` (city time, ms). */
  dropSilentDrivers(heardBefore: number): void {
    for (const { driverId } of this.drivers.dropSilent(heardBefore)) this.changes.vehicles.add(driverId);
  }

  /** What changed since the last call. */
  takeChanges(): ChangeSet {
    this.countZones();
    const taken = new ChangeSet();
    taken.merge(this.changes);
    this.changes.clear();
    return taken;
  }

  /** The newest values of what changed. */
  describe(changes: ChangeSet): CityDelta {
    const vehicles: VehicleTuple[] = [];
    const vehiclesGone: string[] = [];
    for (const driverId of changes.vehicles) {
      const entry = this.drivers.get(driverId);
      if (entry && entry.state !== 'offline') vehicles.push(vehicleTuple(entry));
      else vehiclesGone.push(driverId);
    }
    const rides: LiveRide[] = [];
    const ridesGone: string[] = [];
    for (const rideId of changes.rides) {
      const ride = this.rides.shown(rideId);
      if (ride) rides.push(ride);
      else ridesGone.push(rideId);
    }
    const zones = [...changes.zones].flatMap((zone) => this.shownZones.get(zone) ?? []);
    return { vehicles, vehiclesGone, rides, ridesGone, zones, metrics: changes.metrics ? this.latestMetrics : null };
  }

  allVehicles(): VehicleTuple[] {
    return [...this.drivers.all()].filter(({ state }) => state !== 'offline').map(vehicleTuple);
  }

  allZones(): LiveZone[] {
    this.countZones();
    return [...this.shownZones.values()];
  }

  private countZones(): void {
    const waiting = this.rides.waitingByZone();
    const idle = new Map<string, number>();
    for (const { zone } of this.drivers.idle()) idle.set(zone, (idle.get(zone) ?? 0) + 1);
    for (const zone of this.zones) {
      const before = this.shownZones.get(zone);
      const now = { zone, surge: this.surgeOf(zone), waiting: waiting.get(zone) ?? 0, idle: idle.get(zone) ?? 0 };
      if (before && before.surge === now.surge && before.waiting === now.waiting && before.idle === now.idle) continue;
      this.shownZones.set(zone, now);
      this.changes.zones.add(zone);
    }
  }
}

const vehicleTuple = ({ driverId, position, bearingDeg, state, rideId }: DriverEntry): VehicleTuple => [
  driverId,
  ...mapPoint(position),
  Math.round(bearingDeg) % 360,
  state,
  rideId,
];
