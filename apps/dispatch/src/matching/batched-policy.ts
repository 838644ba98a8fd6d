import { solveAssignment } from './assignment.js';
import type { Candidates, Match, MatchInput, MatchPolicy } from './policy.js';

/** What it costs to leave a rider waiting for another tick, in seconds of driving to the pick-up. */
export interface Fairness {
  readonly baseS: number;
  /** Seconds of driving that one second of waiting is worth: those who waited longest are served first when drivers are few. */
  readonly perWaitedS: number;
}

export const DEFAULT_FAIRNESS: Fairness = { baseS: 1200, perWaitedS: 2 };

/**
 * All waiting rides against all idle drivers at once: the least total driving time to the pick-ups, where leaving a rider
 * waiting has a price that grows with the wait.
 */
export class BatchedPolicy implements MatchPolicy {
  readonly name = 'batched';

  constructor(
    private readonly findCandidates: (input: MatchInput) => Candidates,
    private readonly fairness: Fairness = DEFAULT_FAIRNESS,
  ) {}

  match(input: MatchInput): Match[] {
    const { rides, drivers } = input;
    if (rides.length === 0 || drivers.length === 0) return [];
    const candidates = this.findCandidates(input);
    const { columnOf } = solveAssignment({
      rowCount: rides.length,
      columnCount: drivers.length,
      rowStart: candidates.rowStart,
      column: candidates.driver,
      cost: candidates.etaS,
      unassignedCost: Float64Array.from(rides, ({ waitedS }) => this.priceOfWaiting(waitedS)),
    });
    return rides.flatMap((_, ride) => {
      const match = columnOf[ride] === -1 ? undefined : describeMatch(candidates, ride, columnOf[ride]!);
      return match ? [match] : [];
    });
  }

  private priceOfWaiting(waitedS: number): number {
    return this.fairness.baseS + this.fairness.perWaitedS * Math.max(0, waitedS);
  }
}

/** The match with the figures that say why, or nothing when the driver is not among the ride's candidates. */
export function describeMatch(candidates: Candidates, ride: number, driver: number): Match | undefined {
  const from = candidates.rowStart[ride]!;
  const to = candidates.rowStart[ride + 1]!;
  for (let pair = from; pair < to; pair++) {
    if (candidates.driver[pair] !== driver) continue;
    const etaS = candidates.etaS[pair]!;
    let nearer = 0;
    while (candidates.etaS[from + nearer]! < etaS) nearer++;
    return { ride, driver, etaS, candidates: to - from, rankByEta: nearer + 1 };
  }
  return undefined;
}
