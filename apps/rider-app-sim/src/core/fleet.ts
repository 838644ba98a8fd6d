import type { VehicleClass } from '@ridestream/ride-domain/events/common';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';
import { Driver } from './driver.js';
import { Motion } from './motion.js';
import { pickWeighted } from './random.js';
import type { World } from './world.js';

/** Each car is driven in turns by a driver a, b and c, so that as many cars are on the road as were asked for. */
const TURNS = ['a', 'b', 'c'] as const;
const ID = /^driver-(\d{5,6})([abc])$/;

/** `driver-00001a` is the first driver of car 0. */
export const driverId = (car: number, turn: number): string =>
  `driver-${String(car + 1).padStart(5, '0')}${TURNS[turn]!}`;

/** Car of one of the fleet's drivers; null for the id of anybody else. */
export function carOf(id: string): number | null {
  const match = ID.exec(id);
  return match === null ? null : Number(match[1]) - 1;
}

/** Of ten cars one is an XL and one is premium, beginning with a standard one. */
const classOfCar = (car: number): VehicleClass => (car % 10 === 6 ? 'xl' : car % 10 === 9 ? 'premium' : 'standard');

/** All drivers, on and off duty. */
export class Fleet {
  readonly drivers: readonly Driver[];
  private readonly byId: ReadonlyMap<string, Driver>;

  /** @param cars how many are on the road @param allCars more where cars of an earlier run are still out: they go home */
  constructor(
    world: World,
    random: SeededRandom,
    readonly cars: number,
    allCars = cars,
  ) {
    const places = random.fork('places');
    this.drivers = Array.from({ length: Math.max(cars, allCars) }, (_, car) => {
      const node = startNode(world, places);
      return TURNS.map((_letter, turn) => {
        const id = driverId(car, turn);
        return new Driver(id, car, classOfCar(car), random.fork(id), new Motion(world.city, node));
      });
    }).flat();
    this.byId = new Map(this.drivers.map((driver) => [driver.id, driver]));
  }

  get(id: string): Driver | undefined {
    return this.byId.get(id);
  }

  driversOf(car: number): readonly Driver[] {
    return this.drivers.slice(car * TURNS.length, (car + 1) * TURNS.length);
  }

  /** Who takes the car over: nobody when it is one too many, or when another drives it already. */
  nextOfCar(driver: Driver): Driver | null {
    const team = this.driversOf(driver.car);
    const busy = team.some((other) => other !== driver && other.state !== 'offline');
    if (busy || driver.car >= this.cars) return null;
    return team[(team.indexOf(driver) + 1) % team.length]!;
  }
}

/** A junction in a zone picked by its demand: drivers wait where riders are. */
function startNode({ city, now }: World, random: SeededRandom): number {
  const zone = pickWeighted(random, city.zones(), (name) => city.demandWeight(name, now));
  const nodes = zone === undefined ? [] : city.nodesIn(zone);
  return nodes.length > 0 ? random.pick(nodes) : random.int(city.nodeLat.length);
}
