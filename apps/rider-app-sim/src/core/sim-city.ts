import type { LatLon } from '@ridestream/ride-domain/events/common';
import type { RideDemand } from '@ridestream/ride-domain/demand/demand-model';
import type { SeededRandom } from '@ridestream/ride-domain/random/seeded-random';

/** A way along the road graph. `nodes[i]` is passed `secondsAt[i]` seconds after the start. */
export interface Drive {
  readonly nodes: ArrayLike<number>;
  readonly secondsAt: ArrayLike<number>;
  readonly durationS: number;
  readonly distanceM: number;
}

/** What the agents need to know of the city they live in. Nodes are road junctions, numbered from 0. */
export interface SimCity {
  /** Degrees, by node. */
  readonly nodeLat: Float64Array;
  readonly nodeLon: Float64Array;
  nearestNode(point: LatLon): number;
  /** The fastest way at that time of the week; null when there is none. */
  route(from: number, to: number, cityMs: number): Drive | null;
  zones(): readonly string[];
  /** Zone of the point; null on water and outside of the city. */
  zoneAt(point: LatLon): string | null;
  nearestZone(point: LatLon): string;
  zoneOfNode(node: number): string;
  nodesIn(zone: string): readonly number[];
  neighbours(zone: string): readonly string[];
  partitionOf(zone: string): number;
  /** Share of the city's requests that come from the zone at that time, 0 to 1. */
  demandWeight(zone: string, cityMs: number): number;
  /** Demand at that hour of the week over the week's mean. */
  hourOfWeekFactor(cityMs: number): number;
  sampleTrip(random: SeededRandom, cityMs: number): RideDemand;
  sampleTripFrom(zone: string, random: SeededRandom, cityMs: number): RideDemand;
}
