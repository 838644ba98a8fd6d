import type { Network } from './network.js';
import { between, distance, type Path, type Point } from './plane.js';
import { clearance, landOf, type Land } from './plan-land.js';
import type { PlannedZone } from './plan-zones.js';

/** Zones reach so far beyond the outermost road, to the water's edge. */
const MARGIN_M = 60;

/** A side of a street: the block on its left as one goes from `from` to `to`. */
interface HalfEdge {
  readonly from: number;
  readonly to: number;
  readonly twin: number;
  /** The next side of the same block. */
  next: number;
  block: number;
}

interface Block {
  readonly middle: Point;
  readonly land: Land;
  /** Twice the area, negative for the outside. */
  readonly area: number;
}

/** Zones as unions of street blocks, so that borders run along streets: for each planned zone its rings, outer ones first. */
export function zoneRings(network: Network, zones: readonly PlannedZone[]): Path[][] {
  const halfEdges = buildHalfEdges(network);
  const blocks = findBlocks(network, halfEdges);
  const zoneOfBlock = blocks.map((block) => (block.area <= 0 ? -1 : nearestZone(block, zones)));
  const zoneLeftOf = (edge: number): number => zoneOfBlock[halfEdges[edge]!.block]!;
  const margin = outerMargin(network, halfEdges, zoneLeftOf);
  return zones.map((_, zone) => {
    const isBorder = (edge: number): boolean => zoneLeftOf(edge) === zone && zoneLeftOf(halfEdges[edge]!.twin) !== zone;
    const used = new Set<number>();
    const rings: Path[] = [];
    for (const edge of halfEdges.keys()) {
      if (used.has(edge) || !isBorder(edge)) continue;
      const border = walkBorder(edge, halfEdges, isBorder);
      for (const part of border) used.add(part);
      rings.push(ringOf(border, network, halfEdges, zoneLeftOf, margin));
    }
    return rings.sort((a, b) => Math.abs(twiceArea(b)) - Math.abs(twiceArea(a)));
  });
}

/** Streets on land only: bridges part no blocks. */
function buildHalfEdges({ nodes, edges }: Network): HalfEdge[] {
  const halfEdges: HalfEdge[] = [];
  const leaving = nodes.map((): number[] => []);
  for (const { from, to } of edges) {
    if (clearance(between(nodes[from]!, nodes[to]!, 0.5)) < 0 || landOf(nodes[from]!) !== landOf(nodes[to]!)) continue;
    const first = halfEdges.length;
    halfEdges.push({ from, to, twin: first + 1, next: -1, block: -1 });
    halfEdges.push({ from: to, to: from, twin: first, next: -1, block: -1 });
    leaving[from]!.push(first);
    leaving[to]!.push(first + 1);
  }
  const angle = ({ from, to }: HalfEdge): number =>
    Math.atan2(nodes[to]![1] - nodes[from]![1], nodes[to]![0] - nodes[from]![0]);
  for (const around of leaving) {
    around.sort((a, b) => angle(halfEdges[a]!) - angle(halfEdges[b]!));
    // Coming in against one street, the block on the left goes on along the next street clockwise.
    for (const [i, edge] of around.entries()) {
      halfEdges[halfEdges[edge]!.twin]!.next = around[(i + around.length - 1) % around.length]!;
    }
  }
  return halfEdges;
}

function findBlocks({ nodes }: Network, halfEdges: HalfEdge[]): Block[] {
  const blocks: Block[] = [];
  for (const [start, { block }] of halfEdges.entries()) {
    if (block !== -1) continue;
    const ring: Point[] = [];
    let edge = start;
    do {
      halfEdges[edge]!.block = blocks.length;
      ring.push(nodes[halfEdges[edge]!.from]!);
      edge = halfEdges[edge]!.next;
    } while (edge !== start);
    blocks.push({ middle: middleOf(ring), land: landOf(ring[0]!), area: twiceArea(ring) });
  }
  return blocks;
}

function nearestZone({ middle, land }: Block, zones: readonly PlannedZone[]): number {
  let best = -1;
  for (const [index, zone] of zones.entries()) {
    if (zone.land !== land) continue;
    if (best === -1 || distance(middle, zone.middle) < distance(middle, zones[best]!.middle)) best = index;
  }
  return best;
}

/** Half-edges around a zone, the zone on the left. */
function walkBorder(start: number, halfEdges: readonly HalfEdge[], isBorder: (edge: number) => boolean): number[] {
  const border: number[] = [];
  let edge = start;
  do {
    border.push(edge);
    // Turn left as far as the zone goes: over streets inside it, on to the next block.
    edge = halfEdges[edge]!.next;
    while (!isBorder(edge)) edge = halfEdges[halfEdges[edge]!.twin]!.next;
  } while (edge !== start);
  return border;
}

/** For nodes on the city's rim: the point outward from them. Nodes that the rim passes twice stay where they are. */
function outerMargin(
  { nodes }: Network,
  halfEdges: readonly HalfEdge[],
  zoneLeftOf: (edge: number) => number,
): Map<number, Point> {
  const normals = new Map<number, { x: number; y: number; passes: number }>();
  for (const [edge, { from, to, twin }] of halfEdges.entries()) {
    if (zoneLeftOf(edge) === -1 || zoneLeftOf(twin) !== -1) continue;
    const [a, b] = [nodes[from]!, nodes[to]!];
    const length = distance(a, b);
    for (const node of [from, to]) {
      const normal = normals.get(node) ?? { x: 0, y: 0, passes: 0 };
      normal.x += (b[1] - a[1]) / length;
      normal.y -= (b[0] - a[0]) / length;
      normal.passes++;
      normals.set(node, normal);
    }
  }
  const margin = new Map<number, Point>();
  for (const [node, { x, y, passes }] of normals) {
    const length = Math.hypot(x, y);
    if (passes !== 2 || length < 0.5) continue;
    const [px, py] = nodes[node]!;
    margin.set(node, [px + (MARGIN_M * x) / length, py + (MARGIN_M * y) / length]);
  }
  return margin;
}

function ringOf(
  border: readonly number[],
  { nodes }: Network,
  halfEdges: readonly HalfEdge[],
  zoneLeftOf: (edge: number) => number,
  margin: ReadonlyMap<number, Point>,
): Point[] {
  const isRim = (edge: number): boolean => zoneLeftOf(halfEdges[edge]!.twin) === -1;
  return border.flatMap((edge, i) => {
    const node = halfEdges[edge]!.from;
    const here = nodes[node]!;
    const out = margin.get(node) ?? here;
    const before = border[(i + border.length - 1) % border.length]!;
    if (isRim(before) && isRim(edge)) return [out];
    if (isRim(before)) return [out, here];
    return isRim(edge) ? [here, out] : [here];
  });
}

const middleOf = (ring: Path): Point => [
  ring.reduce((sum, [x]) => sum + x, 0) / ring.length,
  ring.reduce((sum, [, y]) => sum + y, 0) / ring.length,
];

function twiceArea(ring: Path): number {
  let sum = 0;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    sum += ring[j]![0] * ring[i]![1] - ring[i]![0] * ring[j]![1];
  }
  return sum;
}
