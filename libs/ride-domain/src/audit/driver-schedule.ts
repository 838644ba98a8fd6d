/** A span in which a driver was bound to a ride. Wall clock, ms since 1970. */
interface Engagement {
  readonly rideId: string;
  readonly from: number;
  /** Infinity while the ride lasts. */
  to: number;
  /** How far the clock that dated the end may be off from the one that dates beginnings. */
  slackMs: number;
}

export interface DoubleBooking {
  readonly driverId: string;
  readonly rides: readonly [string, string];
  /** How long the driver was bound to both, in milliseconds; Infinity if still. */
  readonly overlapMs: number;
}

/**
 * When each driver was bound to which ride. Rides of one driver lie in several partitions, whose records have no common order, so
 * spans are collected first and compared by time in the end. Memory: about 100 bytes per assignment.
 */
export class DriverSchedule {
  readonly #byDriver = new Map<string, Engagement[]>();

  begin(driverId: string, rideId: string, at: number): void {
    const engagements = this.#byDriver.get(driverId);
    const engagement = { rideId, from: at, to: Infinity, slackMs: 0 };
    if (engagements === undefined) this.#byDriver.set(driverId, [engagement]);
    else engagements.push(engagement);
  }

  /** Ends the driver's latest engagement with the ride; a second end changes nothing. */
  end(driverId: string, rideId: string, at: number, slackMs: number): void {
    const engagement = this.#byDriver.get(driverId)?.findLast((candidate) => candidate.rideId === rideId);
    if (engagement?.to !== Infinity) return;
    engagement.to = at;
    engagement.slackMs = slackMs;
  }

  /** Pairs of rides that bound one driver at once, for longer than the slack of the first one's end. */
  doubleBookings(): DoubleBooking[] {
    const found: DoubleBooking[] = [];
    for (const [driverId, engagements] of this.#byDriver) {
      const inOrder = [...engagements].sort((a, b) => a.from - b.from || a.to - b.to);
      // The one that ends last of those before is the one that can still overlap.
      let last: Engagement | undefined;
      for (const next of inOrder) {
        const overlapMs = last === undefined ? 0 : Math.min(last.to, next.to) - next.from;
        if (last !== undefined && overlapMs > last.slackMs) {
          found.push({ driverId, rides: [last.rideId, next.rideId], overlapMs });
        }
        if (last === undefined || next.to > last.to) last = next;
      }
    }
    return found;
  }
}
