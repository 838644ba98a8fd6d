import type { RoadGraph } from '@ridestream/ride-domain/roads/road-graph';
import { BatchedPolicy } from './batched-policy.js';
import { CandidateFinder, type CandidateLimits } from './candidates.js';
import { NearestPolicy } from './nearest-policy.js';
import { DEFAULT_RADIUS, type MatchPolicy } from './policy.js';

export const POLICY_NAMES = ['batched', 'nearest'] as const;
export type PolicyName = (typeof POLICY_NAMES)[number];

export const DEFAULT_LIMITS: CandidateLimits = { radius: DEFAULT_RADIUS, perSearch: 16, nodesMax: 250_000 };

export function createPolicy(
  name: PolicyName,
  graph: RoadGraph,
  limits: CandidateLimits = DEFAULT_LIMITS,
): MatchPolicy {
  const finder = new CandidateFinder(graph, limits);
  switch (name) {
    case 'batched':
      return new BatchedPolicy((input) => finder.find(input));
    case 'nearest':
      return new NearestPolicy((input) => finder.find(input));
  }
}
