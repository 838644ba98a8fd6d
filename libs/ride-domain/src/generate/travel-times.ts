import { largestStrongComponent } from '../roads/connected-component.js';
import type { Network, NetworkEdge } from './network.js';
import { between, distance, type Point } from './plane.js';
import { clearance } from './plan-land.js';
import type { RoadClass } from './plan-arterials.js';

export interface DirectedEdge {
  readonly from: number;
  readonly to: number;
  /** 24 values, one per hour of the day. */
  readonly seconds: readonly number[];
}

/** Speed on an empty road, the wait at a junction, and how much slower the worst hour downtown is. */
const TRAFFIC: Readonly<Record<RoadClass, { speedMps: number; junctionS: number; jam: number }>> = {
  motorway: { speedMps: 19, junctionS: 1, jam: 1.1 },
  primary: { speedMps: 12.5, junctionS: 3.5, jam: 1.2 },
  secondary: { speedMps: 11, junctionS: 4, jam: 1 },
  tertiary: { speedMps: 9.5, junctionS: 4.5, jam: 0.8 },
  residential: { speedMps: 8, junctionS: 5, jam: 0.5 },
};
const CENTRE: Point = [-100, -300];
const CENTRE_REACH_M = 3_800;

const bell = (hour: number, peak: number, width: number): number => Math.exp(-0.5 * ((hour - peak) / width) ** 2);
const morning = (hour: number): number => bell(hour, 8.2, 1.4);
const evening = (hour: number): number => bell(hour, 17.4, 1.9);
const daytime = (hour: number): number => 0.45 * bell(hour, 13, 3.4) + 0.15 * bell(hour, 21, 2);

/** Both directions of every street, or one, so that every junction can be reached from every other. */
export function directedEdges(network: Network): DirectedEdge[] {
  const edges = openDeadEnds(network);
  return edges.flatMap((edge) => {
    const there = { from: edge.from, to: edge.to, seconds: secondsByHour(network, edge, edge.from, edge.to) };
    if (edge.oneWay) return [there];
    return [there, { from: edge.to, to: edge.from, seconds: secondsByHour(network, edge, edge.to, edge.from) }];
  });
}

/** One-way streets become two-way where they would cut a junction off. */
function openDeadEnds({ nodes, edges }: Network): readonly NetworkEdge[] {
  let open = edges;
  for (;;) {
    const both = open.flatMap((edge) =>
      edge.oneWay
        ? [[edge.from, edge.to]]
        : [
            [edge.from, edge.to],
            [edge.to, edge.from],
          ],
    );
    const reached = largestStrongComponent({
      nodeCount: nodes.length,
      from: both.map(([from]) => from!),
      to: both.map(([, to]) => to!),
    });
    const cutOff = (edge: NetworkEdge): boolean => edge.oneWay && (reached[edge.from] === 0 || reached[edge.to] === 0);
    if (!open.some(cutOff)) return open;
    open = open.map((edge) => (cutOff(edge) ? { ...edge, oneWay: false } : edge));
  }
}

function secondsByHour({ nodes }: Network, edge: NetworkEdge, from: number, to: number): number[] {
  const [a, b] = [nodes[from]!, nodes[to]!];
  const middle = between(a, b, 0.5);
  const { speedMps, junctionS, jam } = TRAFFIC[edge.class];
  const central = Math.exp(-((distance(middle, CENTRE) / CENTRE_REACH_M) ** 2));
  const isBridge = clearance(middle) < 0;
  const inward = (distance(a, CENTRE) - distance(b, CENTRE)) / Math.max(1, distance(a, b));
  const free = distance(a, b) / speedMps + junctionS;
  return Array.from({ length: 24 }, (_, hour) => {
    // The way into town fills in the morning, the way out in the evening.
    const rush = morning(hour) * (0.8 + 0.3 * inward) + evening(hour) * (0.85 - 0.3 * inward) + daytime(hour);
    return free * (1 + jam * (0.25 + 0.75 * central) * rush * (isBridge ? 1.35 : 1));
  });
}
