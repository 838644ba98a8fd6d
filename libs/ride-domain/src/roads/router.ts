import type { LatLon } from '../events/common.js';
import { bearingDeg, interpolate } from '../geo/geometry.js';
import { Dijkstra } from './dijkstra.js';
import { Landmarks } from './landmarks.js';
import { NodeHeap } from './node-heap.js';
import type { RoadGraph } from './road-graph.js';

/** The fastest way between two junctions. With n edges there are n + 1 nodes; one node and no edge if it leads nowhere. */
export interface Route {
  readonly durationS: number;
  readonly distanceM: number;
  readonly legs: {
    readonly nodes: Uint32Array;
    readonly edges: Uint32Array;
    /** Seconds and metres from the start to each node; the first is 0, the last the whole. */
    readonly cumulativeS: Float64Array;
    readonly cumulativeM: Float64Array;
  };
}

export interface RoutePosition {
  readonly position: LatLon;
  /** Degrees clockwise from north, 0 up to but not 360. */
  readonly bearingDeg: number;
  /** 0 once the end is reached. */
  readonly speedMps: number;
}

/** Travel times to one junction from all those near enough in time. Holds its own memory: it stays true after other calls. */
export interface TravelTimes {
  readonly target: number;
  /** Infinity if farther than was asked for. */
  secondsFrom(node: number): number;
}

/**
 * Shortest paths in time over a road graph. The speeds of the hour of departure hold for the whole way. Searches share
 * buffers, so one router serves one caller at a time (calls are synchronous, so any number of callers in one thread).
 */
export class Router {
  readonly #graph: RoadGraph;
  readonly #dijkstra: Dijkstra;
  readonly #heap: NodeHeap;
  /** Seconds from the start; valid for nodes whose mark is the current search's. */
  readonly #reached: Float64Array;
  readonly #edgeInto: Uint32Array;
  readonly #marks: Uint32Array;
  #search = 0;
  readonly #landmarksByHour = new Map<number, Landmarks>();

  constructor(graph: RoadGraph) {
    this.#graph = graph;
    this.#dijkstra = new Dijkstra(graph);
    this.#heap = new NodeHeap(graph.nodeCount);
    this.#reached = new Float64Array(graph.nodeCount);
    this.#edgeInto = new Uint32Array(graph.nodeCount);
    this.#marks = new Uint32Array(graph.nodeCount);
  }

  /**
   * The fastest route between two junctions for a departure at `cityMs`, or null when there is none (a city pack's graph is
   * strongly connected, so there it always exists). A* with landmark bounds.
   *
   * @throws RangeError for nodes that the graph does not have.
   */
  route(from: number, to: number, cityMs: number): Route | null {
    this.#assertNode(from);
    this.#assertNode(to);
    const graph = this.#graph;
    const hour = graph.calendar.hourOfDay(cityMs);
    const seconds = graph.secondsAtHour(hour);
    return this.#findPath(from, to, seconds, this.#landmarks(hour)) ? this.#unwind(from, to, seconds) : null;
  }

