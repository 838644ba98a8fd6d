import type { Driver } from './driver.js';
import type { DriverReports } from './driver-reports.js';
import { DRIVER_HABITS } from './habits.js';
import { pickWeighted } from './random.js';
import type { World } from './world.js';

const { cruise, cruisePaceMs, idleBeforeCruiseMs, shiftMs } = DRIVER_HABITS;

/**
 * What drivers do between rides: wait, cruise slowly to where riders are, hand the car to the next driver at the end of the
 * shift, or stay off the road for a while. A ride in hand is always finished first.
 */
export class Duty {
  constructor(
    private readonly world: World,
    private readonly reports: DriverReports,
    /** Who drives the same car after this driver. */
    private readonly nextOfCar: (driver: Driver) => Driver | null,
  ) {}

  /** Switches the phone on, where the car stands. */
  goOn(driver: Driver, shiftLengthMs = driver.random.between(...shiftMs)): void {
    driver.offUntil = 0;
    driver.shiftEndsAt = this.world.now + shiftLengthMs;
    this.watchShift(driver);
    this.becomeIdle(driver);
  }

  /** A phone that was switched on again: the rest of the shift is drawn anew, for the log does not hold it. */
  resume(driver: Driver): void {
    driver.shiftEndsAt = this.world.now + driver.random.next() * shiftMs[1];
    this.watchShift(driver);
    if (driver.state === 'idle') this.planCruise(driver);
  }

  /** The driver's hands are free: idle, unless it is time to leave. */
  becomeIdle(driver: Driver): void {
    if (this.leavesNow(driver)) return;
    this.reports.setState(driver, 'idle');
    driver.idleTurn++;
    this.planCruise(driver);
  }

  /** Off the road until `untilMs`, at once or after the ride in hand. */
  stayOff(driver: Driver, untilMs: number): void {
    driver.offUntil = untilMs;
    if (driver.state === 'idle') this.leavesNow(driver);
  }

  private watchShift(driver: Driver): void {
    const { shiftEndsAt } = driver;
    this.world.at(shiftEndsAt, () => {
      if (driver.shiftEndsAt === shiftEndsAt && driver.state === 'idle') this.leavesNow(driver);
    });
  }

  private leavesNow(driver: Driver): boolean {
    const { now } = this.world;
    if (driver.offUntil > now) {
      this.goOff(driver);
      this.world.at(driver.offUntil, () => {
        if (driver.state === 'offline') this.goOn(driver, Math.max(0, driver.shiftEndsAt - this.world.now));
      });
      return true;
    }
    if (driver.shiftEndsAt > now) return false;
    this.goOff(driver);
    const next = this.nextOfCar(driver);
    if (next !== null) {
      next.motion.parkAt(driver.motion.nodeAhead());
      this.goOn(next);
    }
    return true;
  }

  private goOff(driver: Driver): void {
    driver.motion.advance(this.world.now);
    driver.motion.stop(this.world.now);
    driver.idleTurn++;
    this.reports.setState(driver, 'offline');
    driver.motion.parkAt(driver.motion.nodeAhead());
  }

  private planCruise(driver: Driver): void {
    const turn = driver.idleTurn;
    this.world.after(driver.random.between(...idleBeforeCruiseMs), () => {
      if (driver.idleTurn !== turn || driver.state !== 'idle') return;
      if (driver.random.chance(cruise)) this.cruiseTowardDemand(driver);
      this.planCruise(driver);
    });
  }

  private cruiseTowardDemand(driver: Driver): void {
    const { city, now } = this.world;
    const zones = [driver.zone, ...city.neighbours(driver.zone)];
    const zone = pickWeighted(driver.random, zones, (name) => city.demandWeight(name, now));
    const nodes = zone === undefined ? [] : city.nodesIn(zone);
    if (nodes.length === 0) return;
    driver.motion.advance(now);
    const drive = this.world.drive(driver.motion.nodeAhead(), driver.random.pick(nodes));
    driver.motion.follow(drive, now, cruisePaceMs);
  }
}
