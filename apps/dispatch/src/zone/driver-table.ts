import type { LatLon, VehicleClass } from '@ridestream/ride-domain/events/common';
import type { DriverLocation, DriverState, DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';

/** What is known of a driver. Changes in place: thousands of updates a second arrive. */
export interface DriverEntry {
  readonly driverId: string;
  seq: number;
  state: DriverState;
  rideId: string | null;
  zone: string;
  position: LatLon;
  bearingDeg: number;
  /** Null until a DriverStatus event was seen. */
  vehicleClass: VehicleClass | null;
  /** City time (ms) of the event last taken. */
  heardAt: number;
  /** Junction nearest to `position`, or -1 while it was not asked for. */
  node: number;
}

export type DriverChange = 'applied' | 'old';

/**
 * All drivers by their latest event. A driver's events come over two topics and, when zones change, several partitions, in
 * no common order: the event with the highest `seq` holds, all others are dropped.
 */
export class DriverTable {
  private readonly drivers = new Map<string, DriverEntry>();
  private readonly idleDrivers = new Set<DriverEntry>();

  constructor(private readonly onChange: (entry: DriverEntry) => void = () => undefined) {}

  get size(): number {
    return this.drivers.size;
  }

  get(driverId: string): DriverEntry | undefined {
    return this.drivers.get(driverId);
  }

  all(): IterableIterator<DriverEntry> {
    return this.drivers.values();
  }

  idle(): ReadonlySet<DriverEntry> {
    return this.idleDrivers;
  }

  apply(event: DriverStatusEvent | DriverLocation): DriverChange {
    const entry = this.drivers.get(event.driverId) ?? this.create(event);
    const isNewer = event.seq > entry.seq;
    // Locations do not carry the class, so even an old status teaches it.
    if (event.type === 'driver.status' && (isNewer || entry.vehicleClass === null))
      entry.vehicleClass = event.vehicleClass;
    if (!isNewer) return 'old';
    entry.seq = event.seq;
    entry.heardAt = event.at;
    if (entry.position.lat !== event.position.lat || entry.position.lon !== event.position.lon) {
      entry.position = event.position;
      entry.node = -1;
    }
    if (event.type === 'driver.left_zone') {
      // The driver is on the way into the next zone in the same state; the hello there follows.
      entry.zone = event.toZone;
    } else {
      entry.zone = event.zone;
      entry.rideId = event.rideId;
      if (event.type === 'driver.location') entry.bearingDeg = event.bearingDeg;
      this.setState(entry, event.state);
    }
    this.onChange(entry);
    return 'applied';
  }

  /** Drops drivers not heard of since `heardBefore` (city time, ms). Returns them. */
  dropSilent(heardBefore: number): DriverEntry[] {
    const silent: DriverEntry[] = [];
    for (const entry of this.drivers.values()) {
      if (entry.heardAt >= heardBefore) continue;
      this.drivers.delete(entry.driverId);
      this.idleDrivers.delete(entry);
      silent.push(entry);
    }
    return silent;
  }

  private create(event: DriverStatusEvent | DriverLocation): DriverEntry {
    const entry: DriverEntry = {
      driverId: event.driverId,
      seq: -1,
      state: 'offline',
      rideId: null,
      zone: event.zone,
      position: event.position,
      bearingDeg: 0,
      vehicleClass: null,
      heardAt: event.at,
      node: -1,
    };
    this.drivers.set(event.driverId, entry);
    return entry;
  }

  private setState(entry: DriverEntry, state: DriverState): void {
    entry.state = state;
    if (state === 'idle') this.idleDrivers.add(entry);
    else this.idleDrivers.delete(entry);
  }
}