  /** Where a vehicle is that set out on the route so many seconds ago; at the ends before the start and after the end. */
  positionAt(route: Route, elapsedS: number): RoutePosition {
    const { nodes, edges, cumulativeS } = route.legs;
    const last = edges.length - 1;
    if (last < 0) return { position: this.#graph.position(nodes[0]!), bearingDeg: 0, speedMps: 0 };
    const leg = Math.min(last, legAt(cumulativeS, elapsedS));
    const a = this.#graph.position(nodes[leg]!);
    const b = this.#graph.position(nodes[leg + 1]!);
    const legS = cumulativeS[leg + 1]! - cumulativeS[leg]!;
    const share = Math.max(0, Math.min(1, (elapsedS - cumulativeS[leg]!) / legS));
    const moving = elapsedS < route.durationS;
    return {
      position: interpolate(a, b, share),
      bearingDeg: bearingDeg(a, b),
      speedMps: moving ? this.#graph.edgeLengthM[edges[leg]!]! / legS : 0,
    };
  }

  /**
   * Travel times to `target` from all junctions within `maxS` seconds of it, for departures at `cityMs`.
   *
   * @throws RangeError for a node that the graph does not have.
   */
  travelTimesTo(target: number, cityMs: number, maxS: number): TravelTimes {
    this.#assertNode(target);
    const times = new Float32Array(this.#graph.nodeCount);
    this.#dijkstra.search(target, 'to', this.#graph.secondsAt(cityMs), maxS, times);
    return { target, secondsFrom: (node) => times[node] ?? Infinity };
  }

  #findPath(from: number, to: number, seconds: Float32Array, landmarks: Landmarks): boolean {
    const { firstOut, edgeTo } = this.#graph;
    const heap = this.#heap;
    const mark = this.#nextMark();
    heap.clear();
    heap.push(from, 0);
    this.#reached[from] = 0;
    this.#marks[from] = mark;
    for (let node = heap.pop(); node !== -1; node = heap.pop()) {
      if (node === to) return true;
      const base = this.#reached[node]!;
      for (let edge = firstOut[node]!; edge < firstOut[node + 1]!; edge++) {
        const end = edgeTo[edge]!;
        const total = base + seconds[edge]!;
        if (this.#marks[end] === mark && total >= this.#reached[end]!) continue;
        this.#marks[end] = mark;
        this.#reached[end] = total;
        this.#edgeInto[end] = edge;
        heap.push(end, total + landmarks.atLeastS(end, to));
      }
    }
    return false;
  }

  #unwind(from: number, to: number, seconds: Float32Array): Route {
    const { edgeFrom, edgeLengthM } = this.#graph;
    let count = 0;
    for (let node = to; node !== from; node = edgeFrom[this.#edgeInto[node]!]!) count++;
    const nodes = new Uint32Array(count + 1);
    const edges = new Uint32Array(count);
    nodes[count] = to;
    for (let i = count - 1; i >= 0; i--) {
      const edge = this.#edgeInto[nodes[i + 1]!]!;
      edges[i] = edge;
      nodes[i] = edgeFrom[edge]!;
    }
    const cumulativeS = new Float64Array(count + 1);
    const cumulativeM = new Float64Array(count + 1);
    for (const [i, edge] of edges.entries()) {
      cumulativeS[i + 1] = cumulativeS[i]! + seconds[edge]!;
      cumulativeM[i + 1] = cumulativeM[i]! + edgeLengthM[edge]!;
    }
    const legs = { nodes, edges, cumulativeS, cumulativeM };
    return { durationS: cumulativeS[count]!, distanceM: cumulativeM[count]!, legs };
  }

  /** Landmarks are computed when an hour's speeds are first asked for; 24 sets at most. */
  #landmarks(hour: number): Landmarks {
    let landmarks = this.#landmarksByHour.get(hour);
    if (landmarks === undefined) {
      landmarks = new Landmarks(this.#graph, this.#graph.secondsAtHour(hour), this.#dijkstra);
      this.#landmarksByHour.set(hour, landmarks);
    }
    return landmarks;
  }

  #nextMark(): number {
    if (this.#search === 0xffff_ffff) {
      this.#marks.fill(0);
      this.#search = 0;
    }
    return ++this.#search;
  }

  #assertNode(node: number): void {
    if (!(Number.isInteger(node) && node >= 0 && node < this.#graph.nodeCount)) throw new RangeError(`no node ${node}`);
  }
}

/** The last leg that begins at or before `elapsedS` (binary search); 0 before the start. */
function legAt(cumulativeS: Float64Array, elapsedS: number): number {
  let low = 0;
  let high = cumulativeS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (cumulativeS[middle]! <= elapsedS) low = middle;
    else high = middle - 1;
  }
  return low;
}
