import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { VehicleTuple } from '../../../src/live/protocol.js';
import { MotionTracks } from './motion.js';

/** The order is the number that the map keeps for a state. */
export const DRIVER_STATES = [
  'idle',
  'offered',
  'en_route',
  'waiting',
  'on_trip',
  'offline',
] as const satisfies DriverState[];
const NUMBER_OF = new Map<DriverState, number>(DRIVER_STATES.map((state, number) => [state, number]));

export interface Vehicle {
  readonly driverId: string;
  readonly state: DriverState;
  readonly rideId: string | null;
  readonly lon: number;
  readonly lat: number;
  readonly bearingDeg: number;
}

export interface Pace {
  readonly nowMs: number;
  readonly expectedMs: number;
  readonly maxDistanceM: number;
}

/**
 * All vehicles, a row each, without gaps, so that the map reads them as typed arrays. A row's number changes when another
 * vehicle goes: keep driver ids, not rows.
 */
export class VehicleTable {
  /** Grows with every change of a state or of who is there: what the map colours by. Not with mere movement. */
  version = 0;
  readonly tracks = new MotionTracks();
  private readonly ids: string[] = [];
  private readonly rides: (string | null)[] = [];
  private readonly rowOf = new Map<string, number>();
  private states = new Uint8Array(256);

  get count(): number {
    return this.ids.length;
  }

  stateNumber(row: number): number {
    return this.states[row]!;
  }

  driverId(row: number): string | undefined {
    return this.ids[row];
  }

  row(driverId: string): number | undefined {
    return this.rowOf.get(driverId);
  }

  get(driverId: string, nowMs: number): Vehicle | null {
    const row = this.rowOf.get(driverId);
    if (row === undefined) return null;
    const state = DRIVER_STATES[this.states[row]!]!;
    return { driverId, state, rideId: this.rides[row] ?? null, ...this.tracks.at(row, nowMs) };
  }

  countByState(): Record<DriverState, number> {
    const counts = { idle: 0, offered: 0, en_route: 0, waiting: 0, on_trip: 0, offline: 0 };
    for (let row = 0; row < this.ids.length; row++) counts[DRIVER_STATES[this.states[row]!]!]++;
    return counts;
  }

  upsert([driverId, lon, lat, bearingDeg, state, rideId]: VehicleTuple, pace: Pace): void {
    const number = NUMBER_OF.get(state) ?? NUMBER_OF.get('offline')!;
    const row = this.rowOf.get(driverId);
    if (row === undefined) {
      this.add(driverId, number, rideId);
      this.tracks.place(this.ids.length - 1, { lon, lat, bearingDeg, ...pace });
      return;
    }
    if (this.states[row] !== number) this.version++;
    this.states[row] = number;
    this.rides[row] = rideId;
    this.tracks.moveTo(row, { lon, lat, bearingDeg, ...pace });
  }

  remove(driverId: string): void {
    const row = this.rowOf.get(driverId);
    if (row === undefined) return;
    const last = this.ids.length - 1;
    if (row !== last) {
      const moved = this.ids[last]!;
      this.ids[row] = moved;
      this.rides[row] = this.rides[last]!;
      this.states[row] = this.states[last]!;
      this.tracks.copy(last, row);
      this.rowOf.set(moved, row);
    }
    this.ids.pop();
    this.rides.pop();
    this.rowOf.delete(driverId);
    this.version++;
  }

  /** Drops all that are not named; those named keep their motion. */
  retain(keep: ReadonlySet<string>): void {
    for (const driverId of this.ids.filter((id) => !keep.has(id))) this.remove(driverId);
  }

  private add(driverId: string, state: number, rideId: string | null): void {
    const row = this.ids.length;
    if (row >= this.states.length) {
      const grown = new Uint8Array(this.states.length * 2);
      grown.set(this.states);
      this.states = grown;
    }
    this.ids.push(driverId);
    this.rides.push(rideId);
    this.states[row] = state;
    this.rowOf.set(driverId, row);
    this.version++;
  }
}
