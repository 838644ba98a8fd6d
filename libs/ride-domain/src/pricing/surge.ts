export interface SurgeInput {
  /** Requests in the window, in and around the zone. */
  readonly demand: number;
  /** Drivers who could take them. */
  readonly supply: number;
  /** Highest multiplier. */
  readonly cap: number;
}

/** Fewer requests than this tell nothing: one rider at night in an empty zone is no surge. */
export const SURGE_DEMAND_MIN = 3;

/**
 * The price multiplier for a zone: `min(1 + (demand - supply) / supply, cap)`, never below 1, and the cap when drivers are wanted
 * and none is there. The formula is the open one in the ride-hailing literature; see the package's README.
 *
 * @throws RangeError for counts below 0 and a cap below 1.
 */
export function surgeMultiplier({ demand, supply, cap }: SurgeInput): number {
  if (!(demand >= 0)) throw new RangeError(`demand ${demand}`);
  if (!(supply >= 0)) throw new RangeError(`supply ${supply}`);
  if (!(cap >= 1)) throw new RangeError(`cap ${cap}`);
  if (demand < SURGE_DEMAND_MIN || demand <= supply) return 1;
  return supply === 0 ? cap : Math.min(cap, 1 + (demand - supply) / supply);
}
