import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { Drive, SimCity } from './sim-city.js';

const METRES_PER_DEGREE = 111_195;
const DEGREES_PER_RADIAN = 180 / Math.PI;
/** Travel times of real road data have outliers of a second for a long edge: a phone would not report such a speed. */
const SPEED_MAX_MPS = 45;

/**
 * Where a car is: at a junction, or on its way along a drive. A car that is sent elsewhere in mid-edge first goes on to the
 * junction ahead, which is the approach of its next drive.
 */
export class Motion {
  lat: number;
  lon: number;
  bearingDeg = 0;
  speedMps = 0;

  private drive: Drive | null = null;
  /** When the drive's first node is passed; before that the car is on the approach to it. */
  private startMs = 0;
  private approachLat = 0;
  private approachLon = 0;
  private approachMs = 0;
  /** City milliseconds for a second of the drive. 1000 is the pace of traffic, more is slower. */
  private msPerSecond = 1000;
  private cursor = -1;
  private headingFor = -1;

  constructor(
    private readonly city: SimCity,
    private node: number,
  ) {
    this.lat = city.nodeLat[node]!;
    this.lon = city.nodeLon[node]!;
  }

  get moving(): boolean {
    return this.drive !== null;
  }

  /** When the car will be at the end of its drive; now or earlier when it stands. */
  get arrivesAt(): number {
    return this.drive === null ? 0 : this.startMs + this.drive.durationS * this.msPerSecond;
  }

  /** The junction where the car stands, or the next one ahead of it. */
  nodeAhead(): number {
    if (this.drive === null) return this.node;
    return this.drive.nodes[this.cursor + 1] ?? this.node;
  }

  /** The junction that the car left last: {@link nodeAhead} while it stands, -1 on an approach from mid-edge. */
  nodeBehind(): number {
    if (this.drive === null) return this.node;
    return this.cursor < 0 ? -1 : this.drive.nodes[this.cursor]!;
  }

  position(): LatLon {
    return { lat: round6(this.lat), lon: round6(this.lon) };
  }

  /** The car stands at a junction, its phone off. */
  parkAt(node: number): void {
    this.place({ lat: this.city.nodeLat[node]!, lon: this.city.nodeLon[node]! }, node);
  }

  /** Puts a car that stands at a junction anywhere on the map: a phone that was switched on again. */
  place(point: LatLon, node: number): void {
    this.drive = null;
    this.speedMps = 0;
    this.node = node;
    this.lat = point.lat;
    this.lon = point.lon;
  }

  /** Sets out along `drive`, which begins at {@link nodeAhead}. Call {@link advance} for the same instant before. */
  follow(drive: Drive, nowMs: number, msPerSecond = 1000): void {
    const approachMs = this.timeToNodeAhead(nowMs);
    this.approachLat = this.lat;
    this.approachLon = this.lon;
    this.approachMs = nowMs;
    this.startMs = nowMs + approachMs;
    this.msPerSecond = msPerSecond;
    this.drive = drive;
    this.cursor = -1;
    this.headingFor = -1;
    this.node = drive.nodes[drive.nodes.length - 1]!;
    if (approachMs > 0) this.turnOnApproach(drive.nodes[0]!);
  }

  /** Stops at the next junction. */
  stop(nowMs: number): void {
    if (this.drive === null) return;
    const node = this.nodeAhead();
    this.follow({ nodes: [node], secondsAt: [0], durationS: 0, distanceM: 0 }, nowMs);
  }

  /** Moves the car to where it is at `nowMs`, which must not go back. */
  advance(nowMs: number): void {
    const drive = this.drive;
    if (drive === null) return;
    if (nowMs < this.startMs) {
      const part = (nowMs - this.approachMs) / (this.startMs - this.approachMs);
      const first = drive.nodes[0]!;
      this.lat = this.approachLat + (this.city.nodeLat[first]! - this.approachLat) * part;
      this.lon = this.approachLon + (this.city.nodeLon[first]! - this.approachLon) * part;
      return;
    }
    const seconds = (nowMs - this.startMs) / this.msPerSecond;
    if (seconds >= drive.durationS) {
      this.arrive();
      return;
    }
    if (this.cursor < 0) this.cursor = 0;
    while (this.cursor + 2 < drive.nodes.length && drive.secondsAt[this.cursor + 1]! <= seconds) this.cursor++;
    if (this.headingFor !== this.cursor) this.turn(drive);
    this.interpolate(drive, seconds);
  }

  private interpolate(drive: Drive, seconds: number): void {
    const from = drive.nodes[this.cursor]!;
    const to = drive.nodes[this.cursor + 1]!;
    const begin = drive.secondsAt[this.cursor]!;
    const part = (seconds - begin) / (drive.secondsAt[this.cursor + 1]! - begin);
    const { nodeLat, nodeLon } = this.city;
    this.lat = nodeLat[from]! + (nodeLat[to]! - nodeLat[from]!) * part;
    this.lon = nodeLon[from]! + (nodeLon[to]! - nodeLon[from]!) * part;
  }

  private arrive(): void {
    this.lat = this.city.nodeLat[this.node]!;
    this.lon = this.city.nodeLon[this.node]!;
    this.drive = null;
    this.speedMps = 0;
  }

  private timeToNodeAhead(nowMs: number): number {
    if (this.drive === null) return this.timeFromOffRoad();
    if (this.cursor < 0) return this.startMs - nowMs;
    const at = this.drive.secondsAt[this.cursor + 1] ?? this.drive.durationS;
    return Math.max(0, this.startMs + at * this.msPerSecond - nowMs);
  }

  /** A restored phone may be between junctions: it drives to its node at a walking car's 5 m/s. */
  private timeFromOffRoad(): number {
    const metres = distanceM(this.lat, this.lon, this.city.nodeLat[this.node]!, this.city.nodeLon[this.node]!);
    return Math.round(metres * 200);
  }

  private turn(drive: Drive): void {
    this.headingFor = this.cursor;
    const from = drive.nodes[this.cursor]!;
    const to = drive.nodes[this.cursor + 1]!;
    const { nodeLat, nodeLon } = this.city;
    const seconds = ((drive.secondsAt[this.cursor + 1]! - drive.secondsAt[this.cursor]!) * this.msPerSecond) / 1000;
    this.head(nodeLat[from]!, nodeLon[from]!, to, seconds);
  }

  private turnOnApproach(first: number): void {
    this.head(this.lat, this.lon, first, (this.startMs - this.approachMs) / 1000);
  }

  private head(lat: number, lon: number, to: number, seconds: number): void {
    const toLat = this.city.nodeLat[to]!;
    const toLon = this.city.nodeLon[to]!;
    const metres = distanceM(lat, lon, toLat, toLon);
    this.speedMps = Math.min(SPEED_MAX_MPS, seconds > 0 ? Math.round((metres / seconds) * 10) / 10 : 0);
    if (metres < 0.5) return;
    const east = (toLon - lon) * Math.cos(lat / DEGREES_PER_RADIAN);
    const degrees = Math.atan2(east, toLat - lat) * DEGREES_PER_RADIAN;
    this.bearingDeg = Math.round(degrees + 360) % 360;
  }
}

/** Six decimals are 0.1 m: what a phone knows, and short in the log. */
export const round6 = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

/** Equirectangular, which is within a metre at the size of a city. */
export function distanceM(latA: number, lonA: number, latB: number, lonB: number): number {
  const north = latB - latA;
  const east = (lonB - lonA) * Math.cos(((latA + latB) / 2) * (Math.PI / 180));
  return Math.sqrt(north * north + east * east) * METRES_PER_DEGREE;
}
