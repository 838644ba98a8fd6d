import type { Ride } from '@ridestream/ride-domain/rides/ride';
import type { DriverTable } from './driver-table.js';

interface LastWord {
  /** City time (ms) of the newest event that told of the ride. */
  readonly at: number;
  /** City time (ms), by dispatch's clock, when it was noticed. */
  readonly noticedAt: number;
}

/**
 * Finds rides whose driver's phone has fallen silent about them: it is gone, or it serves another ride or none. Nobody else
 * can end such a ride, and it would hold its driver for ever. What counts is that a newer word arrives, not how old it is: a
 * service that lags behind is not a silent phone. Begins anew with each instance, so a takeover gives more time, never less.
 */
export class SilenceWatch {
  private words = new Map<string, LastWord>();

  /** Of `rides`, those of which nothing new was heard for `patienceMs`. Rides not given any more are forgotten. */
  silent(rides: readonly Ride[], drivers: DriverTable, nowMs: number, patienceMs: number): Ride[] {
    const words = new Map<string, LastWord>();
    const silent = rides.filter((ride) => {
      const at = lastWordOf(ride, drivers);
      const known = this.words.get(ride.rideId);
      const word = known === undefined || at > known.at ? { at, noticedAt: nowMs } : known;
      words.set(ride.rideId, word);
      return nowMs - word.noticedAt >= patienceMs;
    });
    this.words = words;
    return silent;
  }
}

function lastWordOf({ rideId, driverId, updatedAt }: Ride, drivers: DriverTable): number {
  const driver = driverId === null ? undefined : drivers.get(driverId);
  return driver?.rideId === rideId ? Math.max(driver.heardAt, updatedAt) : updatedAt;
}
