import type { CityClock } from '@ridestream/platform/clock/city-clock';

export const SPEED_MAX = 600;

/** A tick that comes later than this takes the city no further: the rest of the wall time is lost to it. */
const TICK_WALL_MS_MAX = 250;
/** Nor does one tick take the city further than this: it bounds what a step can say. */
const TICK_CITY_MS_MAX = 15_000;
/** The effective speed is a mean over about this long. */
const WINDOW_MS = 3_000;
/** Within this share of the asked speed the machine counts as keeping up. */
const KEEPS_UP = 0.97;

/**
 * The clock that the whole city goes by. It moves only when the simulation does, so it is never ahead of what has been
 * simulated: a machine that cannot keep up gives a slower city and says so, instead of a growing queue. Never goes backwards.
 */
export class SimCityClock implements CityClock {
  private readonly listeners = new Set<() => void>();
  private cityMs: number;
  private lastWallMs: number;
  private askedSpeed: number;
  private paused = false;
  private effective: number;

  /** @param wallMs a clock that never jumps, such as performance.now() */
  constructor(startMs: number, speed: number, wallMs: number) {
    this.cityMs = startMs;
    this.askedSpeed = speed;
    this.effective = speed;
    this.lastWallMs = wallMs;
  }

  now(): number {
    return Math.floor(this.cityMs);
  }

  /** What followers should count on with: 0 while paused, the asked speed, or what the machine manages of it. */
  speed(): number {
    if (this.paused || this.askedSpeed === 0) return 0;
    if (this.effective >= this.askedSpeed * KEEPS_UP) return this.askedSpeed;
    return Math.round(this.effective * 100) / 100;
  }

  asked(): { readonly speed: number; readonly paused: boolean } {
    return { speed: this.askedSpeed, paused: this.paused };
  }

  /** City seconds in a second, as it was over the last few seconds. */
  effectiveSpeed(): number {
    return this.paused ? 0 : Math.round(this.effective * 100) / 100;
  }

  whenChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** 0 stands still, as paused does. */
  setSpeed(speed: number): void {
    if (!(speed >= 0 && speed <= SPEED_MAX)) throw new RangeError(`a speed is 0 to ${SPEED_MAX}`);
    this.askedSpeed = speed;
    this.effective = speed;
    this.changed();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.changed();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.effective = this.askedSpeed;
    this.changed();
  }

  /** Time has passed on the wall: takes the city along and returns its time. */
  advance(wallMs: number): number {
    const elapsedMs = Math.max(0, wallMs - this.lastWallMs);
    const dueMs = Math.min(elapsedMs, TICK_WALL_MS_MAX) * this.askedSpeed;
    const movedMs = this.paused ? 0 : Math.min(dueMs, TICK_CITY_MS_MAX);
    this.pass(elapsedMs, movedMs, wallMs);
    return this.now();
  }

  /** Time has passed on the wall, and the city stood still: the log could not take more. */
  hold(wallMs: number): void {
    this.pass(Math.max(0, wallMs - this.lastWallMs), 0, wallMs);
  }

  private pass(elapsedMs: number, movedMs: number, wallMs: number): void {
    this.lastWallMs = Math.max(this.lastWallMs, wallMs);
    this.cityMs += movedMs;
    if (this.paused || elapsedMs === 0) return;
    const weight = 1 - Math.exp(-elapsedMs / WINDOW_MS);
    this.effective += (movedMs / elapsedMs - this.effective) * weight;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
