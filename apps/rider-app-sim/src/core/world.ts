import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { EventOn } from '@ridestream/ride-domain/events/topics';
import { assert } from './assert.js';
import type { Drive, SimCity } from './sim-city.js';
import { Timers } from './timers.js';

/** The topics that phones write. */
export type PhoneTopic = 'RideRequests' | 'RideEvents' | 'DriverStatus' | 'LocationUpdates';

/** An event and the zone whose partition it belongs to. */
export type PhoneEvent = {
  [T in PhoneTopic]: { readonly topic: T; readonly partition: number; readonly event: EventOn<T> };
}[PhoneTopic];

/** What all agents share: the city, its time, what they plan to do, and what they said. */
export class World {
  readonly timers = new Timers();
  private said: PhoneEvent[] = [];
  private timeMs: number;

  constructor(
    readonly city: SimCity,
    startMs: number,
  ) {
    this.timeMs = startMs;
  }

  get now(): number {
    return this.timeMs;
  }

  setNow(nowMs: number): void {
    assert(nowMs >= this.timeMs, 'city time does not go backwards');
    this.timeMs = nowMs;
  }

  /** Runs `run` in `delayMs` of city time, rounded to whole milliseconds. */
  after(delayMs: number, run: () => void): void {
    this.timers.set(this.timeMs + Math.max(0, Math.round(delayMs)), run);
  }

  at(cityMs: number, run: () => void): void {
    this.timers.set(Math.max(this.timeMs, Math.ceil(cityMs)), run);
  }

  say(event: PhoneEvent): void {
    this.said.push(event);
  }

  /** What was said since the last call, in order. */
  takeSaid(): readonly PhoneEvent[] {
    const said = this.said;
    this.said = [];
    return said;
  }

  /** The way from a junction to the junction nearest to a point. */
  driveTo(from: number, point: LatLon): Drive {
    return this.drive(from, this.city.nearestNode(point));
  }

  /** Packs are strongly connected, so that there always is a way; if not, the car stays where it is. */
  drive(from: number, to: number): Drive {
    return this.city.route(from, to, this.timeMs) ?? { nodes: [from], secondsAt: [0], durationS: 0, distanceM: 0 };
  }
}
