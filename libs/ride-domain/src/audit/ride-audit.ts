import type { RideEvent, RideEventType } from '../events/ride-events.js';
import type { RideRequestsEvent } from '../events/ride-requests.js';
import { applyRideEvent, type Ride } from '../rides/ride.js';
import { FINAL_RIDE_STATES, type RideState } from '../rides/ride-states.js';
import { DriverSchedule, type DoubleBooking } from './driver-schedule.js';

export interface RideAuditOptions {
  /** A request that was not queued within this time counts as lost. City milliseconds; default 60 s. */
  readonly lostAfterMs?: number;
  /**
   * How far the wall clocks of phones and dispatch may be apart: the end of a cancelled ride is written by dispatch, the
   * beginning of the next by the phone. Wall milliseconds; default 100. Rides whose end the phone writes are compared exactly.
   */
  readonly clockSkewMs?: number;
  /** Where a zone's records belong; without it their partition is not checked. */
  readonly partitionOf?: (zone: string) => number;
}

/** One thing that should not be. */
export interface AuditFinding {
  readonly rideId: string;
  readonly partition: number;
  readonly type: RideEventType | RideRequestsEvent['type'];
  readonly reason: string;
}

/** Counts are complete; lists hold the first {@link EXAMPLES_MAX}. */
export interface AuditReport {
  /** Nothing lost, doubled, illegal, misplaced, and no driver on two rides. */
  readonly ok: boolean;
  readonly requested: number;
  readonly queued: number;
  readonly byState: Readonly<Record<RideState, number>>;
  /** Requested long ago and never queued. */
  readonly lost: number;
  readonly lostRides: readonly string[];
  /** Rides queued again, and rides assigned to a second driver while the first one had them. */
  readonly doubled: number;
  /** Events that no correct writer would have written where they are. */
  readonly illegal: number;
  /** Records in another partition than their zone's. */
  readonly misplaced: number;
  readonly findings: readonly AuditFinding[];
  readonly driversOnTwoRides: number;
  readonly doubleBookings: readonly DoubleBooking[];
  /** Phones that spoke about a closed offer or an ended ride: part of the design, counted for interest. */
  readonly late: number;
  /** Events that said again what held: a writer tried twice. Harmless, except for `ride.queued`, which counts as doubled. */
  readonly duplicates: number;
  /** Rides queued whose request is not in the log: zero, unless retention has dropped it. */
  readonly withoutRequest: number;
  readonly events: number;
}

export const EXAMPLES_MAX = 20;
/** Rides that ended stay whole for so many endings, so that what comes late is judged exactly. */
const ENDED_KEPT_WHOLE = 20_000;

/**
 * Proves from the log alone that no ride is lost, doubled or given to two drivers, and no driver to two rides. Feed it every record
 * of RideRequests and RideEvents from the start, each partition in order, partitions and topics in any order; then ask for
 * the report, as often as wanted. Memory: about 1 KB per ride that lives or ended lately, 200 bytes per ride before.
 */
export class RideAudit {
  readonly #lostAfterMs: number;
  readonly #clockSkewMs: number;
  readonly #partitionOf: ((zone: string) => number) | undefined;
  readonly #requestedAt = new Map<string, number>();
  /** A ride, or the state in which it ended long ago. */
  readonly #rides = new Map<string, Ride | RideState>();
  /** Rides that ended and are still whole, oldest first. */
  readonly #endedWhole = new Set<string>();
  readonly #schedule = new DriverSchedule();
  /** When the phone's yes to the offer that is open was written, by ride. */
  readonly #acceptedMs = new Map<string, number>();
  readonly #findings: AuditFinding[] = [];
  readonly #counts = { doubled: 0, illegal: 0, misplaced: 0, late: 0, duplicates: 0, events: 0 };
  #latestMs = 0;

  constructor(options: RideAuditOptions = {}) {
    this.#lostAfterMs = options.lostAfterMs ?? 60_000;
    this.#clockSkewMs = options.clockSkewMs ?? 100;
    this.#partitionOf = options.partitionOf;
  }

