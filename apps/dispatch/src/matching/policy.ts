import type { VehicleClass } from '@ridestream/ride-domain/events/common';

/** A ride that waits for a driver. */
export interface WaitingRide {
  readonly rideId: string;
  /** Junction nearest to the pick-up. */
  readonly pickupNode: number;
  readonly vehicleClass: VehicleClass;
  readonly waitedS: number;
  /** True for drivers that must not be asked (again) for this ride now. */
  isBlocked(driverId: string): boolean;
}

/** A driver that is free to be asked. */
export interface IdleDriver {
  readonly driverId: string;
  /** Junction nearest to where the driver is. */
  readonly node: number;
  /** Null until the phone has said it. */
  readonly vehicleClass: VehicleClass | null;
}

export interface MatchInput {
  readonly rides: readonly WaitingRide[];
  readonly drivers: readonly IdleDriver[];
  /** City time, ms: roads are slower at rush hour. */
  readonly cityMs: number;
}

/** Drivers weighed per ride. The pairs of ride `r` are at `rowStart[r]` up to but not `rowStart[r + 1]`, nearest first. */
export interface Candidates {
  readonly rowStart: Int32Array;
  /** Index of the driver, per pair. */
  readonly driver: Int32Array;
  /** Travel time by road to the pick-up, per pair. */
  readonly etaS: Float64Array;
}

/** Ask this driver for this ride; both are indexes into the input. */
export interface Match {
  readonly ride: number;
  readonly driver: number;
  /** Travel time by road to the pick-up. */
  readonly etaS: number;
  /** Drivers that were weighed for the ride. */
  readonly candidates: number;
  /** 1 when no candidate was nearer by road. */
  readonly rankByEta: number;
}

/** Chooses whom to ask for which ride. Each ride and each driver comes up at most once in the answer. */
export interface MatchPolicy {
  readonly name: string;
  match(input: MatchInput): Match[];
}

/** How far to look for a driver: wider as the rider waits. */
export interface SearchRadius {
  readonly startS: number;
  readonly growthPerWaitedS: number;
  readonly maxS: number;
}

export const DEFAULT_RADIUS: SearchRadius = { startS: 420, growthPerWaitedS: 3, maxS: 1200 };

export const radiusS = (radius: SearchRadius, waitedS: number): number =>
  Math.min(radius.maxS, radius.startS + radius.growthPerWaitedS * Math.max(0, waitedS));

/** Every vehicle may serve a standard ride; the other classes need their own. */
export const canServe = (vehicle: VehicleClass | null, ride: VehicleClass): boolean =>
  ride === 'standard' || vehicle === ride;
