import type { LatLon } from '../events/common.js';
import { HOURS_PER_WEEK } from '../time/city-calendar.js';
import type { DemandPattern, DemandTables } from './demand-model.js';
import { deterrence } from './gravity-demand.js';
import { foldHourOfWeek } from './hour-of-week.js';

/** A trip that was made. */
export interface Trip {
  readonly hourOfWeek: number;
  /** Indexes of zones. */
  readonly from: number;
  readonly to: number;
}

export interface TripZone {
  readonly zone: string;
  readonly centroid: LatLon;
  /** Pick-ups known from elsewhere, in any unit; 0 for all zones when nothing is known. */
  readonly pickups: number;
}

/** Parts of the week in which people travel alike: 5 of a weekday, 3 of a weekend day. */
const WEEKDAY_PERIODS = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
const WEEKEND_PERIODS = [5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7];
const PERIODS = 8;

/** How many trips the prior belief about a zone's origins and about the destinations from one zone counts for. */
const ORIGIN_PRIOR_SHARE = 0.5;
const DESTINATION_PRIOR_TRIPS = 12;

export const periodOf = (hourOfWeek: number): number =>
  (hourOfWeek < 5 * 24 ? WEEKDAY_PERIODS : WEEKEND_PERIODS)[hourOfWeek % 24]!;

/**
 * Demand from trip records. A month's sample has few trips per zone, pair and hour, so counts are pooled over parts of the week
 * and smoothed towards a prior: origins towards the pick-ups of all sources, destinations towards popularity times nearness.
 */
export function tripDemand(zones: readonly TripZone[], trips: readonly Trip[]): DemandTables {
  const counts = Array.from({ length: PERIODS }, () => new Float64Array(zones.length * zones.length));
  for (const { hourOfWeek, from, to } of trips) counts[periodOf(hourOfWeek)]![from * zones.length + to]!++;
  const all = sumOf(counts);
  const originPrior = blendShares(
    zones.map(({ pickups }) => pickups),
    zones.map((_, z) => rowSum(all, z, zones.length)),
  );
  const popularity = blendShares(
    originPrior,
    zones.map((_, z) => columnSum(all, z, zones.length)),
  );
  const patterns = counts.map((period) => patternOf(period, all, zones, originPrior, popularity));
  return {
    zones: zones.map(({ zone }) => zone),
    patterns,
    mixByHour: Array.from({ length: HOURS_PER_WEEK }, (_, hour) =>
      patterns.map((_pattern, period) => (period === periodOf(hour) ? 1 : 0)),
    ),
    hourOfWeek: foldHourOfWeek(trips.map(({ hourOfWeek }) => hourOfWeek)),
  };
}

function patternOf(
  period: Float64Array,
  all: Float64Array,
  zones: readonly TripZone[],
  originPrior: readonly number[],
  popularity: readonly number[],
): DemandPattern {
  const n = zones.length;
  const trips = period.reduce((sum, count) => sum + count, 0);
  const priorTrips = Math.max(1, trips * ORIGIN_PRIOR_SHARE);
  const origins = Float64Array.from(zones, (_, z) => rowSum(period, z, n) + priorTrips * originPrior[z]!);
  const destinations = new Float64Array(n * n);
  for (const [o, from] of zones.entries()) {
    const prior = zones.map((to, d) => popularity[d]! * deterrence(from.centroid, to.centroid));
    const priorSum = prior.reduce((sum, weight) => sum + weight, 0);
    const allSum = rowSum(all, o, n);
    for (let d = 0; d < n; d++) {
      // The zone's own trips of the whole week are a prior too: they tell more than nearness does.
      const wholeWeek = allSum === 0 ? 0 : (all[o * n + d]! / allSum) * DESTINATION_PRIOR_TRIPS;
      const nearness = (prior[d]! / priorSum) * DESTINATION_PRIOR_TRIPS;
      destinations[o * n + d] = period[o * n + d]! + wholeWeek + nearness;
    }
  }
  return { origins, destinations };
}

/** The mean of two lists of weights, each scaled to sum 1; the other alone when one is all 0; equal shares when both are. */
function blendShares(a: readonly number[], b: readonly number[]): number[] {
  const sumA = a.reduce((sum, value) => sum + value, 0);
  const sumB = b.reduce((sum, value) => sum + value, 0);
  const lists = (sumA > 0 ? 1 : 0) + (sumB > 0 ? 1 : 0);
  if (lists === 0) return a.map(() => 1 / a.length);
  return a.map((value, i) => ((sumA > 0 ? value / sumA : 0) + (sumB > 0 ? b[i]! / sumB : 0)) / lists);
}

function sumOf(tables: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(tables[0]?.length ?? 0);
  for (const table of tables) for (let i = 0; i < total.length; i++) total[i]! += table[i]!;
  return total;
}

function rowSum(table: Float64Array, row: number, n: number): number {
  return table.subarray(row * n, (row + 1) * n).reduce((sum, value) => sum + value, 0);
}

function columnSum(table: Float64Array, column: number, n: number): number {
  let sum = 0;
  for (let i = column; i < table.length; i += n) sum += table[i]!;
  return sum;
}
