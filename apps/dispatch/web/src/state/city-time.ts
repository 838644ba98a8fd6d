import type { LiveClock } from '../../../src/live/protocol.js';

/** City time as a line over local wall time: `cityMs` at `localMs`, `speed` city ms per ms. */
export interface ClockAnchor {
  readonly cityMs: number;
  readonly localMs: number;
  readonly speed: number;
}

/** Beyond this the browser's clock and the server's do not agree, and the moment of arrival is the better anchor. */
const TRUSTED_SKEW_MS = 15_000;

export function anchorClock(clock: LiveClock, receivedMs: number): ClockAnchor {
  const agrees = Math.abs(receivedMs - clock.wallMs) <= TRUSTED_SKEW_MS;
  return { cityMs: clock.cityMs, localMs: agrees ? clock.wallMs : receivedMs, speed: clock.speed };
}

export function cityNow(anchor: ClockAnchor, nowMs: number): number {
  return anchor.cityMs + (nowMs - anchor.localMs) * anchor.speed;
}

/** Phones report each 4 s of city time; this is that pause in local ms. While paused nothing is expected: a calm second. */
export function reportIntervalMs(speed: number): number {
  return speed > 0 ? 4_000 / speed : 1_000;
}
