const METRES_PER_DEGREE = 111_320;

/** The shorter way round from one bearing to another, in degrees, -180 up to 180. */
export function shortestTurn(fromDeg: number, toDeg: number): number {
  return ((((toDeg - fromDeg + 180) % 360) + 360) % 360) - 180;
}

/** Metres between two points, flat-earth: exact enough across a city. */
export function distanceM(lonA: number, latA: number, lonB: number, latB: number): number {
  const x = (lonB - lonA) * Math.cos(((latA + latB) * Math.PI) / 360);
  return Math.hypot(x, latB - latA) * METRES_PER_DEGREE;
}

export interface Move {
  readonly lon: number;
  readonly lat: number;
  readonly bearingDeg: number;
  /** Local time, ms. */
  readonly nowMs: number;
  /** How long until the next position is expected, in local ms; 0 to jump at once. */
  readonly expectedMs: number;
  /** A longer way is not driven but jumped: the vehicle was out of sight. */
  readonly maxDistanceM: number;
}

/** A vehicle stands still for want of news no sooner than this after its news; and lags the news no longer. */
const SHORTEST_MS = 120;
const LONGEST_MS = 6_000;
/** Turning takes this share of the way, so that a car faces where it drives. */
const TURN_SHARE = 0.35;

/**
 * Where moving things are between two pieces of news. Each slot glides from where it is shown to where it was last
 * reported, over the time that the next report is expected to take (the longer of the caller's estimate and of this
 * slot's own pace). Arrays grow by doubling; nothing is allocated per frame.
 */
export class MotionTracks {
  private fromLon = new Float64Array(0);
  private fromLat = new Float64Array(0);
  private fromBearing = new Float32Array(0);
  private toLon = new Float64Array(0);
  private toLat = new Float64Array(0);
  private toBearing = new Float32Array(0);
  private startMs = new Float64Array(0);
  private durationMs = new Float32Array(0);
  private paceMs = new Float32Array(0);

  /** Puts a slot somewhere without moving there. */
  place(slot: number, move: Move): void {
    this.reserve(slot + 1);
    this.setTarget(slot, move);
    this.fromLon[slot] = move.lon;
    this.fromLat[slot] = move.lat;
    this.fromBearing[slot] = move.bearingDeg;
    this.durationMs[slot] = 0;
    this.paceMs[slot] = 0;
  }

  moveTo(slot: number, move: Move): void {
    const at = this.at(slot, move.nowMs);
    const gapMs = move.nowMs - this.startMs[slot]!;
    const far = distanceM(at.lon, at.lat, move.lon, move.lat) > move.maxDistanceM;
    if (far || move.expectedMs === 0) {
      this.place(slot, move);
      return;
    }
    const same = move.lon === this.toLon[slot] && move.lat === this.toLat[slot];
    if (same && move.bearingDeg === this.toBearing[slot]) return;
    const pace = this.paceMs[slot]!;
    this.paceMs[slot] = gapMs < LONGEST_MS ? (pace === 0 ? gapMs : pace * 0.7 + gapMs * 0.3) : 0;
    this.fromLon[slot] = at.lon;
    this.fromLat[slot] = at.lat;
    this.fromBearing[slot] = at.bearingDeg;
    this.setTarget(slot, move);
    const wanted = Math.max(move.expectedMs, this.paceMs[slot]) * 1.08;
    this.durationMs[slot] = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, wanted));
  }

  /** What is in one slot goes to another (a table that keeps itself dense moves its last row into a gap). */
  copy(fromSlot: number, toSlot: number): void {
    for (const column of this.columns()) column[toSlot] = column[fromSlot]!;
  }

  at(slot: number, nowMs: number): { lon: number; lat: number; bearingDeg: number } {
    const t = this.progress(slot, nowMs);
    const turn = Math.min(1, t / TURN_SHARE);
    return {
      lon: this.fromLon[slot]! + (this.toLon[slot]! - this.fromLon[slot]!) * t,
      lat: this.fromLat[slot]! + (this.toLat[slot]! - this.fromLat[slot]!) * t,
      bearingDeg: this.fromBearing[slot]! + shortestTurn(this.fromBearing[slot]!, this.toBearing[slot]!) * turn,
    };
  }

  /**
   * Fills `positions` (lon, lat per slot) and `angles` (degrees counter-clockwise, as deck.gl wants) for slots 0 to count - 1.
   * Returns how many are still on their way.
   */
  sample(count: number, nowMs: number, positions: Float64Array, angles: Float32Array): number {
    let moving = 0;
    for (let slot = 0; slot < count; slot++) {
      const t = this.progress(slot, nowMs);
      if (t < 1) moving++;
      const turn = t >= TURN_SHARE ? 1 : t / TURN_SHARE;
      const fromLon = this.fromLon[slot]!;
      const fromLat = this.fromLat[slot]!;
      const from = this.fromBearing[slot]!;
      positions[slot * 2] = fromLon + (this.toLon[slot]! - fromLon) * t;
      positions[slot * 2 + 1] = fromLat + (this.toLat[slot]! - fromLat) * t;
      angles[slot] = -(from + shortestTurn(from, this.toBearing[slot]!) * turn);
    }
    return moving;
  }

  private progress(slot: number, nowMs: number): number {
    const duration = this.durationMs[slot]!;
    if (duration === 0) return 1;
    return Math.min(1, Math.max(0, (nowMs - this.startMs[slot]!) / duration));
  }

  private setTarget(slot: number, move: Move): void {
    this.toLon[slot] = move.lon;
    this.toLat[slot] = move.lat;
    this.toBearing[slot] = move.bearingDeg;
    this.startMs[slot] = move.nowMs;
  }

  private columns(): (Float64Array | Float32Array)[] {
    return [
      this.fromLon,
      this.fromLat,
      this.fromBearing,
      this.toLon,
      this.toLat,
      this.toBearing,
      this.startMs,
      this.durationMs,
      this.paceMs,
    ];
  }

  private reserve(slots: number): void {
    const had = this.startMs.length;
    if (slots <= had) return;
    const size = Math.max(256, had * 2, slots);
    const wide = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(size);
      grown.set(old);
      return grown;
    };
    const narrow = (old: Float32Array): Float32Array<ArrayBuffer> => {
      const grown = new Float32Array(size);
      grown.set(old);
      return grown;
    };
    this.fromLon = wide(this.fromLon);
    this.fromLat = wide(this.fromLat);
    this.toLon = wide(this.toLon);
    this.toLat = wide(this.toLat);
    this.startMs = wide(this.startMs);
    this.fromBearing = narrow(this.fromBearing);
    this.toBearing = narrow(this.toBearing);
    this.durationMs = narrow(this.durationMs);
    this.paceMs = narrow(this.paceMs);
  }
}
