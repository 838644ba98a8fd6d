import { crossing, distance, projectOnSegment, between, type Point } from './plane.js';
import { ROAD_CLASSES, type RoadClass } from './plan-arterials.js';
import type { Street } from './streets.js';

export interface NetworkEdge {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly class: RoadClass;
  readonly oneWay: boolean;
}

/** Streets cut at their junctions. Each stretch is there once; `oneWay` ones run from `from` to `to`. */
export interface Network {
  readonly nodes: readonly Point[];
  readonly edges: readonly NetworkEdge[];
}

/** A street's end is joined to another street within this distance. */
const JOIN_M = 75;
/** Junctions nearer than this become one. */
const MERGE_M = 34;

/** Cuts streets where they cross, joins ends to what they nearly touch, merges near junctions, drops dead ends. */
export function buildNetwork(streets: readonly Street[]): Network {
  const cuts = streets.map(({ path }) => path.map((point, at): Mark => ({ at, point, junction: false })));
  joinEnds(streets, cuts);
  cutCrossings(streets, cuts);
  const nodes = new NodeMerger(MERGE_M);
  // Junctions first: a bend near one becomes part of it.
  for (const marks of cuts) for (const mark of marks) if (mark.junction) nodes.add(mark.point);
  const edges = new Map<string, NetworkEdge>();
  for (const [i, street] of streets.entries()) {
    const marks = [...cuts[i]!].sort((a, b) => a.at - b.at);
    let last = -1;
    for (const { point } of marks) {
      const node = nodes.add(point);
      if (last !== -1 && node !== last) addEdge(edges, { ...street, from: last, to: node });
      last = node;
    }
  }
  const flat = dropCrossing(nodes.points, [...edges.values()]);
  return compact(nodes.points, pruneDeadEnds(nodes.points.length, flat));
}

/** A place on a street: segment index plus the share along it. */
interface Mark {
  readonly at: number;
  readonly point: Point;
  readonly junction: boolean;
}

function joinEnds(streets: readonly Street[], cuts: Mark[][]): void {
  for (const [i, { path }] of streets.entries()) {
    for (const end of [0, path.length - 1]) {
      const point = path[end]!;
      let best = { distance: JOIN_M, street: -1, at: 0, point };
      for (const [j, other] of streets.entries()) {
        if (j === i) continue;
        for (let k = 1; k < other.path.length; k++) {
          const hit = projectOnSegment(point, other.path[k - 1]!, other.path[k]!);
          const away = distance(point, hit.point);
          if (away > 5 && sideways(path[end === 0 ? 1 : end - 1]!, point, hit.point)) continue;
          if (away < best.distance) best = { distance: away, street: j, at: k - 1 + hit.share, point: hit.point };
        }
      }
      if (best.street === -1) continue;
      cuts[best.street]!.push({ at: best.at, point: best.point, junction: true });
      cuts[i]!.push({ at: end === 0 ? -1 : path.length, point: best.point, junction: true });
    }
  }
}

/** True when going on to `next` would be a turn by more than 60 degrees. */
function sideways(before: Point, end: Point, next: Point): boolean {
  const dot = (end[0] - before[0]) * (next[0] - end[0]) + (end[1] - before[1]) * (next[1] - end[1]);
  return dot < 0.5 * distance(before, end) * distance(end, next);
}

function cutCrossings(streets: readonly Street[], cuts: Mark[][]): void {
  for (const [i, { path: one }] of streets.entries()) {
    for (let j = i + 1; j < streets.length; j++) {
      const other = streets[j]!.path;
      for (let k = 1; k < one.length; k++) {
        for (let l = 1; l < other.length; l++) {
          const hit = crossing(one[k - 1]!, one[k]!, other[l - 1]!, other[l]!);
          if (hit === null) continue;
          const point = between(one[k - 1]!, one[k]!, hit.s);
          cuts[i]!.push({ at: k - 1 + hit.s, point, junction: true });
          cuts[j]!.push({ at: l - 1 + hit.t, point, junction: true });
        }
      }
    }
  }
}

