/**
 * The time in the city. It may run faster than the wall clock, and it may stand still: nothing that concerns rides or
 * drivers may ask the machine for the time.
 */
export interface CityClock {
  /** City time in milliseconds since 1970. Never goes backwards. */
  now(): number;
  /** City seconds in a second of wall time; 0 while paused. */
  speed(): number;
  /** Calls back when the speed changes. Returns the way to stop that. */
  whenChanged(listener: () => void): () => void;
}

/** Where nobody sets the city's time it is the wall clock's. */
export class SystemCityClock implements CityClock {
  now(): number {
    return Date.now();
  }

  speed(): number {
    return 1;
  }

  whenChanged(): () => void {
    return () => undefined;
  }
}

/** For tests: stands still until it is moved. */
export class ManualCityClock implements CityClock {
  private readonly listeners = new Set<() => void>();
  private currentSpeed = 1;

  constructor(private currentMs: number) {}

  now(): number {
    return this.currentMs;
  }

  speed(): number {
    return this.currentSpeed;
  }

  whenChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  advance(ms: number): void {
    if (ms < 0) throw new RangeError('city time does not go backwards');
    this.currentMs += ms;
  }

  setSpeed(speed: number): void {
    this.currentSpeed = speed;
    for (const listener of this.listeners) listener();
  }
}
