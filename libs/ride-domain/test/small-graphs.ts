import fc from 'fast-check';
import { RoadGraph } from '../src/roads/road-graph.js';
import { CityCalendar } from '../src/time/city-calendar.js';

export interface RawGraph {
  readonly nodeCount: number;
  readonly edges: readonly { readonly from: number; readonly to: number; readonly seconds: number }[];
}

/** Random directed graphs, with or without a way between any two nodes. */
export const rawGraphs: fc.Arbitrary<RawGraph> = fc.integer({ min: 1, max: 14 }).chain((nodeCount) =>
  fc.record({
    nodeCount: fc.constant(nodeCount),
    edges: fc.array(
      fc.record({
        from: fc.nat(nodeCount - 1),
        to: fc.nat(nodeCount - 1),
        seconds: fc.integer({ min: 1, max: 60 }),
      }),
      { maxLength: 50 },
    ),
  }),
);

/** Nodes on a line to the east; the times hold in every hour. */
export function roadGraphOf({ nodeCount, edges }: RawGraph): RoadGraph {
  return new RoadGraph({
    positions: Array.from({ length: nodeCount }, (_, i) => ({ lat: 41.9, lon: -29.6 + i * 0.001 })),
    from: edges.map(({ from }) => from),
    to: edges.map(({ to }) => to),
    seconds: Array.from({ length: 24 }, () => edges.map(({ seconds }) => seconds)).flat(),
    calendar: new CityCalendar('UTC'),
  });
}

/** Seconds between all pairs (Floyd-Warshall): slow, short, and plainly right. */
export function allTravelTimes({ nodeCount, edges }: RawGraph): number[][] {
  const times = Array.from({ length: nodeCount }, (_, i) =>
    Array.from({ length: nodeCount }, (_value, j) => (i === j ? 0 : Infinity)),
  );
  for (const { from, to, seconds } of edges) times[from]![to] = Math.min(times[from]![to]!, seconds);
  for (let k = 0; k < nodeCount; k++) {
    for (let i = 0; i < nodeCount; i++) {
      for (let j = 0; j < nodeCount; j++) times[i]![j] = Math.min(times[i]![j]!, times[i]![k]! + times[k]![j]!);
    }
  }
  return times;
}