  /** A record of RideRequests. */
  addRequest(partition: number, event: RideRequestsEvent): void {
    this.#see(partition, event);
    if (event.type !== 'ride.requested') return;
    // A phone that tries again sends the same request; the first one starts the clock.
    if (!this.#requestedAt.has(event.rideId)) this.#requestedAt.set(event.rideId, event.at);
  }

  /**
   * A record of RideEvents.
   *
   * @param timestampMs the record's timestamp, wall clock
   */
  addRideEvent(partition: number, event: RideEvent, timestampMs: number): void {
    this.#see(partition, event);
    const before = this.#rides.get(event.rideId);
    if (typeof before === 'string') {
      this.#afterTheEnd(partition, event);
      return;
    }
    const { ride, verdict, reason = '' } = applyRideEvent(before, event);
    switch (verdict) {
      case 'applied':
        this.#rides.set(event.rideId, ride!);
        this.#follow(before, ride!, event, timestampMs);
        break;
      case 'late':
        this.#counts.late++;
        break;
      case 'duplicate':
        this.#counts.duplicates++;
        if (event.type === 'ride.queued') this.#find('doubled', partition, event, reason);
        break;
      case 'illegal':
        this.#find(takenTwice(before, event) ? 'doubled' : 'illegal', partition, event, reason);
    }
  }

  /** @param nowMs city time; default: that of the newest event */
  report(nowMs = this.#latestMs): AuditReport {
    const lostRides = [...this.#requestedAt]
      .filter(([rideId, at]) => !this.#rides.has(rideId) && nowMs - at > this.#lostAfterMs)
      .map(([rideId]) => rideId);
    const doubleBookings = this.#schedule.doubleBookings();
    const { doubled, illegal, misplaced } = this.#counts;
    let withoutRequest = 0;
    for (const rideId of this.#rides.keys()) if (!this.#requestedAt.has(rideId)) withoutRequest++;
    return {
      ok: lostRides.length + doubleBookings.length + doubled + illegal + misplaced === 0,
      ...this.#counts,
      requested: this.#requestedAt.size,
      queued: this.#rides.size,
      byState: this.#byState(),
      lost: lostRides.length,
      lostRides: lostRides.slice(0, EXAMPLES_MAX),
      findings: [...this.#findings],
      driversOnTwoRides: new Set(doubleBookings.map(({ driverId }) => driverId)).size,
      doubleBookings: doubleBookings.slice(0, EXAMPLES_MAX),
      withoutRequest,
    };
  }

  #see(partition: number, event: RideEvent | RideRequestsEvent): void {
    this.#counts.events++;
    this.#latestMs = Math.max(this.#latestMs, event.at);
    const home = this.#partitionOf?.(event.zone) ?? partition;
    if (home !== partition) this.#find('misplaced', partition, event, `zone ${event.zone} has partition ${home}`);
  }

  /**
   * A driver is bound from the acceptance that became the assignment up to the end of the trip, the moment the phone gave the
   * ride back, or the cancellation. Timed by the wall clock of the records: city time is each writer's own guess while the log
   * is away, and dispatch's may then be a minute ahead of the phones'.
   */
  #follow(before: Ride | undefined, ride: Ride, event: RideEvent, timestampMs: number): void {
    if (event.type === 'ride.offer_accepted') this.#acceptedMs.set(ride.rideId, timestampMs);
    if (event.type === 'ride.assigned') {
      this.#schedule.begin(event.driverId, ride.rideId, this.#acceptedMs.get(ride.rideId) ?? timestampMs);
    }
    if (ride.offer === null) this.#acceptedMs.delete(ride.rideId);
    if (event.type === 'ride.driver_cancelled') this.#schedule.end(event.driverId, ride.rideId, timestampMs, 0);
    const hadDriver = before?.driverId ?? null;
    if (hadDriver !== null && (ride.driverId === null || FINAL_RIDE_STATES.has(ride.state))) {
      const slackMs = event.type === 'ride.completed' ? 0 : this.#clockSkewMs;
      this.#schedule.end(hadDriver, ride.rideId, timestampMs, slackMs);
    }
    if (FINAL_RIDE_STATES.has(ride.state)) this.#retire(ride);
  }

  #retire(ride: Ride): void {
    this.#endedWhole.add(ride.rideId);
    if (this.#endedWhole.size <= ENDED_KEPT_WHOLE) return;
    const [oldest] = this.#endedWhole;
    this.#endedWhole.delete(oldest!);
    const ended = this.#rides.get(oldest!);
    if (typeof ended === 'object') this.#rides.set(oldest!, ended.state);
  }

  /** An event of a ride that ended so long ago that only its last state is known. */
  #afterTheEnd(partition: number, event: RideEvent): void {
    if (event.type === 'ride.queued') this.#find('doubled', partition, event, 'the ride was queued before');
    else this.#counts.late++;
  }

  #find(
    kind: 'doubled' | 'illegal' | 'misplaced',
    partition: number,
    { rideId, type }: RideEvent | RideRequestsEvent,
    reason: string,
  ): void {
    this.#counts[kind]++;
    if (this.#findings.length < EXAMPLES_MAX) this.#findings.push({ rideId, partition, type, reason });
  }

  #byState(): Record<RideState, number> {
    const counts: Record<RideState, number> = {
      queued: 0,
      offered: 0,
      en_route: 0,
      arrived: 0,
      in_progress: 0,
      completed: 0,
      cancelled: 0,
      no_driver_found: 0,
    };
    for (const ride of this.#rides.values()) counts[typeof ride === 'string' ? ride : ride.state]++;
    return counts;
  }
}

/** True when a ride that has a driver is given to another one. */
const takenTwice = (ride: Ride | undefined, event: RideEvent): boolean =>
  event.type === 'ride.assigned' && ride !== undefined && ride.driverId !== null && ride.driverId !== event.driverId;
