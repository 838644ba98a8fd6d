/**
 * What travels between the dispatch gateway (socket.io namespace `/live`) and the dashboard. Types only: the dashboard
 * imports this file, so nothing here may need Node.
 *
 * A browser gets one `snapshot`, then `delta`s numbered from there. A delta whose `seq` is not the last one plus 1 means a
 * gap: the browser sends `resync` and gets a new snapshot. The gateway sends the next delta to a browser only after the
 * browser acknowledged (socket.io ack) the one before; meanwhile changes are merged, so a slow browser gets fewer and
 * newer updates, and no queue grows.
 */
import type { CityMetrics } from '@ridestream/ride-domain/events/city-events';
import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { RideState } from '@ridestream/ride-domain/rides/ride-states';

/** `[driverId, lon, lat, bearing in degrees, state, rideId or null]` */
export type VehicleTuple = readonly [string, number, number, number, DriverState, string | null];

export interface LiveRide {
  readonly rideId: string;
  readonly riderId: string;
  readonly zone: string;
  readonly state: RideState;
  /** City time (ms) of the request and of the last change. */
  readonly requestedAt: number;
  readonly updatedAt: number;
  /** `[lon, lat]` */
  readonly pickup: readonly [number, number];
  readonly dropoff: readonly [number, number];
  /** The driver asked, or the driver of the ride. */
  readonly driverId: string | null;
  /** While offered: when the offer runs out, in city time (ms). */
  readonly offerExpiresAt: number | null;
  readonly fareCents: number;
}

export interface LiveZone {
  readonly zone: string;
  readonly surge: number;
  readonly waiting: number;
  readonly idle: number;
}

export interface LiveClock {
  /** City time (ms) at `wallMs`. */
  readonly cityMs: number;
  readonly wallMs: number;
  readonly speed: number;
}

export interface LiveSnapshot {
  /** Changes whenever the gateway starts anew: numbers of another epoch do not compare. */
  readonly epoch: string;
  readonly seq: number;
  readonly clock: LiveClock;
  readonly vehicles: readonly VehicleTuple[];
  /** Rides not ended, and those that ended lately (at most 200). */
  readonly rides: readonly LiveRide[];
  readonly zones: readonly LiveZone[];
  readonly metrics: CityMetrics | null;
}

export interface LiveDelta {
  readonly epoch: string;
  readonly seq: number;
  readonly clock: LiveClock;
  /** Changed or new. */
  readonly vehicles: readonly VehicleTuple[];
  readonly vehiclesGone: readonly string[];
  readonly rides: readonly LiveRide[];
  readonly ridesGone: readonly string[];
  readonly zones: readonly LiveZone[];
  readonly metrics: CityMetrics | null;
}

export interface ServerToClientEvents {
  snapshot: (snapshot: LiveSnapshot) => void;
  /** The browser calls `done` when it has taken the delta in. */
  delta: (delta: LiveDelta, done: () => void) => void;
}

export interface ClientToServerEvents {
  /** Asks for a new snapshot. At most one a second is answered. */
  resync: () => void;
}

// HTTP beside it, all under /api, JSON.

/** GET /api/city */
export interface CityView {
  readonly name: string;
  /** IANA name, such as `America/New_York`: what the city's clocks show. */
  readonly timeZone: string;
  /** Who made the map data, as its licence wants it said; empty if nobody has to be named. */
  readonly attribution: string;
  /** `[west, south, east, north]` */
  readonly bounds: readonly [number, number, number, number];
  /** GeoJSON FeatureCollection of polygons; properties: zone (id), name. */
  readonly zones: GeoJsonCollection;
  /** GeoJSON FeatureCollection of lines; properties: class (motorway | primary | secondary | residential | ...), name. */
  readonly streets: GeoJsonCollection;
  /** Water and parks to draw below the streets; properties: kind (water | park). Empty for packs without. */
  readonly backdrop: GeoJsonCollection;
}

export interface GeoJsonCollection {
  readonly type: 'FeatureCollection';
  readonly features: readonly unknown[];
}

/** POST /api/rides */
export interface RequestRideBody {
  readonly riderId: string;
  readonly pickup: { readonly lat: number; readonly lon: number };
  readonly dropoff: { readonly lat: number; readonly lon: number };
  readonly vehicleClass?: 'standard' | 'xl' | 'premium';
}

/** POST /api/rides (202), GET /api/rides/:rideId, GET /api/rides?state=&limit=, DELETE /api/rides/:rideId?reason= (202) */
export interface RideView extends LiveRide {
  readonly timeline: readonly TimelineEntry[];
}

export interface TimelineEntry {
  /** City time, ms. */
  readonly at: number;
  /** Event type, such as `ride.offered`. */
  readonly type: string;
  readonly driverId: string | null;
  /** The rest of the event: `why`, `reason`, `expiresAt`. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** POST /api/quotes {pickup, dropoff} */
export interface QuoteView {
  readonly fareCents: number;
  readonly surge: number;
  readonly distanceM: number;
  readonly durationS: number;
  readonly zone: string;
}

/** Body of every 4xx and 5xx. */
export interface ApiError {
  readonly statusCode: number;
  readonly code: string;
  readonly message: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}
