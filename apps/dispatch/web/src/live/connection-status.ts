export type ConnectionState = 'connecting' | 'live' | 'stale' | 'reconnecting';

export interface ConnectionFacts {
  /** The socket is open. */
  readonly open: boolean;
  /** A snapshot was taken in at some time. */
  readonly ready: boolean;
  /** Local time of the last snapshot or delta; null before the first. */
  readonly updatedMs: number | null;
}

/** With no news for this long (wall time) the map no longer shows the present. */
export const STALE_AFTER_MS = 5_000;

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** Age of what is shown, ms; null before the first snapshot. */
  readonly ageMs: number | null;
}

export function connectionStatus(facts: ConnectionFacts, nowMs: number): ConnectionStatus {
  const ageMs = facts.updatedMs === null ? null : Math.max(0, nowMs - facts.updatedMs);
  if (!facts.ready || ageMs === null) return { state: facts.open ? 'connecting' : 'reconnecting', ageMs };
  if (!facts.open) return { state: 'reconnecting', ageMs };
  return { state: ageMs > STALE_AFTER_MS ? 'stale' : 'live', ageMs };
}
