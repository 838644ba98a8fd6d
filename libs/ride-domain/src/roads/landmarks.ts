import type { Dijkstra } from './dijkstra.js';
import type { RoadGraph } from './road-graph.js';

const LANDMARKS = 8;

/**
 * Lower bounds for travel times: landmarks and the triangle inequality (ALT; Goldberg and Harrelson, SODA 2005). With the times
 * to and from a few landmarks at the city's rim known, `time(v, t) >= time(v, L) - time(t, L)` and
 * `time(v, t) >= time(L, t) - time(L, v)`.
 */
export class Landmarks {
  /** Row per landmark. */
  readonly #to: Float64Array[] = [];
  readonly #from: Float64Array[] = [];

  /** About 16 full searches: some 15 ms for 4,000 nodes. Landmarks are chosen one by one, each far from those before. */
  constructor(graph: RoadGraph, seconds: Float32Array, dijkstra: Dijkstra) {
    const nearest = new Float64Array(graph.nodeCount);
    dijkstra.search(0, 'from', seconds, Infinity, nearest);
    for (let i = 0; i < Math.min(LANDMARKS, graph.nodeCount); i++) {
      const landmark = farthest(nearest);
      const to = new Float64Array(graph.nodeCount);
      const from = new Float64Array(graph.nodeCount);
      dijkstra.search(landmark, 'to', seconds, Infinity, to);
      dijkstra.search(landmark, 'from', seconds, Infinity, from);
      this.#to.push(to);
      this.#from.push(from);
      for (let n = 0; n < nearest.length; n++) nearest[n] = i === 0 ? from[n]! : Math.min(nearest[n]!, from[n]!);
    }
  }

  /** At least so many seconds lie between two nodes. Consistent: it falls by no more than an edge's seconds along it. */
  atLeastS(node: number, target: number): number {
    let best = 0;
    for (let i = 0; i < this.#to.length; i++) {
      const to = this.#to[i]!;
      const from = this.#from[i]!;
      const byTo = to[node]! - to[target]!;
      const byFrom = from[target]! - from[node]!;
      if (byTo > best) best = byTo;
      if (byFrom > best) best = byFrom;
    }
    return best;
  }
}

function farthest(times: Float64Array): number {
  let best = 0;
  for (let n = 1; n < times.length; n++) if (times[n]! > times[best]!) best = n;
  return best;
}
