/** How dispatch deals with riders and drivers. Times are city time. */
export interface DispatchSettings {
  /** How long a driver has to answer an offer. */
  readonly offerTimeoutMs: number;
  /**
   * The least an offer lasts on the wall clock: in a city at 60x, 15 s are 250 ms, and the offer and its answer must still
   * travel through the log.
   */
  readonly offerTimeoutWallMs: number;
  /** After an offer ran out: how long (wall clock) to wait for an answer that is on its way. */
  readonly expiryGraceWallMs: number;
  /** A ride that waited so long without a driver ends with `ride.no_driver_found`. */
  readonly maxWaitMs: number;
  /** A driver not heard of for so long is not asked... */
  readonly staleDriverMs: number;
  /** ... but never before so long on the wall clock: a stalled process is not a missing driver. */
  readonly staleDriverWallMs: number;
  /** A ride whose driver's phone says nothing of it for so long is cancelled by the platform... */
  readonly silentRideMs: number;
  /** ... but never before so long on the wall clock: phones and services take their time to restart. */
  readonly silentRideWallMs: number;
  /** Rides that ended lately and are remembered, per partition. */
  readonly endedRidesMax: number;
}

export const DEFAULT_SETTINGS: DispatchSettings = {
  offerTimeoutMs: 15_000,
  offerTimeoutWallMs: 2_000,
  expiryGraceWallMs: 500,
  maxWaitMs: 300_000,
  staleDriverMs: 60_000,
  staleDriverWallMs: 5_000,
  silentRideMs: 1_800_000,
  silentRideWallMs: 60_000,
  endedRidesMax: 10_000,
};

/** City time now and how fast it runs. */
export interface CityMoment {
  readonly nowMs: number;
  /** City seconds in a second of the wall clock; 0 while paused. */
  readonly speed: number;
}

/** A span of city time that is never shorter than a span of the wall clock. */
export const atLeastWall = (cityMs: number, wallMs: number, speed: number): number => Math.max(cityMs, wallMs * speed);
