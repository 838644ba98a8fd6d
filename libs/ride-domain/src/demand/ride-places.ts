import type { LatLon } from '../events/common.js';
import { interpolate } from '../geo/geometry.js';
import { WeightedChoice } from '../random/weighted-choice.js';
import type { SeededRandom } from '../random/seeded-random.js';
import type { RoadGraph } from '../roads/road-graph.js';
import type { ZoneIndex } from '../zones/zone-index.js';

export interface WeightedPoint {
  readonly point: LatLon;
  readonly weight: number;
}

/** Riders are picked up at most so far from the junction that their place was drawn at. */
const ALONG_STREET_MAX_M = 80;
/** Every junction gets at least this share of its zone's mean weight: known pick-ups are a sample. */
const BASE_SHARE = 0.05;

/** Where in a zone rides begin and end: junctions with weights, and a way along one of their streets. */
export class RidePlaces {
  readonly #graph: RoadGraph;
  readonly #nodesByZone: readonly (readonly number[])[];
  readonly #choiceByZone: readonly WeightedChoice[];

  private constructor(graph: RoadGraph, nodesByZone: readonly number[][], weights: Float64Array) {
    this.#graph = graph;
    this.#nodesByZone = nodesByZone;
    this.#choiceByZone = nodesByZone.map((nodes) => {
      const sum = nodes.reduce((total, node) => total + weights[node]!, 0);
      const base = sum === 0 ? 1 : (BASE_SHARE * sum) / nodes.length;
      return new WeightedChoice(nodes.map((node) => base + weights[node]!));
    });
  }

  /** Each point counts at its nearest junction. Zones without a junction use the one nearest to their middle. */
  static from(graph: RoadGraph, zones: ZoneIndex, points: readonly WeightedPoint[]): RidePlaces {
    const weights = new Float64Array(graph.nodeCount);
    for (const { point, weight } of points) weights[graph.nearestNode(point)]! += weight;
    const indexOfZone = new Map(zones.all().map(({ id }, index) => [id, index]));
    const nodesByZone = zones.all().map((): number[] => []);
    for (let node = 0; node < graph.nodeCount; node++) {
      nodesByZone[indexOfZone.get(zones.nearestZone(graph.position(node)))!]!.push(node);
    }
    for (const [index, nodes] of nodesByZone.entries()) {
      if (nodes.length === 0) nodes.push(graph.nearestNode(zones.all()[index]!.centroid));
    }
    return new RidePlaces(graph, nodesByZone, weights);
  }

  /** How many junctions the zone with this index has. */
  junctionsIn(zoneIndex: number): number {
    return this.#nodesByZone[zoneIndex]?.length ?? 0;
  }

  /** A point on a street of the zone with this index. */
  sample(zoneIndex: number, random: SeededRandom): LatLon {
    const graph = this.#graph;
    const node = this.#nodesByZone[zoneIndex]![this.#choiceByZone[zoneIndex]!.draw(random)]!;
    const here = graph.position(node);
    const first = graph.firstOut[node]!;
    const edge = first + random.int(graph.firstOut[node + 1]! - first);
    const share = random.next() * Math.min(0.5, ALONG_STREET_MAX_M / Math.max(1, graph.edgeLengthM[edge]!));
    return interpolate(here, graph.position(graph.edgeTo[edge]!), share);
  }
}
