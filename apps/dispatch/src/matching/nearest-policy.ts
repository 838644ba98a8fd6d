import { describeMatch } from './batched-policy.js';
import type { Candidates, Match, MatchInput, MatchPolicy } from './policy.js';

/** One ride after the other, longest waiting first: each takes the nearest driver that is left. The baseline of the field. */
export class NearestPolicy implements MatchPolicy {
  readonly name = 'nearest';

  constructor(private readonly findCandidates: (input: MatchInput) => Candidates) {}

  match(input: MatchInput): Match[] {
    const { rides, drivers } = input;
    if (rides.length === 0 || drivers.length === 0) return [];
    const candidates = this.findCandidates(input);
    const taken = new Uint8Array(drivers.length);
    const longestFirst = rides.map((_, ride) => ride).sort((a, b) => rides[b]!.waitedS - rides[a]!.waitedS || a - b);
    return longestFirst.flatMap((ride) => {
      for (let pair = candidates.rowStart[ride]!; pair < candidates.rowStart[ride + 1]!; pair++) {
        const driver = candidates.driver[pair]!;
        if (taken[driver] === 1) continue;
        taken[driver] = 1;
        const match = describeMatch(candidates, ride, driver);
        return match ? [match] : [];
      }
      return [];
    });
  }
}
