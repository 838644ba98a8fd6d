import { NodeHeap } from './node-heap.js';
import type { RoadGraph } from './road-graph.js';

/** `from`: along the roads, away from the node. `to`: against them, so that times are those of reaching the node. */
export type Direction = 'from' | 'to';

/** Dijkstra's algorithm from one node outward, with buffers that are reused from search to search. */
export class Dijkstra {
  readonly #graph: RoadGraph;
  readonly #heap: NodeHeap;
  readonly #reached: Float64Array;

  constructor(graph: RoadGraph) {
    this.#graph = graph;
    this.#heap = new NodeHeap(graph.nodeCount);
    this.#reached = new Float64Array(graph.nodeCount);
  }

  /**
   * Fills `result` with the travel seconds between `node` and each node, Infinity where that takes longer than `maxS`.
   *
   * @param seconds per edge
   */
  search(node: number, direction: Direction, seconds: Float32Array, maxS: number, result: Float32Array | Float64Array) {
    const { firstOut, incoming, edgeFrom, edgeTo } = this.#graph;
    const heap = this.#heap;
    const reached = this.#reached.fill(Infinity);
    const [first, ends] = direction === 'from' ? [firstOut, edgeTo] : [incoming.first, edgeFrom];
    const edges = direction === 'from' ? null : incoming.edges;
    result.fill(Infinity);
    heap.clear();
    heap.push(node, 0);
    reached[node] = 0;
    for (let nearest = heap.pop(); nearest !== -1; nearest = heap.pop()) {
      const base = reached[nearest]!;
      result[nearest] = base;
      for (let k = first[nearest]!; k < first[nearest + 1]!; k++) {
        const edge = edges === null ? k : edges[k]!;
        const end = ends[edge]!;
        const total = base + seconds[edge]!;
        if (total < reached[end]! && total <= maxS) {
          reached[end] = total;
          heap.push(end, total);
        }
      }
    }
  }
}
