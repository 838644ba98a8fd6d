import { beforeEach, describe, expect, it } from '@jest/globals';
import { corner, driverStatus, START_MS } from '../../test/grid-city.js';
import { CityState } from './city-state.js';
import { BYTES_PER_SECOND_MAX, LiveFeed, type LiveViewer, wireBytes } from './live-feed.js';
import type { LiveDelta } from './protocol.js';

describe('LiveFeed', () => {
  let city: CityState;
  let nowMs: number;
  let feed: LiveFeed;
  let deltas: LiveDelta[];
  let seq: number;

  beforeEach(() => {
    city = new CityState(['west']);
    nowMs = 0;
    seq = 0;
    deltas = [];
    feed = new LiveFeed(
      city,
      () => ({ cityMs: START_MS, wallMs: 0, speed: 60 }),
      'epoch',
      () => nowMs,
    );
    const viewer: LiveViewer = {
      sendSnapshot: () => undefined,
      sendDelta: (delta, done) => {
        deltas.push(delta);
        done();
      },
    };
    feed.subscribe(viewer);
  });

  /** All vehicles report, and the feed is called, four times a second. */
  const run = (seconds: number, vehicles: number): void => {
    for (const end = nowMs + seconds * 1_000; nowMs < end; nowMs += 250) {
      seq++;
      for (let i = 0; i < vehicles; i++) {
        city.applyDriver(driverStatus(`d${i}`, seq, corner(seq % 10, i % 10), START_MS + seq));
      }
      feed.publish();
    }
  };

  it('tells of a small city at every call', () => {
    run(10, 50);
    expect(deltas).toHaveLength(40);
  });

  it('does not exceed what a browser may be sent, however large and fast the city', () => {
    run(60, 5_000);
    const bytes = deltas.reduce((sum, delta) => sum + wireBytes(delta), 0);
    expect(bytes / 60).toBeLessThanOrEqual(BYTES_PER_SECOND_MAX * 1.05);
    expect(deltas.length).toBeGreaterThan(15);
    expect(new Set(deltas.map(({ vehicles }) => vehicles.length))).toEqual(new Set([5_000]));
  });

  it('brings what changed meanwhile with the next delta', () => {
    run(1, 5_000);
    const before = deltas.length;
    city.applyDriver(driverStatus('late', 1, corner(3, 3), START_MS));
    feed.publish();
    expect(deltas).toHaveLength(before);
    nowMs += 5_000;
    feed.publish();
    expect(deltas.at(-1)!.vehicles.some(([id]) => id === 'late')).toBe(true);
  });
});
