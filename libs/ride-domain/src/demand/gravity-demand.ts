import type { LatLon } from '../events/common.js';
import { distanceM } from '../geo/geometry.js';
import { HOURS_PER_WEEK } from '../time/city-calendar.js';
import type { DemandPattern, DemandTables } from './demand-model.js';
import { TYPICAL_HOUR_OF_WEEK } from './hour-of-week.js';

/** What draws people to a zone, in any unit that is the same for all zones of the city. */
export interface ZoneAttraction {
  readonly zone: string;
  readonly centroid: LatLon;
  readonly homes: number;
  readonly jobs: number;
  readonly leisure: number;
}

/** The distance at which a place draws 1/e of what it draws next door. */
const REACH_M = 3_000;

const PURPOSES = ['commute', 'way home', 'going out', 'coming home', 'errand'] as const;
type Purpose = (typeof PURPOSES)[number];

/**
 * Demand from what is in each zone, for cities without trip records. A gravity model (Wilson 1967): people go from zone to zone in
 * proportion to what is at both ends, and less the farther it is. Five purposes take turns over the week.
 */
export function gravityDemand(zones: readonly ZoneAttraction[], hourOfWeek = TYPICAL_HOUR_OF_WEEK): DemandTables {
  const homes = zones.map((zone) => zone.homes);
  const jobs = zones.map((zone) => zone.jobs);
  const leisure = zones.map((zone) => zone.leisure);
  const anything = zones.map((zone) => zone.homes + zone.jobs + zone.leisure);
  const ends: Record<Purpose, readonly [readonly number[], readonly number[]]> = {
    commute: [homes, jobs],
    'way home': [jobs, homes],
    'going out': [homes, leisure],
    'coming home': [leisure, homes],
    errand: [anything, anything],
  };
  return {
    zones: zones.map(({ zone }) => zone),
    patterns: PURPOSES.map((purpose) => gravityPattern(zones, ...ends[purpose])),
    mixByHour: Array.from({ length: HOURS_PER_WEEK }, (_, hour) => purposeMix(hour)),
    hourOfWeek,
  };
}

/** How much nearer places are preferred. */
export const deterrence = (from: LatLon, to: LatLon): number => Math.exp(-distanceM(from, to) / REACH_M);

function gravityPattern(
  zones: readonly ZoneAttraction[],
  origins: readonly number[],
  attractions: readonly number[],
): DemandPattern {
  const destinations = new Float64Array(zones.length * zones.length);
  for (const [o, from] of zones.entries()) {
    for (const [d, to] of zones.entries()) {
      destinations[o * zones.length + d] = attractions[d]! * deterrence(from.centroid, to.centroid);
    }
  }
  return { origins: Float64Array.from(origins), destinations };
}

/** Weights of the purposes in an hour of the week: bells around the hours at which people leave. */
function purposeMix(hourOfWeek: number): number[] {
  const hour = hourOfWeek % 24;
  const weekend = hourOfWeek >= 5 * 24;
  const bell = (peak: number, width: number): number => {
    const apart = Math.min(Math.abs(hour - peak), 24 - Math.abs(hour - peak));
    return Math.exp(-0.5 * (apart / width) ** 2);
  };
  const work = weekend ? 0.15 : 1;
  const fun = weekend ? 1.6 : 1;
  const mix: Record<Purpose, number> = {
    commute: work * 1.6 * bell(8, 1.6),
    'way home': work * 1.5 * bell(18, 1.9),
    'going out': fun * 0.8 * bell(20, 2.2),
    'coming home': fun * 0.9 * bell(0, 2.6),
    errand: 0.1 + 0.7 * bell(13, 4),
  };
  return PURPOSES.map((purpose) => mix[purpose]);
}
