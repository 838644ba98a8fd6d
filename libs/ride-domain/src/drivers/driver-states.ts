import type { DriverState } from '../events/driver-events.js';

/**
 * A driver's day.
 *
 * offline ──▶ idle ──▶ offered ──▶ en_route ──▶ waiting ──▶ on_trip ──▶ idle
 *
 * From each step the driver may fall back to idle (declined, expired, cancelled), and the phone may go offline whenever no rider is
 * on board: at the end of a trip, too, when the shift has ended meanwhile. While a driver has accepted and waits for the
 * assignment, the state is still `offered`; a phone that has given that up takes a late assignment from `idle`.
 */
export const DRIVER_TRANSITIONS: Readonly<Record<DriverState, readonly DriverState[]>> = {
  offline: ['idle'],
  idle: ['offered', 'en_route', 'offline'],
  offered: ['en_route', 'idle', 'offline'],
  en_route: ['waiting', 'idle', 'offline'],
  waiting: ['on_trip', 'idle', 'offline'],
  on_trip: ['idle', 'offline'],
};

/** Saying the same state again is always right: a heartbeat, or a hello in the next zone. */
export const canFollow = (from: DriverState, to: DriverState): boolean =>
  from === to || DRIVER_TRANSITIONS[from].includes(to);
