/** City time that one window covers. */
export const WINDOW_MS = 60_000;

/** How long after its end a window waits for events that are under way, in city time. */
export const ALLOWED_LATENESS_MS = 30_000;

/** Events older than this, measured from the newest, are counted and otherwise left out. */
export const LATEST_CORRECTION_MS = 24 * 3_600_000;

/** Waits kept of one window of one zone at most; more are counted as matches but do not shape the quantiles. */
export const WAITS_MAX = 1_000;

export const windowStartOf = (at: number): number => Math.floor(at / WINDOW_MS) * WINDOW_MS;

/** What happened in one zone in one minute of city time, or what came on top since the last time it was stored. */
export interface WindowCounts {
  requests: number;
  matches: number;
  completions: number;
  cancelledByRider: number;
  cancelledByDriver: number;
  cancelledByPlatform: number;
  noDriverFound: number;
  /** Seconds from request to assignment, one per first match. */
  waitsS: number[];
  /** Seconds from request to the driver's arrival. */
  pickupsS: number[];
}

export const emptyCounts = (): WindowCounts => ({
  requests: 0,
  matches: 0,
  completions: 0,
  cancelledByRider: 0,
  cancelledByDriver: 0,
  cancelledByPlatform: 0,
  noDriverFound: 0,
  waitsS: [],
  pickupsS: [],
});

export interface WindowDelta {
  readonly zone: string;
  readonly windowStart: number;
  readonly counts: WindowCounts;
}

/** A window that is over, with what it says about the zone. */
export interface ClosedWindow {
  readonly zone: string;
  readonly windowStart: number;
  readonly idleDrivers: number;
  readonly busyDrivers: number;
  readonly surge: number;
}
