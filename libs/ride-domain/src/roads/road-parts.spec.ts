import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allTravelTimes, rawGraphs, roadGraphOf } from '../../test/small-graphs.js';
import { LocalProjection } from '../geo/geometry.js';
import { largestStrongComponent } from './connected-component.js';
import { NodeGrid } from './node-grid.js';
import { NodeHeap } from './node-heap.js';

describe('largestStrongComponent', () => {
  it('is the largest set of nodes that reach each other', () => {
    fc.assert(
      fc.property(rawGraphs, (raw) => {
        const flags = largestStrongComponent({
          nodeCount: raw.nodeCount,
          from: raw.edges.map(({ from }) => from),
          to: raw.edges.map(({ to }) => to),
        });
        const times = allTravelTimes(raw);
        const together = (a: number, b: number): boolean => times[a]![b]! < Infinity && times[b]![a]! < Infinity;
        const sizes = times.map((_, a) => times.filter((_row, b) => together(a, b)).length);
        const chosen = [...flags.keys()].filter((node) => flags[node] === 1);
        expect(chosen).toHaveLength(Math.max(...sizes));
        for (const a of chosen) for (const b of chosen) expect(together(a, b)).toBe(true);
      }),
    );
  });

  it('takes a graph of many nodes in a row without running out of stack', () => {
    const nodeCount = 200_000;
    const from = Uint32Array.from({ length: nodeCount }, (_, i) => i);
    const to = from.map((i) => (i + 1) % nodeCount);
    expect(largestStrongComponent({ nodeCount, from, to }).every((flag) => flag === 1)).toBe(true);
  });
});

describe('NodeHeap', () => {
  it('gives nodes back by rising key, with keys lowered in between', () => {
    const pushes = fc.array(fc.record({ node: fc.nat(30), key: fc.integer({ min: 0, max: 1_000 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(pushes, pushes, (before, after) => {
        const heap = new NodeHeap(31);
        for (const { node, key } of before) heap.push(node, key);
        heap.clear();
        const keys = new Map<number, number>();
        for (const { node, key } of after) {
          heap.push(node, key);
          keys.set(node, Math.min(key, keys.get(node) ?? Infinity));
        }
        const popped: number[] = [];
        for (let node = heap.pop(); node !== -1; node = heap.pop()) popped.push(node);
        expect([...popped].sort((a, b) => a - b)).toEqual([...keys.keys()].sort((a, b) => a - b));
        const poppedKeys = popped.map((node) => keys.get(node)!);
        expect(poppedKeys).toEqual([...poppedKeys].sort((a, b) => a - b));
      }),
    );
  });
});

describe('NodeGrid', () => {
  const near = fc.record({
    lat: fc.double({ min: 41.8, max: 42, noNaN: true }),
    lon: fc.double({ min: -29.8, max: -29.4, noNaN: true }),
  });
  const far = fc.record({
    lat: fc.double({ min: 40, max: 44, noNaN: true }),
    lon: fc.double({ min: -31, max: -28, noNaN: true }),
  });

  it('finds the nearest point, from inside and from afar', () => {
    fc.assert(
      fc.property(fc.array(near, { minLength: 1, maxLength: 80 }), fc.oneof(near, far), (points, from) => {
        const lats = points.map(({ lat }) => lat);
        const lons = points.map(({ lon }) => lon);
        const plane = new LocalProjection({
          lat: (Math.min(...lats) + Math.max(...lats)) / 2,
          lon: (Math.min(...lons) + Math.max(...lons)) / 2,
        });
        const away = ({ lat, lon }: { lat: number; lon: number }): number =>
          Math.hypot(plane.x(lon) - plane.x(from.lon), plane.y(lat) - plane.y(from.lat));
        const best = Math.min(...points.map(away));
        expect(away(points[new NodeGrid(points).nearest(from)]!)).toBeCloseTo(best, 6);
      }),
      { numRuns: 300 },
    );
  });

  it('takes points that all lie on one line or on one spot', () => {
    const line = Array.from({ length: 1_000 }, (_, i) => ({ lat: 41.9, lon: -29.6 + i * 1e-4 }));
    expect(new NodeGrid(line).nearest({ lat: 42, lon: -29.6 + 500.2e-4 })).toBe(500);
    expect(new NodeGrid([line[0]!, line[0]!]).nearest({ lat: 0, lon: 0 })).toBe(0);
  });

  it('refuses no points at all', () => {
    expect(() => new NodeGrid([])).toThrow(RangeError);
  });
});

describe('RoadGraph', () => {
  it('groups edges by the node that they leave and the one that they reach', () => {
    fc.assert(
      fc.property(rawGraphs, (raw) => {
        const graph = roadGraphOf(raw);
        for (let node = 0; node < raw.nodeCount; node++) {
          for (let e = graph.firstOut[node]!; e < graph.firstOut[node + 1]!; e++) expect(graph.edgeFrom[e]).toBe(node);
          for (let k = graph.incoming.first[node]!; k < graph.incoming.first[node + 1]!; k++) {
            expect(graph.edgeTo[graph.incoming.edges[k]!]).toBe(node);
          }
        }
        const ends = Array.from(graph.edgeFrom, (from, e) => `${from} ${graph.edgeTo[e]} ${graph.secondsAtHour(0)[e]}`);
        expect(ends.sort()).toEqual(raw.edges.map(({ from, to, seconds }) => `${from} ${to} ${seconds}`).sort());
      }),
    );
  });

  it('knows no node and no hour that does not exist', () => {
    const graph = roadGraphOf({ nodeCount: 2, edges: [] });
    expect(() => graph.position(2)).toThrow(RangeError);
    expect(() => graph.secondsAtHour(24)).toThrow(RangeError);
  });
});
