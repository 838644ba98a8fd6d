import type { DriverStatusEvent } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequestsEvent } from '@ridestream/ride-domain/events/ride-requests';
import { DriverCensus, type Headcount } from './driver-census.js';
import { nextSurge } from './zone-surge.js';
import {
  ALLOWED_LATENESS_MS,
  type ClosedWindow,
  emptyCounts,
  LATEST_CORRECTION_MS,
  WAITS_MAX,
  WINDOW_MS,
  type WindowCounts,
  type WindowDelta,
  windowStartOf,
} from './zone-window.js';

/** A ride that is not over: what is needed to tell its wait when it is matched, and the demand that still stands. */
export interface OpenRide {
  readonly rideId: string;
  readonly zone: string;
  readonly requestedAt: number;
  readonly matched: boolean;
}

/** All that came on top since the last drain. It is stored whole, together with the offsets it came from, or not at all. */
export interface PartitionDelta {
  readonly windows: readonly WindowDelta[];
  readonly closed: readonly ClosedWindow[];
  readonly openRides: readonly OpenRide[];
  readonly endedRides: readonly string[];
  readonly headcount: Headcount;
  /** Newest event time seen. */
  readonly watermark: number;
  readonly droppedLate: number;
}

/** Where closing goes on after a restart. */
export interface OpenWindows {
  /** Start of the first window that has not been closed; 0 when none ever was. */
  readonly first: number;
  readonly requests: readonly { readonly zone: string; readonly windowStart: number; readonly count: number }[];
}

export const NO_OPEN_WINDOWS: OpenWindows = { first: 0, requests: [] };

/** Windows that one event may close. */
const CLOSE_AT_ONCE_MAX = 60;

/** How far ahead of the first event after a restart the last closed window may be, and still be believed. */
const RESUME_AHEAD_MAX_MS = 60 * 60_000;

/**
 * Event-time windows of the zones of one partition. Pure: events in, deltas out.
 *
 * A window of a minute closes when an event arrives that is 30 s younger than its end. Closing takes the drivers on duty and
 * computes the zone's surge. An event that comes later still corrects the counts of its window, but not the surge, which has
 * been acted upon; one that is more than a day late is counted as dropped.
 */
export class PartitionAnalytics {
  private windows = new Map<string, WindowDelta>();
  private closed: ClosedWindow[] = [];
  private readonly rides: Map<string, OpenRide>;
  private changedRides = new Map<string, OpenRide>();
  private endedRides = new Set<string>();
  private readonly census = new DriverCensus();
  private watermark = 0;
  private nextClose: number;
  private droppedLate = 0;
  /** Requests of the windows that are still open, per zone and window: the demand that surge looks at. */
  private readonly openRequests = new Map<string, number>();

  constructor(
    private readonly zones: readonly string[],
    openRides: readonly OpenRide[],
    private readonly surge: Map<string, number>,
    open: OpenWindows = NO_OPEN_WINDOWS,
  ) {
    this.rides = new Map(openRides.map((ride) => [ride.rideId, ride]));
    this.nextClose = open.first;
    for (const { zone, windowStart, count } of open.requests) {
      this.openRequests.set(windowKey(zone, windowStart), count);
    }
  }

  applyRequest(event: RideRequestsEvent): void {
    if (event.type === 'ride.requested') {
      const counts = this.countsAt(event.zone, event.at);
      if (counts) {
        counts.requests++;
        const key = windowKey(event.zone, windowStartOf(event.at));
        this.openRequests.set(key, (this.openRequests.get(key) ?? 0) + 1);
      }
    }
    this.advance(event.at);
  }

  applyRideEvent(event: RideEvent): void {
    const counts = this.countsAt(event.zone, event.at);
    if (counts) this.countRideEvent(event, counts);
    this.trackRide(event);
    this.advance(event.at);
  }

  applyDriverStatus(event: DriverStatusEvent): void {
    this.census.apply(event);
    this.advance(event.at);
  }

  /** For the state before the first event: neither counts nor closes anything. */
  restoreDriver(event: DriverStatusEvent): void {
    this.census.apply(event);
  }

  drain(): PartitionDelta {
    const perZone = [...this.census.count(this.watermark).values()];
    const delta: PartitionDelta = {
      windows: [...this.windows.values()],
      closed: this.closed,
      openRides: [...this.changedRides.values()],
      endedRides: [...this.endedRides],
      headcount: {
        idle: perZone.reduce((sum, zone) => sum + zone.idle, 0),
        busy: perZone.reduce((sum, zone) => sum + zone.busy, 0),
      },
      watermark: this.watermark,
      droppedLate: this.droppedLate,
    };
    this.windows = new Map();
    this.closed = [];
    this.changedRides = new Map();
    this.endedRides = new Set();
    this.droppedLate = 0;
    return delta;
  }

