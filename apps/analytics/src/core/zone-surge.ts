import { surgeMultiplier } from '@ridestream/ride-domain/pricing/surge';

const CAP = 3;
/** Share of the way from the old multiplier to the new one that a minute goes: prices must not jump about. */
const STEP = 0.5;

/** The multiplier for the next minute, in steps of a tenth. */
export function nextSurge(current: number, demand: number, supply: number): number {
  const target = surgeMultiplier({ demand, supply, cap: CAP });
  const moved = current + STEP * (target - current);
  // Rounding must not keep the multiplier from ever coming back to the target.
  const rounded = target < current ? Math.floor(moved * 10) / 10 : Math.ceil(moved * 10 - 1e-9) / 10;
  return Math.min(CAP, Math.max(1, rounded));
}
