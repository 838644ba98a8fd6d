import type { RoadGraph } from '@ridestream/ride-domain/roads/road-graph';
import { IndexedMinHeap } from './min-heap.js';

/** Called for each junction in order of travel time; false ends the search. */
export type VisitNode = (node: number, seconds: number) => boolean;

/**
 * Dijkstra over the road graph that stops as soon as its visitor has enough. Where drivers are dense, "the ten nearest by
 * road" are found after a few dozen junctions, so an exact search costs less than a straight-line filter with a full
 * travel-time table behind it. Its buffers are reused: one search at a time.
 */
export class RoadSearch {
  private readonly heap: IndexedMinHeap;
  private readonly settledIn: Uint32Array;
  private searches = 0;

  constructor(private readonly graph: RoadGraph) {
    this.heap = new IndexedMinHeap(graph.nodeCount);
    this.settledIn = new Uint32Array(graph.nodeCount);
  }

  /** Junctions from which `target` is reached within `maxS`, nearest first. Returns how many were looked at. */
  toward(target: number, edgeSeconds: Float32Array, maxS: number, visit: VisitNode): number {
    const { incoming, edgeFrom } = this.graph;
    return this.run(target, maxS, visit, (node, seconds) => {
      for (let i = incoming.first[node]!; i < incoming.first[node + 1]!; i++) {
        const edge = incoming.edges[i]!;
        this.reach(edgeFrom[edge]!, seconds + edgeSeconds[edge]!);
      }
    });
  }

  /** Junctions that are reached from `source` within `maxS`, nearest first. Returns how many were looked at. */
  from(source: number, edgeSeconds: Float32Array, maxS: number, visit: VisitNode): number {
    const { firstOut, edgeTo } = this.graph;
    return this.run(source, maxS, visit, (node, seconds) => {
      for (let edge = firstOut[node]!; edge < firstOut[node + 1]!; edge++) {
        this.reach(edgeTo[edge]!, seconds + edgeSeconds[edge]!);
      }
    });
  }

  private run(start: number, maxS: number, visit: VisitNode, expand: (node: number, seconds: number) => void): number {
    this.searches++;
    this.heap.push(start, 0);
    let settled = 0;
    for (let node = this.heap.pop(); node !== -1; node = this.heap.pop()) {
      const seconds = this.heap.keyOf(node);
      if (seconds > maxS) break;
      this.settledIn[node] = this.searches;
      settled++;
      if (!visit(node, seconds)) break;
      expand(node, seconds);
    }
    this.heap.clear();
    return settled;
  }

  private reach(node: number, seconds: number): void {
    if (this.settledIn[node] !== this.searches) this.heap.push(node, seconds);
  }
}