  private countRideEvent(event: RideEvent, counts: WindowCounts): void {
    const ride = this.rides.get(event.rideId);
    switch (event.type) {
      case 'ride.assigned':
        counts.matches++;
        if (ride && !ride.matched) pushBounded(counts.waitsS, event.at - ride.requestedAt);
        break;
      case 'ride.driver_arrived':
        if (ride) pushBounded(counts.pickupsS, event.at - ride.requestedAt);
        break;
      case 'ride.completed':
        counts.completions++;
        break;
      case 'ride.driver_cancelled':
        counts.cancelledByDriver++;
        break;
      case 'ride.no_driver_found':
        counts.noDriverFound++;
        break;
      case 'ride.cancelled':
        if (event.by === 'rider') counts.cancelledByRider++;
        else if (event.by === 'platform') counts.cancelledByPlatform++;
        break;
      default:
        break;
    }
  }

  private trackRide(event: RideEvent): void {
    switch (event.type) {
      case 'ride.queued':
        this.setRide({ rideId: event.rideId, zone: event.zone, requestedAt: event.requestedAt, matched: false });
        break;
      case 'ride.assigned':
      case 'ride.requeued': {
        const ride = this.rides.get(event.rideId);
        if (ride && !ride.matched) this.setRide({ ...ride, matched: true });
        break;
      }
      case 'ride.completed':
      case 'ride.cancelled':
      case 'ride.no_driver_found':
        if (this.rides.delete(event.rideId)) {
          this.changedRides.delete(event.rideId);
          this.endedRides.add(event.rideId);
        }
        break;
      default:
        break;
    }
  }

  private setRide(ride: OpenRide): void {
    this.rides.set(ride.rideId, ride);
    this.changedRides.set(ride.rideId, ride);
  }

  /** The counts of an event's window, or nothing when it is too late for any. */
  private countsAt(zone: string, at: number): WindowCounts | undefined {
    if (at < this.watermark - LATEST_CORRECTION_MS) {
      this.droppedLate++;
      return undefined;
    }
    const windowStart = windowStartOf(at);
    const key = windowKey(zone, windowStart);
    let delta = this.windows.get(key);
    if (!delta) this.windows.set(key, (delta = { zone, windowStart, counts: emptyCounts() }));
    return delta.counts;
  }

  private advance(at: number): void {
    if (at <= this.watermark) return;
    const isFirst = this.watermark === 0;
    this.watermark = at;
    // One phone with a clock far ahead must not keep windows open for ever: a restart forgets it.
    if (this.nextClose === 0 || (isFirst && this.nextClose > at + RESUME_AHEAD_MAX_MS)) {
      this.nextClose = windowStartOf(at);
      return;
    }
    if (this.nextClose + WINDOW_MS + ALLOWED_LATENESS_MS > at) return;
    const lastOver = windowStartOf(at - ALLOWED_LATENESS_MS) - WINDOW_MS;
    // A gap in the log may be long. Nothing is known of the minutes in it, and only the last hour of them is closed.
    const first = Math.max(this.nextClose, lastOver - (CLOSE_AT_ONCE_MAX - 1) * WINDOW_MS);
    for (let windowStart = first; windowStart <= lastOver; windowStart += WINDOW_MS) this.close(windowStart);
    this.nextClose = lastOver + WINDOW_MS;
  }

  private close(windowStart: number): void {
    const drivers = this.census.count(this.watermark);
    const waiting = new Map<string, number>();
    for (const ride of this.rides.values()) {
      if (!ride.matched) waiting.set(ride.zone, (waiting.get(ride.zone) ?? 0) + 1);
    }
    for (const zone of this.zones) {
      const { idle, busy } = drivers.get(zone) ?? { idle: 0, busy: 0 };
      const requests = this.openRequests.get(windowKey(zone, windowStart)) ?? 0;
      const demand = Math.max(requests, waiting.get(zone) ?? 0);
      const surge = nextSurge(this.surge.get(zone) ?? 1, demand, idle);
      this.surge.set(zone, surge);
      this.closed.push({ zone, windowStart, idleDrivers: idle, busyDrivers: busy, surge });
    }
    for (const key of this.openRequests.keys()) {
      if (Number(key.slice(0, key.indexOf(' '))) <= windowStart) this.openRequests.delete(key);
    }
  }
}

const windowKey = (zone: string, windowStart: number): string => `${windowStart} ${zone}`;

function pushBounded(values: number[], milliseconds: number): void {
  if (values.length < WAITS_MAX) values.push(Math.max(0, milliseconds) / 1000);
}
