import type { RoadGraph } from '@ridestream/ride-domain/roads/road-graph';
import { type Candidates, canServe, radiusS, type MatchInput, type SearchRadius } from './policy.js';
import { PairList } from './pair-list.js';
import { RoadSearch } from './road-search.js';

export interface CandidateLimits {
  readonly radius: SearchRadius;
  /** Nearest counterparts kept in one search. */
  readonly perSearch: number;
  /** Junctions looked at in one call, all searches together: bounds the time of a tick. */
  readonly nodesMax: number;
}

/**
 * Finds who could serve whom, by road travel time. Searches start from the scarcer side (each ride looks for its nearest
 * drivers, or each driver for its nearest rides), because that side's searches meet the other side soon and are fewer.
 * Rides must come longest waiting first: when `nodesMax` runs out, what is left waits for the next tick.
 */
export class CandidateFinder {
  private readonly search: RoadSearch;
  /** First item at each junction, and the next one at the same junction: linked lists without allocation. */
  private readonly headAt: Int32Array;
  private readonly pairs = new PairList();

  constructor(
    private readonly graph: RoadGraph,
    private readonly limits: CandidateLimits,
  ) {
    this.search = new RoadSearch(graph);
    this.headAt = new Int32Array(graph.nodeCount);
  }

  find(input: MatchInput): Candidates {
    this.pairs.clear();
    if (input.rides.length <= input.drivers.length) this.fromRides(input);
    else this.fromDrivers(input);
    return this.pairs.byRide(input.rides.length);
  }

  private fromRides({ rides, drivers, cityMs }: MatchInput): void {
    const next = this.bucket(drivers.map(({ node }) => node));
    const seconds = this.graph.secondsAt(cityMs);
    let nodesLeft = this.limits.nodesMax;
    for (const [r, ride] of rides.entries()) {
      if (nodesLeft <= 0) return;
      let found = 0;
      nodesLeft -= this.search.toward(ride.pickupNode, seconds, this.radiusOf(ride.waitedS), (node, etaS) => {
        for (let d = this.headAt[node]!; d !== -1; d = next[d]!) {
          const driver = drivers[d]!;
          if (!canServe(driver.vehicleClass, ride.vehicleClass) || ride.isBlocked(driver.driverId)) continue;
          this.pairs.add(r, d, etaS);
          found++;
        }
        return found < this.limits.perSearch;
      });
    }
  }

  private fromDrivers({ rides, drivers, cityMs }: MatchInput): void {
    const next = this.bucket(rides.map(({ pickupNode }) => pickupNode));
    const radii = rides.map(({ waitedS }) => this.radiusOf(waitedS));
    const widest = radii.reduce((max, radius) => Math.max(max, radius), 0);
    const seconds = this.graph.secondsAt(cityMs);
    let nodesLeft = this.limits.nodesMax;
    for (const [d, driver] of drivers.entries()) {
      if (nodesLeft <= 0) return;
      let found = 0;
      nodesLeft -= this.search.from(driver.node, seconds, widest, (node, etaS) => {
        for (let r = this.headAt[node]!; r !== -1; r = next[r]!) {
          const ride = rides[r]!;
          if (etaS > radii[r]! || !canServe(driver.vehicleClass, ride.vehicleClass)) continue;
          if (ride.isBlocked(driver.driverId)) continue;
          this.pairs.add(r, d, etaS);
          found++;
        }
        return found < this.limits.perSearch;
      });
    }
  }

  /** Puts items into lists by junction; returns the item after each one. */
  private bucket(nodes: readonly number[]): Int32Array {
    const next = new Int32Array(nodes.length);
    this.headAt.fill(-1);
    for (let i = nodes.length - 1; i >= 0; i--) {
      next[i] = this.headAt[nodes[i]!]!;
      this.headAt[nodes[i]!] = i;
    }
    return next;
  }

  private radiusOf(waitedS: number): number {
    return radiusS(this.limits.radius, waitedS);
  }
}
