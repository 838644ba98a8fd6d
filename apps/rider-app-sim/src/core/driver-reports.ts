import { canFollow } from '@ridestream/ride-domain/drivers/driver-states';
import type { DriverState } from '@ridestream/ride-domain/events/driver-events';
import { assert } from './assert.js';
import type { Driver } from './driver.js';
import type { World } from './world.js';

const SEQ_EPOCH_MS = Date.UTC(2020, 0, 1);

/**
 * First sequence number of a phone that is switched on at `cityMs`: tenths of a second of city time. A phone says far less
 * than ten things a second, so this is above all it ever said, also where the log no longer holds that.
 */
export const seqAtStart = (cityMs: number): number => Math.max(0, Math.floor((cityMs - SEQ_EPOCH_MS) / 100));

/** What a driver's phone says about itself, and to which zone. */
export class DriverReports {
  constructor(private readonly world: World) {}

  /** Switches the phone on or to another state and says so. */
  setState(driver: Driver, state: DriverState): void {
    assert(canFollow(driver.state, state), `${driver.id} does not go from ${driver.state} to ${state}`);
    driver.state = state;
    this.status(driver);
  }

  /** A DriverStatus with what holds now; goodbye and hello come before it where a border was crossed. */
  status(driver: Driver): void {
    driver.motion.advance(this.world.now);
    if (!this.crossBorder(driver)) this.sayStatus(driver);
  }

  location(driver: Driver): void {
    const { world } = this;
    const { motion } = driver;
    motion.advance(world.now);
    this.crossBorder(driver);
    world.say({
      topic: 'LocationUpdates',
      partition: world.city.partitionOf(driver.zone),
      event: {
        type: 'driver.location',
        v: 1,
        at: world.now,
        driverId: driver.id,
        seq: ++driver.seq,
        zone: driver.zone,
        position: motion.position(),
        state: driver.state,
        speedMps: motion.speedMps,
        bearingDeg: motion.bearingDeg,
        rideId: driver.rideId,
      },
    });
  }

  /** Goodbye to the old zone, hello to the new one, in this order. False when the driver is where it was. */
  private crossBorder(driver: Driver): boolean {
    const zone = this.zoneOf(driver);
    if (zone === driver.zone) return false;
    const { world } = this;
    if (driver.zone !== '') {
      world.say({
        topic: 'DriverStatus',
        partition: world.city.partitionOf(driver.zone),
        event: {
          type: 'driver.left_zone',
          v: 1,
          at: world.now,
          driverId: driver.id,
          seq: ++driver.seq,
          zone: driver.zone,
          position: driver.motion.position(),
          toZone: zone,
        },
      });
    }
    driver.zone = zone;
    this.sayStatus(driver);
    return true;
  }

  private sayStatus(driver: Driver): void {
    const { world } = this;
    world.say({
      topic: 'DriverStatus',
      partition: world.city.partitionOf(driver.zone),
      event: {
        type: 'driver.status',
        v: 1,
        at: world.now,
        driverId: driver.id,
        seq: ++driver.seq,
        zone: driver.zone,
        position: driver.motion.position(),
        state: driver.state,
        vehicleClass: driver.vehicleClass,
        rideId: driver.rideId,
      },
    });
  }

  /** Looks a point up only on an edge that joins two zones. On a bridge, in no zone at all, the old one holds. */
  private zoneOf(driver: Driver): string {
    const { city } = this.world;
    const { motion } = driver;
    const ahead = city.zoneOfNode(motion.nodeAhead());
    const behind = motion.nodeBehind();
    if (behind >= 0 && city.zoneOfNode(behind) === ahead) return ahead;
    return city.zoneAt({ lat: motion.lat, lon: motion.lon }) ?? (driver.zone === '' ? ahead : driver.zone);
  }
}
