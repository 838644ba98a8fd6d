import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import type { RideRequested } from '@ridestream/ride-domain/events/ride-requests';
import { applyRideEvent, type Ride } from '@ridestream/ride-domain/rides/ride';
import { FINAL_RIDE_STATES, type RideState } from '@ridestream/ride-domain/rides/ride-states';
import { mapPoint } from './map-point.js';
import type { LiveRide, RideView, TimelineEntry } from './protocol.js';

/** A ride offered again and again would otherwise grow without end. */
const TIMELINE_MAX = 200;

interface Page {
  ride: Ride;
  updatedAt: number;
  readonly timeline: TimelineEntry[];
}

export interface RideBookLimits {
  /** Rides that ended, kept with their timelines. */
  readonly ended: number;
  /** Rides that live. Past this the oldest is dropped: something upstream does not end its rides. */
  readonly live: number;
  /** Of those that ended, how many a browser sees. */
  readonly shownEnded: number;
}

export const DEFAULT_BOOK_LIMITS: RideBookLimits = { ended: 5_000, live: 50_000, shownEnded: 200 };

/** The whole city's rides with their timelines, for reading: a fold of RideEvents that forgets what is old. */
export class RideBook {
  private readonly live = new Map<string, Page>();
  /** Oldest first. */
  private readonly ended = new Map<string, Page>();
  private readonly shownEnded = new Set<string>();
  /** Requests written by this instance's API that dispatch has not queued yet. */
  private readonly requested = new Map<string, RideRequested>();

  constructor(
    private readonly limits: RideBookLimits = DEFAULT_BOOK_LIMITS,
    private readonly onChange: (rideId: string) => void = () => undefined,
  ) {}

  apply(event: RideEvent): void {
    const page = this.live.get(event.rideId) ?? this.ended.get(event.rideId);
    const { ride, verdict } = applyRideEvent(page?.ride, event);
    if (verdict === 'duplicate' || ride === undefined) return;
    const next = page ?? { ride, updatedAt: event.at, timeline: [] };
    this.requested.delete(event.rideId);
    if (next.timeline.length < TIMELINE_MAX) next.timeline.push(timelineEntry(event));
    if (page !== undefined && verdict !== 'applied') return;
    next.ride = ride;
    next.updatedAt = event.at;
    this.file(next);
    this.onChange(event.rideId);
  }

  /** A ride that was asked for here and is not on RideEvents yet. */
  note(request: RideRequested): void {
    if (this.requested.size >= 1_000) {
      const oldest = this.requested.keys().next();
      if (oldest.done !== true) this.requested.delete(oldest.value);
    }
    if (!this.live.has(request.rideId)) this.requested.set(request.rideId, request);
  }

  find(rideId: string): RideView | undefined {
    const page = this.live.get(rideId) ?? this.ended.get(rideId);
    if (page) return { ...liveRide(page), timeline: page.timeline };
    const request = this.requested.get(rideId);
    return request && viewOfRequest(request);
  }

  /** Newest first. */
  list(state: RideState | undefined, max: number): RideView[] {
    const found: RideView[] = [];
    for (const pages of [this.live, this.ended]) {
      for (const page of [...pages.values()].reverse()) {
        if (state !== undefined && page.ride.state !== state) continue;
        if (found.length >= 2 * max) break;
        found.push({ ...liveRide(page), timeline: page.timeline });
      }
    }
    return found.sort((a, b) => b.requestedAt - a.requestedAt).slice(0, max);
  }

  /** What browsers see of a ride; undefined when it is not among the shown ones. */
  shown(rideId: string): LiveRide | undefined {
    const page = this.live.get(rideId) ?? (this.shownEnded.has(rideId) ? this.ended.get(rideId) : undefined);
    return page && liveRide(page);
  }

  allShown(): LiveRide[] {
    const ended = [...this.shownEnded].flatMap((rideId) => this.ended.get(rideId) ?? []);
    return [...this.live.values(), ...ended].map(liveRide);
  }

  get liveCount(): number {
    return this.live.size;
  }

  /** Rides that wait for a driver, by zone. */
  waitingByZone(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { ride } of this.live.values()) {
      if (ride.state === 'queued' || ride.state === 'offered') counts.set(ride.zone, (counts.get(ride.zone) ?? 0) + 1);
    }
    return counts;
  }

  private file(page: Page): void {
    const { rideId, state } = page.ride;
    if (!FINAL_RIDE_STATES.has(state)) {
      this.live.set(rideId, page);
      if (this.live.size > this.limits.live) this.dropOldest(this.live);
      return;
    }
    this.live.delete(rideId);
    this.ended.set(rideId, page);
    this.shownEnded.add(rideId);
    if (this.ended.size > this.limits.ended) this.dropOldest(this.ended);
    if (this.shownEnded.size <= this.limits.shownEnded) return;
    const oldest = this.shownEnded.values().next();
    if (oldest.done === true) return;
    this.shownEnded.delete(oldest.value);
    this.onChange(oldest.value);
  }

  private dropOldest(pages: Map<string, Page>): void {
    const oldest = pages.keys().next();
    if (oldest.done === true) return;
    pages.delete(oldest.value);
    this.shownEnded.delete(oldest.value);
    this.onChange(oldest.value);
  }
}

function liveRide({ ride, updatedAt }: Page): LiveRide {
  return {
    rideId: ride.rideId,
    riderId: ride.riderId,
    zone: ride.zone,
    state: ride.state,
    requestedAt: ride.requestedAt,
    updatedAt,
    pickup: mapPoint(ride.pickup),
    dropoff: mapPoint(ride.dropoff),
    driverId: ride.state === 'offered' ? (ride.offer?.driverId ?? null) : ride.driverId,
    offerExpiresAt: ride.state === 'offered' ? (ride.offer?.expiresAt ?? null) : null,
    fareCents: ride.quote.fareCents,
  };
}

function viewOfRequest(request: RideRequested): RideView {
  const { rideId, riderId, zone, at, pickup, dropoff, quote } = request;
  return {
    rideId,
    riderId,
    zone,
    state: 'queued',
    requestedAt: at,
    updatedAt: at,
    pickup: mapPoint(pickup),
    dropoff: mapPoint(dropoff),
    driverId: null,
    offerExpiresAt: null,
    fareCents: quote.fareCents,
    timeline: [],
  };
}

/** What is the same in all events of a ride is left out of its timeline. */
const COMMON_FIELDS: ReadonlySet<string> = new Set([
  'type',
  'v',
  'at',
  'rideId',
  'riderId',
  'zone',
  'driverId',
  'pickup',
  'dropoff',
]);

function timelineEntry(event: RideEvent): TimelineEntry {
  const details = Object.fromEntries(Object.entries(event).filter(([field]) => !COMMON_FIELDS.has(field)));
  return { at: event.at, type: event.type, driverId: 'driverId' in event ? event.driverId : null, details };
}
