import type { DriverState, DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';

interface Entry {
  readonly zone: string;
  readonly state: DriverState;
  readonly seq: number;
  readonly at: number;
}

export interface Headcount {
  readonly idle: number;
  readonly busy: number;
}

/** A phone that has been silent this long (city time) is off duty: its heartbeat comes every minute. */
const SILENT_AFTER_MS = 5 * 60_000;

/** Who is on duty in the zones of one partition, from DriverStatus. */
export class DriverCensus {
  private readonly drivers = new Map<string, Entry>();

  apply(event: DriverStatusEvent): void {
    const known = this.drivers.get(event.driverId);
    if (known && known.seq >= event.seq) return;
    if (event.type === 'driver.left_zone' || event.state === 'offline') {
      // Stays known for its number: an older event of the same driver must not bring it back.
      this.drivers.set(event.driverId, { zone: event.zone, state: 'offline', seq: event.seq, at: event.at });
      return;
    }
    this.drivers.set(event.driverId, { zone: event.zone, state: event.state, seq: event.seq, at: event.at });
  }

  /** Drivers on duty per zone at city time `at`; forgets those who were silent for too long. */
  count(at: number): ReadonlyMap<string, Headcount> {
    const zones = new Map<string, { idle: number; busy: number }>();
    for (const [driverId, { zone, state, at: heardAt }] of this.drivers) {
      if (at - heardAt > SILENT_AFTER_MS) {
        this.drivers.delete(driverId);
        continue;
      }
      if (state === 'offline') continue;
      let zoneCount = zones.get(zone);
      if (!zoneCount) zones.set(zone, (zoneCount = { idle: 0, busy: 0 }));
      if (state === 'idle' || state === 'offered') zoneCount.idle++;
      else zoneCount.busy++;
    }
    return zones;
  }
}
