/**
 * How people behave: every number that the agents draw from, in one place. Times are city time. Medians and spreads are
 * of log-normal distributions.
 */
export const DRIVER_HABITS = {
  /** A phone reports where it is this often while on duty. */
  locationEveryMs: 4_000,
  /** Every 15th report comes with a DriverStatus: the slow heartbeat, once a minute. */
  locationsPerHeartbeat: 15,
  /** Between an offer's arrival and the driver's answer. */
  thinkMs: [1_000, 6_000],
  /** An accepted offer of which nothing is heard for so long is given up: longer than dispatch is ever away at 60x. */
  confirmationPatienceMs: 60 * 60_000,
  /** Accepts with `acceptMax / (1 + exp((eta - acceptHalfEtaS) / acceptSlopeS))`. */
  acceptMax: 0.97,
  acceptHalfEtaS: 780,
  acceptSlopeS: 150,
  /** Riders take this long to get in. */
  boardingMs: [20_000, 90_000],
  /** Gives the ride back on the way to the pick-up. */
  cancelEnRoute: 0.012,
  /** Waits `noShowMs` at the pick-up, then gives the ride back. */
  noShow: 0.008,
  noShowMs: [240_000, 360_000],
  /** After standing idle this long a driver may look for a better place... */
  idleBeforeCruiseMs: [150_000, 480_000],
  cruise: 0.6,
  /** ...and drives there in no hurry: city milliseconds for a second of normal driving. */
  cruisePaceMs: 1_600,
  shiftMs: [6 * 3_600_000, 10 * 3_600_000],
} as const;

export const RIDER_HABITS = {
  /** From the request until the rider gives up waiting for a driver. */
  patienceMs: { median: 390_000, spread: 0.45 },
  /** Of those still waiting, changes the mind at a random moment of the patience. */
  changesMind: 0.015,
  /** A driver farther away than this may be sent away again... */
  pickupToleranceS: { median: 840, spread: 0.35 },
  /** ...by this share of riders, after a look at the map. */
  cancelsWhenTooFar: 0.7,
  looksAtMapMs: [4_000, 25_000],
  /** Asks again after "no driver found", this many times at most. */
  retries: 2,
  retryShare: 0.4,
  retryAfterMs: [120_000, 360_000],
  /** A ride without any outcome for this long is given up by the phone (nobody dispatches). */
  forgetsAfterMs: 4 * 3_600_000,
  /** Shares of requests; the rest are standard. */
  xlShare: 0.08,
  premiumShare: 0.05,
} as const;
