import type { LatLon } from '../events/common.js';
import { distanceM } from '../geo/geometry.js';
import { WeightedChoice } from '../random/weighted-choice.js';
import type { SeededRandom } from '../random/seeded-random.js';
import { HOURS_PER_WEEK, type CityCalendar } from '../time/city-calendar.js';
import type { RidePlaces } from './ride-places.js';

/** One habit of a city, such as the way to work: where its rides begin, and where they go from there. */
export interface DemandPattern {
  /** Weight per zone. */
  readonly origins: Float64Array;
  /** `destinations[origin * zoneCount + destination]`, weights. */
  readonly destinations: Float64Array;
}

export interface DemandTables {
  readonly zones: readonly string[];
  readonly patterns: readonly DemandPattern[];
  /** Hour of the week -> weight of each pattern in that hour. 168 rows. */
  readonly mixByHour: readonly (readonly number[])[];
  /** Demand of each hour of the week in any unit. 168 values. */
  readonly hourOfWeek: readonly number[];
}

export interface RideDemand {
  readonly pickup: LatLon;
  readonly dropoff: LatLon;
}

/** Nobody calls a car to go less far. */
const TRIP_MIN_M = 500;
const ATTEMPTS_MAX = 10;

/** Where and when people ask for rides. Holds no state: all randomness comes from the caller. */
export class DemandModel {
  readonly #calendar: CityCalendar;
  readonly #places: RidePlaces;
  readonly #zoneIndex: ReadonlyMap<string, number>;
  /** Mean 1 over the week. */
  readonly #hourFactors: readonly number[];
  /** `[hour][zone]`, each row sums to 1. */
  readonly #shares: readonly Float64Array[];
  readonly #patternByHour: readonly WeightedChoice[];
  readonly #originByPattern: readonly WeightedChoice[];
  readonly #destinationByPattern: readonly (readonly WeightedChoice[])[];

  constructor(tables: DemandTables, places: RidePlaces, calendar: CityCalendar) {
    const { zones, patterns, mixByHour, hourOfWeek } = tables;
    if (mixByHour.length !== HOURS_PER_WEEK || hourOfWeek.length !== HOURS_PER_WEEK) throw new RangeError('168 hours');
    this.#calendar = calendar;
    this.#places = places;
    this.#zoneIndex = new Map(zones.map((zone, index) => [zone, index]));
    const mean = hourOfWeek.reduce((sum, factor) => sum + factor, 0) / HOURS_PER_WEEK;
    this.#hourFactors = hourOfWeek.map((factor) => factor / mean);
    this.#patternByHour = mixByHour.map((mix) => new WeightedChoice(mix));
    this.#originByPattern = patterns.map(({ origins }) => new WeightedChoice(origins));
    this.#destinationByPattern = patterns.map(({ destinations }) =>
      zones.map((_, z) => new WeightedChoice(destinations.subarray(z * zones.length, (z + 1) * zones.length))),
    );
    this.#shares = mixByHour.map((mix) => originShares(patterns, mix, zones.length));
  }

  /** Share of the requests at a moment that begin in the zone; over all zones they sum to 1. 0 for an unknown zone. */
  weightOf(zone: string, cityMs: number): number {
    const index = this.#zoneIndex.get(zone);
    return index === undefined ? 0 : this.#shares[this.#calendar.hourOfWeek(cityMs)]![index]!;
  }

  /** Share of a whole week's requests that begin in the zone. */
  shareOfWeek(zone: string): number {
    const index = this.#zoneIndex.get(zone);
    if (index === undefined) return 0;
    return this.#shares.reduce((sum, row, hour) => sum + row[index]! * this.#hourFactors[hour]!, 0) / HOURS_PER_WEEK;
  }

  /** Demand at a moment over the mean of the week: requests per hour = mean requests per hour x this. */
  hourOfWeekFactor(cityMs: number): number {
    return this.#hourFactors[this.#calendar.hourOfWeek(cityMs)]!;
  }

  /** Where the next request at this moment comes from and goes to: points on streets, some way apart. */
  sampleRequest(random: SeededRandom, cityMs: number): RideDemand {
    const pattern = this.#patternByHour[this.#calendar.hourOfWeek(cityMs)]!.draw(random);
    const origin = this.#originByPattern[pattern]!.draw(random);
    return this.#completeTrip(random, pattern, origin);
  }

  /** A request that begins in a given zone, as in a burst of demand there. @throws RangeError for an unknown zone. */
  sampleRequestFrom(zone: string, random: SeededRandom, cityMs: number): RideDemand {
    const origin = this.#zoneIndex.get(zone);
    if (origin === undefined) throw new RangeError(`no zone ${zone}`);
    const pattern = this.#patternByHour[this.#calendar.hourOfWeek(cityMs)]!.draw(random);
    return this.#completeTrip(random, pattern, origin);
  }

  #completeTrip(random: SeededRandom, pattern: number, origin: number): RideDemand {
    const pickup = this.#places.sample(origin, random);
    let dropoff = pickup;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      dropoff = this.#places.sample(this.#destinationByPattern[pattern]![origin]!.draw(random), random);
      if (distanceM(pickup, dropoff) >= TRIP_MIN_M) break;
    }
    return { pickup, dropoff };
  }
}

function originShares(patterns: readonly DemandPattern[], mix: readonly number[], zoneCount: number): Float64Array {
  const shares = new Float64Array(zoneCount);
  const mixSum = mix.reduce((sum, weight) => sum + weight, 0);
  for (const [p, { origins }] of patterns.entries()) {
    const originSum = origins.reduce((sum, weight) => sum + weight, 0);
    for (let z = 0; z < zoneCount; z++) shares[z]! += (mix[p]! / mixSum) * (origins[z]! / originSum);
  }
  return shares;
}
