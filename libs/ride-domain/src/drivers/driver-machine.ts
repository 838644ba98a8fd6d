import type { LatLon, VehicleClass } from '../events/common.js';
import type { DriverLocation, DriverState, DriverStatusEvent } from '../events/driver-events.js';

/**
 * A driver's day.
 *
 * offline ──▶ idle ──▶ offered ──▶ en_route ──▶ waiting ──▶ on_trip ──▶ idle
 *
 * From each step the driver may fall back to idle (declined, expired, cancelled), and the phone may go offline wherever no rider
 * is on board. While a driver has accepted and waits for the assignment, the state is still `offered`.
 */
export const DRIVER_TRANSITIONS: Readonly<Record<DriverState, readonly DriverState[]>> = {
  offline: ['idle'],
  idle: ['offered', 'offline'],
  offered: ['en_route', 'idle', 'offline'],
  en_route: ['waiting', 'idle', 'offline'],
  waiting: ['on_trip', 'idle', 'offline'],
  on_trip: ['idle'],
};

/** A driver as the log tells it. */
export interface Driver {
  readonly driverId: string;
  /** Of the newest event. */
  readonly seq: number;
  readonly state: DriverState;
  readonly zone: string;
  readonly position: LatLon;
  readonly rideId: string | null;
  /** Null until a DriverStatus event told it: locations do not. */
  readonly vehicleClass: VehicleClass | null;
  readonly heardAt: number;
}

export interface DriverFold {
  readonly driver: Driver;
  /**
   * `stale`: an event with a higher `seq` was seen. `duplicate`: this one was. `unexpected`: taken, since the phone is the authority
   * on what its driver does, but the step from the event before is not in the table.
   */
  readonly verdict: 'applied' | 'duplicate' | 'stale' | 'unexpected';
  readonly reason?: string;
}

export const canFollow = (from: DriverState, to: DriverState): boolean =>
  from === to || DRIVER_TRANSITIONS[from].includes(to);

/**
 * One step in following a driver. Pure. A driver's events come over two topics and several partitions in no common order: the highest
 * `seq` holds. A step is judged by the table only where no event lies between (seq + 1): over a gap anything may have happened.
 */
export function applyDriverEvent(driver: Driver | undefined, event: DriverStatusEvent | DriverLocation): DriverFold {
  if (driver === undefined) return { driver: take(undefined, event), verdict: 'applied' };
  if (event.seq <= driver.seq) {
    // Locations do not carry the class, so even an old status teaches it.
    const teaches = event.type === 'driver.status' && driver.vehicleClass === null;
    return {
      driver: teaches ? { ...driver, vehicleClass: event.vehicleClass } : driver,
      verdict: event.seq === driver.seq ? 'duplicate' : 'stale',
    };
  }
  const next = take(driver, event);
  if (event.seq === driver.seq + 1 && !canFollow(driver.state, next.state)) {
    return { driver: next, verdict: 'unexpected', reason: `${driver.state} to ${next.state}` };
  }
  return { driver: next, verdict: 'applied' };
}

function take(driver: Driver | undefined, event: DriverStatusEvent | DriverLocation): Driver {
  const { driverId, seq, position, at } = event;
  const heard = { driverId, seq, position, heardAt: at };
  switch (event.type) {
    case 'driver.left_zone':
      // On the way into the next zone in the same state; the hello there follows.
      return {
        state: driver?.state ?? 'offline',
        rideId: driver?.rideId ?? null,
        vehicleClass: driver?.vehicleClass ?? null,
        ...heard,
        zone: event.toZone,
      };
    case 'driver.status':
      return { ...heard, state: event.state, zone: event.zone, rideId: event.rideId, vehicleClass: event.vehicleClass };
    case 'driver.location':
      return {
        ...heard,
        state: event.state,
        zone: event.zone,
        rideId: event.rideId,
        vehicleClass: driver?.vehicleClass ?? null,
      };
  }
}