/** Gives points numbers; a point near one that has a number gets that number. */
class NodeMerger {
  readonly points: Point[] = [];
  readonly #cells = new Map<string, number[]>();

  constructor(private readonly reachM: number) {}

  add(point: Point): number {
    const [column, row] = [Math.floor(point[0] / this.reachM), Math.floor(point[1] / this.reachM)];
    let best = -1;
    for (let c = column - 1; c <= column + 1; c++) {
      for (let r = row - 1; r <= row + 1; r++) {
        for (const node of this.#cells.get(`${c},${r}`) ?? []) {
          const away = distance(point, this.points[node]!);
          if (away < this.reachM && (best === -1 || away < distance(point, this.points[best]!))) best = node;
        }
      }
    }
    if (best !== -1) return best;
    const key = `${column},${row}`;
    const cell = this.#cells.get(key);
    if (cell === undefined) this.#cells.set(key, [this.points.length]);
    else cell.push(this.points.length);
    return this.points.push(point) - 1;
  }
}

/** Of two stretches between the same junctions the wider road stays. */
function addEdge(edges: Map<string, NetworkEdge>, edge: NetworkEdge): void {
  const { from, to, name, class: roadClass, oneWay } = edge;
  const key = from < to ? `${from} ${to}` : `${to} ${from}`;
  const before = edges.get(key);
  if (before !== undefined && ROAD_CLASSES.indexOf(before.class) <= ROAD_CLASSES.indexOf(roadClass)) return;
  edges.set(key, { from, to, name, class: roadClass, oneWay });
}

/** Merging may have pulled a stretch over another: of two that cross, the narrower goes. */
function dropCrossing(points: readonly Point[], edges: readonly NetworkEdge[]): NetworkEdge[] {
  const dropped = new Set<NetworkEdge>();
  const byWest = edges
    .map((edge) => {
      const a = points[edge.from]!;
      const b = points[edge.to]!;
      return { edge, a, b, west: Math.min(a[0], b[0]), east: Math.max(a[0], b[0]) };
    })
    .sort((one, other) => one.west - other.west);
  for (const [i, one] of byWest.entries()) {
    for (let j = i + 1; j < byWest.length && byWest[j]!.west <= one.east; j++) {
      const other = byWest[j]!;
      const meet = [one.edge.from, one.edge.to].some((node) => node === other.edge.from || node === other.edge.to);
      if (meet || dropped.has(one.edge) || dropped.has(other.edge)) continue;
      if (crossing(one.a, one.b, other.a, other.b) === null) continue;
      const narrower = ROAD_CLASSES.indexOf(one.edge.class) > ROAD_CLASSES.indexOf(other.edge.class);
      dropped.add(narrower ? one.edge : other.edge);
    }
  }
  return edges.filter((edge) => !dropped.has(edge));
}

function pruneDeadEnds(nodeCount: number, edges: readonly NetworkEdge[]): NetworkEdge[] {
  let kept = [...edges];
  for (;;) {
    const degree = new Uint32Array(nodeCount);
    for (const { from, to } of kept) {
      degree[from]!++;
      degree[to]!++;
    }
    const next = kept.filter(({ from, to }) => degree[from]! > 1 && degree[to]! > 1);
    if (next.length === kept.length) return kept;
    kept = next;
  }
}

/** Numbers the nodes that edges use anew, in their order. */
export function compact(points: readonly Point[], edges: readonly NetworkEdge[]): Network {
  const used = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const kept = [...points.keys()].filter((node) => used.has(node));
  const number = new Map(kept.map((node, index) => [node, index]));
  return {
    nodes: kept.map((node) => points[node]!),
    edges: edges.map((edge) => ({ ...edge, from: number.get(edge.from)!, to: number.get(edge.to)! })),
  };
}
