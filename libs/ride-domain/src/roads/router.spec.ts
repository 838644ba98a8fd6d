import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { allTravelTimes, rawGraphs, roadGraphOf } from '../../test/small-graphs.js';
import { distanceM } from '../geo/geometry.js';
import { CityCalendar } from '../time/city-calendar.js';
import { RoadGraph } from './road-graph.js';
import { Router } from './router.js';

const NOON = Date.parse('2026-03-03T12:00Z');

/** 0 → 1 → 2 in 10 s each, and 0 → 2 in 50 s by day, 5 s at night. */
const triangle = new RoadGraph({
  positions: [
    { lat: 41.9, lon: -29.6 },
    { lat: 41.901, lon: -29.6 },
    { lat: 41.901, lon: -29.599 },
  ],
  from: [0, 1, 0, 2],
  to: [1, 2, 2, 0],
  seconds: Array.from({ length: 24 }, (_, hour) => [10, 10, hour < 6 ? 5 : 50, 30]).flat(),
  calendar: new CityCalendar('UTC'),
});

describe('Router.route', () => {
  it('takes as long as the shortest of all ways, on any graph', () => {
    fc.assert(
      fc.property(rawGraphs, (raw) => {
        const router = new Router(roadGraphOf(raw));
        const expected = allTravelTimes(raw);
        for (let from = 0; from < raw.nodeCount; from++) {
          for (let to = 0; to < raw.nodeCount; to++) {
            expect(router.route(from, to, NOON)?.durationS ?? Infinity).toBeCloseTo(expected[from]![to]!, 6);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('gives legs that join up from start to end', () => {
    fc.assert(
      fc.property(rawGraphs, fc.nat(), fc.nat(), (raw, a, b) => {
        const graph = roadGraphOf(raw);
        const [from, to] = [a % raw.nodeCount, b % raw.nodeCount];
        const route = new Router(graph).route(from, to, NOON);
        if (route === null) return;
        const { nodes, edges, cumulativeS, cumulativeM } = route.legs;
        expect(nodes[0]).toBe(from);
        expect(nodes[nodes.length - 1]).toBe(to);
        expect(nodes).toHaveLength(edges.length + 1);
        for (const [i, edge] of edges.entries()) {
          expect([graph.edgeFrom[edge], graph.edgeTo[edge]]).toEqual([nodes[i], nodes[i + 1]]);
        }
        expect([cumulativeS[0], cumulativeM[0]]).toEqual([0, 0]);
        expect(cumulativeS[edges.length]).toBe(route.durationS);
        expect(cumulativeM[edges.length]).toBe(route.distanceM);
      }),
    );
  });

  it('goes by the speeds of the hour', () => {
    const router = new Router(triangle);
    expect([...router.route(0, 2, NOON)!.legs.nodes]).toEqual([0, 1, 2]);
    expect([...router.route(0, 2, Date.parse('2026-03-03T03:00Z'))!.legs.nodes]).toEqual([0, 2]);
  });

  it('leads nowhere when start and end are one', () => {
    const route = new Router(triangle).route(1, 1, NOON);
    expect(route).toMatchObject({ durationS: 0, distanceM: 0 });
    expect([...route!.legs.nodes]).toEqual([1]);
  });

  it.each([-1, 3, 0.5, NaN])('refuses node %d', (node) => {
    expect(() => new Router(triangle).route(node, 0, NOON)).toThrow(RangeError);
    expect(() => new Router(triangle).travelTimesTo(node, NOON, 100)).toThrow(RangeError);
  });
});

describe('Router.positionAt', () => {
  const router = new Router(triangle);
  const route = router.route(0, 2, NOON)!;

  it('is on the way, with heading and speed', () => {
    const half = router.positionAt(route, 5);
    expect(half.position.lat).toBeCloseTo(41.9005, 9);
    expect(half.bearingDeg).toBeCloseTo(0, 5);
    expect(half.speedMps).toBeCloseTo(distanceM(triangle.position(0), triangle.position(1)) / 10, 6);
    expect(router.positionAt(route, 12).bearingDeg).toBeCloseTo(90, 1);
  });

  it('stays at the ends before and after', () => {
    expect(router.positionAt(route, -3).position).toEqual(triangle.position(0));
    expect(router.positionAt(route, 20)).toMatchObject({ position: triangle.position(2), speedMps: 0 });
    expect(router.positionAt(route, 99).position).toEqual(triangle.position(2));
  });

  it('stands still on a way that leads nowhere', () => {
    const nowhere = router.route(1, 1, NOON)!;
    expect(router.positionAt(nowhere, 3)).toEqual({ position: triangle.position(1), bearingDeg: 0, speedMps: 0 });
  });
});

describe('Router.travelTimesTo', () => {
  it('is the shortest time from each node, Infinity beyond the bound', () => {
    fc.assert(
      fc.property(rawGraphs, fc.nat(), fc.integer({ min: 0, max: 200 }), (raw, t, maxS) => {
        const target = t % raw.nodeCount;
        const times = new Router(roadGraphOf(raw)).travelTimesTo(target, NOON, maxS);
        const expected = allTravelTimes(raw);
        for (let from = 0; from < raw.nodeCount; from++) {
          const seconds = expected[from]![target]!;
          expect(times.secondsFrom(from)).toBe(seconds <= maxS ? seconds : Infinity);
        }
      }),
    );
  });

  it('stays true after other searches', () => {
    const router = new Router(triangle);
    const times = router.travelTimesTo(2, NOON, 100);
    router.travelTimesTo(0, NOON, 100);
    router.route(0, 2, NOON);
    expect([0, 1, 2].map((node) => times.secondsFrom(node))).toEqual([20, 10, 0]);
    expect(times.secondsFrom(99)).toBe(Infinity);
  });
});
