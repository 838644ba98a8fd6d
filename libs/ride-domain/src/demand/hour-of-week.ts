import { HOURS_PER_WEEK } from '../time/city-calendar.js';

/**
 * Ride demand of a large city over a day, as a share of the busiest weekday hour, by hand from the shape that published taxi
 * counts have: a trough before dawn, a morning and a higher evening peak; late and long nights at the weekend.
 */
const WEEKDAY = [
  0.28, 0.18, 0.12, 0.09, 0.1, 0.18, 0.4, 0.68, 0.86, 0.8, 0.7, 0.68, 0.71, 0.72, 0.74, 0.76, 0.82, 0.95, 1, 0.98, 0.88,
  0.78, 0.64, 0.45,
];
const FRIDAY_EVENING = [0.86, 0.98, 1.08, 1.1, 1.02, 0.96, 0.94, 0.86];
const SATURDAY = [
  0.72, 0.58, 0.44, 0.3, 0.2, 0.14, 0.2, 0.3, 0.43, 0.56, 0.66, 0.74, 0.8, 0.82, 0.83, 0.84, 0.87, 0.94, 1.04, 1.08,
  1.02, 1, 1.02, 0.98,
];
const SUNDAY = [
  0.86, 0.72, 0.56, 0.38, 0.24, 0.15, 0.17, 0.24, 0.36, 0.5, 0.62, 0.7, 0.74, 0.74, 0.73, 0.72, 0.72, 0.74, 0.75, 0.7,
  0.6, 0.5, 0.4, 0.3,
];

/** 168 hours from Monday at midnight. */
export const TYPICAL_HOUR_OF_WEEK: readonly number[] = [
  ...[1, 2, 3, 4].flatMap(() => WEEKDAY),
  ...WEEKDAY.slice(0, 16),
  ...FRIDAY_EVENING,
  ...SATURDAY,
  ...SUNDAY,
];

/**
 * An hour-of-week profile from the hours in which trips began. Counts of a sample jump about, so each hour is smoothed with its two
 * neighbours (1-2-1) and never falls below 2 % of the mean. The typical profile when there are no trips.
 */
export function foldHourOfWeek(hours: Iterable<number>): readonly number[] {
  const counts = new Array<number>(HOURS_PER_WEEK).fill(0);
  let total = 0;
  for (const hour of hours) {
    counts[hour]!++;
    total++;
  }
  if (total === 0) return TYPICAL_HOUR_OF_WEEK;
  const least = (0.02 * total) / HOURS_PER_WEEK;
  return counts.map((count, hour) => {
    const before = counts[(hour + HOURS_PER_WEEK - 1) % HOURS_PER_WEEK]!;
    const after = counts[(hour + 1) % HOURS_PER_WEEK]!;
    return Math.max(least, (before + 2 * count + after) / 4);
  });
}
