import type { LatLon } from '../events/common.js';
import { distanceM } from '../geo/geometry.js';
import type { CityCalendar } from '../time/city-calendar.js';
import { groupEdges, type Adjacency } from './connected-component.js';
import { NodeGrid } from './node-grid.js';

export const HOURS_PER_DAY = 24;

export interface RoadGraphParts {
  /** Position of each junction; its index is the node number. */
  readonly positions: readonly LatLon[];
  /** One-way edges, as node numbers. */
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  /** Travel seconds, `seconds[hour * edgeCount + edge]`, positive. */
  readonly seconds: ArrayLike<number>;
  readonly calendar: CityCalendar;
}

/**
 * Roads as a directed graph on typed arrays. Nodes and edges are numbers from 0. Edges are sorted by the node they leave, so
 * those of node n are `firstOut[n]` up to but not `firstOut[n + 1]`; `incoming` groups them by the node they reach.
 */
export class RoadGraph {
  readonly nodeCount: number;
  readonly edgeCount: number;
  readonly calendar: CityCalendar;
  readonly lats: Float64Array;
  readonly lons: Float64Array;
  readonly firstOut: Uint32Array;
  readonly incoming: Adjacency;
  readonly edgeFrom: Uint32Array;
  readonly edgeTo: Uint32Array;
  /** Straight length, metres. */
  readonly edgeLengthM: Float64Array;
  readonly #secondsByHour: readonly Float32Array[];
  readonly #grid: NodeGrid;

  constructor({ positions, from, to, seconds, calendar }: RoadGraphParts) {
    this.nodeCount = positions.length;
    this.edgeCount = from.length;
    this.calendar = calendar;
    this.lats = Float64Array.from(positions, ({ lat }) => lat);
    this.lons = Float64Array.from(positions, ({ lon }) => lon);
    const { first, edges } = groupEdges(this.nodeCount, from);
    this.firstOut = first;
    this.edgeFrom = edges.map((edge) => from[edge]!);
    this.edgeTo = edges.map((edge) => to[edge]!);
    this.edgeLengthM = Float64Array.from(edges, (edge) => distanceM(positions[from[edge]!]!, positions[to[edge]!]!));
    this.incoming = groupEdges(this.nodeCount, this.edgeTo);
    this.#secondsByHour = Array.from({ length: HOURS_PER_DAY }, (_, hour) =>
      Float32Array.from(edges, (edge) => seconds[hour * edges.length + edge]!),
    );
    this.#grid = new NodeGrid(positions);
  }

  position(node: number): LatLon {
    if (!(node >= 0 && node < this.nodeCount)) throw new RangeError(`no node ${node}`);
    return { lat: this.lats[node]!, lon: this.lons[node]! };
  }

  /** The junction nearest to a point, as the crow flies. */
  nearestNode(point: LatLon): number {
    return this.#grid.nearest(point);
  }

  /** Travel seconds of every edge in a local hour of the day, 0 to 23. */
  secondsAtHour(hour: number): Float32Array {
    const seconds = this.#secondsByHour[hour];
    if (seconds === undefined) throw new RangeError(`no hour ${hour}`);
    return seconds;
  }

  /** Travel seconds of every edge at a moment of city time. */
  secondsAt(cityMs: number): Float32Array {
    return this.secondsAtHour(this.calendar.hourOfDay(cityMs));
  }
}
