import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import type { RideEvent } from '@ridestream/ride-domain/events/ride-events';
import { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import { Demand } from './demand.js';
import type { Driver } from './driver.js';
import { DriverReports, seqAtStart } from './driver-reports.js';
import { Duty } from './duty.js';
import { Fleet } from './fleet.js';
import { DRIVER_HABITS } from './habits.js';
import { Offers } from './offers.js';
import { type RememberedCity, type Sleepers, wakeUp } from './remembered-city.js';
import { Riders } from './riders.js';
import { runIdOf } from './ride-ids.js';
import type { SimCity } from './sim-city.js';
import { Trips } from './trips.js';
import { type PhoneEvent, World } from './world.js';

const { locationEveryMs, locationsPerHeartbeat, shiftMs } = DRIVER_HABITS;

/** Agents are looked at this often, in city time. Timers keep their own exact times within. */
export const STEP_MS = 100;
const SLOTS = locationEveryMs / STEP_MS;

export interface SimulationOptions {
  readonly city: SimCity;
  readonly seed: number;
  /** Drivers on the road at any time. */
  readonly drivers: number;
  /** Mean over the week; the hour of the week makes it more or less. */
  readonly requestsPerHour: number;
  /** City time at which this run begins, ms since 1970. */
  readonly startMs: number;
  /** What the log tells of the run before; none: a new city. */
  readonly remembered?: RememberedCity;
}

export interface CityCounts {
  readonly driversByState: Readonly<Record<DriverState, number>>;
  readonly riders: { readonly waiting: number; readonly matched: number; readonly riding: number };
  readonly requests: number;
  readonly turnedAway: number;
}

/**
 * All phones of a city, drivers' and riders'. No clock, no network: {@link step} takes city time forward and returns what the
 * phones said, {@link hear} tells them what was said on the log. The same seed, city and news at the same city times give the same
 * events, however the time is cut into steps.
 */
export class CitySimulation {
  /** Unique per seed and start: part of every ride id. */
  readonly runId: string;
  private readonly world: World;
  private readonly fleet: Fleet;
  private readonly reports: DriverReports;
  private readonly duty: Duty;
  private readonly trips: Trips;
  private readonly offers: Offers;
  private readonly riders: Riders;
  private readonly demand: Demand;
  private readonly commands: SeededRandom;
  /** Drivers who report their location at the same tenth of a second, by that slot. */
  private readonly slots: readonly Driver[][];
  private readonly zones: ReadonlySet<string>;
  private tick: number;

  constructor(options: SimulationOptions) {
    const { city, drivers, requestsPerHour, remembered, seed, startMs } = options;
    this.runId = runIdOf(seed, startMs);
    // Another stream for each run: a city that is resumed must not repeat its first hour.
    const random = new SeededRandom(seed).fork(`run ${startMs}`);
    this.world = new World(city, startMs);
    this.zones = new Set(city.zones());
    this.tick = Math.floor(startMs / STEP_MS);
    this.fleet = new Fleet(this.world, random.fork('fleet'), drivers, remembered?.carsSeen);
    this.reports = new DriverReports(this.world);
    this.duty = new Duty(this.world, this.reports, (driver) => this.fleet.nextOfCar(driver));
    const onFree = (driver: Driver) => this.duty.becomeIdle(driver);
    this.trips = new Trips(this.world, this.reports, onFree);
    this.offers = new Offers(this.world, this.reports, this.trips, onFree);
    this.riders = new Riders(this.world, random.fork('riders'), this.runId, Math.round(requestsPerHour * 4));
    this.demand = new Demand(this.world, random.fork('demand'), this.riders, requestsPerHour);
    this.commands = random.fork('commands');
    this.slots = Array.from({ length: SLOTS }, (_, slot) =>
      this.fleet.drivers.filter((driver) => driver.car % SLOTS === slot),
    );
    this.begin(remembered);
  }

  get now(): number {
    return this.world.now;
  }

  get drivers(): readonly Driver[] {
    return this.fleet.drivers;
  }

  ridesOfRiders(): ReturnType<Riders['follows']> {
    return this.riders.follows();
  }

  /** Takes the city to `nowMs`, which must not go back, and returns what the phones said since the last step, in order. */
  step(nowMs: number): readonly PhoneEvent[] {
    const lastTick = Math.floor(nowMs / STEP_MS);
    while (this.tick < lastTick) {
      this.tick++;
      const tickMs = this.tick * STEP_MS;
      this.runTimers(tickMs);
      this.reportLocations(tickMs);
    }
    this.runTimers(nowMs);
    return this.world.takeSaid();
  }

  /** News from RideEvents, at the city time of the last step. What phones wrote comes back, too: riders learn from it. */
  hear(event: RideEvent): void {
    // Rides of another city that used the same log are none of these phones' business.
    if (!this.zones.has(event.zone)) return;
    this.riders.hear(event);
    this.offers.overhear(event);
    this.trips.overhear(event);
    if (event.type === 'ride.offered') this.withPhone(event.driverId, (driver) => this.offers.offered(driver, event));
    if (event.type === 'ride.assigned') this.withPhone(event.driverId, (driver) => this.offers.assigned(driver, event));
  }

  /** The price in a zone, for quotes from now on. */
  hearPrice(zone: string, surge: number): void {
    this.riders.setSurge(zone, surge);
  }

  /** So many requests more from a zone, at random moments of the time given. */
  demandBurst(zone: string, requests: number, durationMs: number): void {
    this.demand.burst(zone, requests, durationMs);
  }

  /**
   * Sends a share of the drivers on duty, in one zone or in all, off the road for a time; those with a ride finish it first.
   * Returns how many were asked.
   */
  driversOff(zone: string | undefined, share: number, durationMs: number): number {
    const there = this.drivers.filter(
      (driver) => driver.state !== 'offline' && (zone === undefined || driver.zone === zone),
    );
    const asked = this.commands.shuffled(there).slice(0, Math.round(there.length * share));
    for (const driver of asked) this.duty.stayOff(driver, this.world.now + durationMs);
    return asked.length;
  }

  counts(): CityCounts {
    const driversByState = { offline: 0, idle: 0, offered: 0, en_route: 0, waiting: 0, on_trip: 0 };
    for (const driver of this.drivers) driversByState[driver.state]++;
    const { requests, turnedAway } = this.riders;
    return { driversByState, riders: this.riders.counts(), requests, turnedAway };
  }

  private begin(remembered: RememberedCity | undefined): void {
    const seq = seqAtStart(this.world.now);
    for (const driver of this.drivers) driver.seq = seq;
    if (remembered !== undefined) wakeUp(within(remembered, this.zones), this.parts());
    for (let car = 0; car < this.fleet.cars; car++) {
      const team = this.fleet.driversOf(car);
      const [first] = team;
      if (first === undefined || team.some((driver) => driver.state !== 'offline')) continue;
      // Shifts do not all end at once.
      this.duty.goOn(first, first.random.next() * shiftMs[1]);
    }
    this.demand.start();
  }

  private parts(): Sleepers {
    const { duty, fleet, offers, reports, riders, trips, world } = this;
    return { duty, fleet, offers, reports, riders, trips, world };
  }

  private withPhone(driverId: string, act: (driver: Driver) => void): void {
    const driver = this.fleet.get(driverId);
    if (driver !== undefined) act(driver);
  }

  private runTimers(untilMs: number): void {
    for (let timer = this.world.timers.takeDue(untilMs); timer; timer = this.world.timers.takeDue(untilMs)) {
      this.world.setNow(Math.max(this.world.now, timer.at));
      timer.run();
    }
    this.world.setNow(untilMs);
  }

  private reportLocations(tickMs: number): void {
    const round = Math.floor(tickMs / locationEveryMs);
    for (const driver of this.slots[this.tick % SLOTS]!) {
      if (driver.state === 'offline') continue;
      this.reports.location(driver);
      if ((round + driver.car) % locationsPerHeartbeat === 0) this.reports.status(driver);
    }
  }
}

const within = ({ drivers, rides, carsSeen }: RememberedCity, zones: ReadonlySet<string>): RememberedCity => ({
  drivers: drivers.filter(({ zone }) => zones.has(zone)),
  rides: rides.filter(({ request }) => zones.has(request.zone)),
  carsSeen,
});
