import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { CitySimulation, type SimulationOptions } from '../src/core/city-simulation.js';
import type { PhoneEvent } from '../src/core/world.js';
import { GridCity } from './grid-city.js';
import type { MiniDispatch } from './mini-dispatch.js';

export const MONDAY_8 = Date.UTC(2026, 2, 2, 8);

/** A simulation on the grid city with everything that was said, and a dispatcher if one is wanted. */
export class SmallCity {
  readonly city = new GridCity();
  readonly sim: CitySimulation;
  /** What phones and dispatch wrote to the log, in order. */
  readonly log: PhoneEvent[] = [];
  readonly dispatch: MiniDispatch | null;

  constructor(options: Partial<SimulationOptions> = {}, dispatch: MiniDispatch | null = null) {
    this.dispatch = dispatch;
    this.sim = new CitySimulation({
      city: this.city,
      seed: 1,
      drivers: 1,
      requestsPerHour: 0,
      startMs: MONDAY_8,
      ...options,
    });
  }

  /** Takes the city so many seconds further, in steps. */
  run(seconds: number, stepMs = 1000): this {
    const end = this.sim.now + seconds * 1000;
    while (this.sim.now < end) this.step(Math.min(end, this.sim.now + stepMs));
    return this;
  }

  /** Dispatch says something. */
  tell(event: RideEvent): void {
    this.log.push({ topic: 'RideEvents', partition: this.city.partitionOf(event.zone), event });
    this.sim.hear(event);
  }

  /** Ride events so far, phones' and dispatch's. */
  rideEvents(): RideEvent[] {
    return this.log.flatMap((said) => (said.topic === 'RideEvents' ? [said.event] : []));
  }

  private step(nowMs: number): void {
    const said = this.sim.step(nowMs);
    for (const event of said) {
      this.log.push(event);
      if (event.topic === 'RideEvents') this.sim.hear(event.event);
      for (const answer of this.dispatch?.hear(event) ?? []) this.tell(answer);
    }
    for (const answer of this.dispatch?.tick(nowMs) ?? []) this.tell(answer);
  }
}
