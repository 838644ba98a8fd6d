import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { distanceM, MotionTracks, shortestTurn, type Move } from './motion.js';

const move = (part: Partial<Move>): Move => ({
  lon: 0,
  lat: 0,
  bearingDeg: 0,
  nowMs: 0,
  expectedMs: 1_000,
  maxDistanceM: 5_000,
  ...part,
});

describe('shortestTurn', () => {
  it('crosses north the short way', () => {
    expect(shortestTurn(350, 10)).toBe(20);
    expect(shortestTurn(10, 350)).toBe(-20);
    expect(shortestTurn(90, 90)).toBe(0);
  });

  it('never turns more than half way round, and ends at the wanted bearing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 359 }), fc.integer({ min: 0, max: 359 }), (from, to) => {
        const turn = shortestTurn(from, to);
        return Math.abs(turn) <= 180 && (from + turn - to + 720) % 360 === 0;
      }),
    );
  });
});

describe('distanceM', () => {
  it('knows a degree of latitude, and that a degree of longitude shrinks with it', () => {
    expect(distanceM(0, 0, 0, 1)).toBeCloseTo(111_320, 0);
    expect(distanceM(0, 60, 1, 60)).toBeCloseTo(55_660, 0);
  });
});

describe('MotionTracks', () => {
  it('starts a new way where the vehicle is shown, not where it was headed', () => {
    const tracks = new MotionTracks();
    tracks.place(0, move({}));
    tracks.moveTo(0, move({ lon: 0.01, nowMs: 0 }));
    const shown = tracks.at(0, 500);
    tracks.moveTo(0, move({ lon: 0.02, nowMs: 500 }));
    expect(tracks.at(0, 500).lon).toBeCloseTo(shown.lon, 12);
    expect(tracks.at(0, 10_000).lon).toBe(0.02);
  });

  it('stays between its two ends at any time', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 20_000, noNaN: true }), (at) => {
        const tracks = new MotionTracks();
        tracks.place(0, move({}));
        tracks.moveTo(0, move({ lon: 0.01, lat: -0.01 }));
        const { lon, lat } = tracks.at(0, at);
        return lon >= 0 && lon <= 0.01 && lat <= 0 && lat >= -0.01;
      }),
    );
  });

  it('jumps when the way is longer than anything drives', () => {
    const tracks = new MotionTracks();
    tracks.place(0, move({}));
    tracks.moveTo(0, move({ lon: 1, maxDistanceM: 500 }));
    expect(tracks.at(0, 0).lon).toBe(1);
  });

  it('slows down to the pace of its own reports', () => {
    const tracks = new MotionTracks();
    tracks.place(0, move({}));
    tracks.moveTo(0, move({ lon: 0.001, nowMs: 3_000, expectedMs: 100 }));
    expect(tracks.at(0, 4_500).lon).toBeLessThan(0.001);
    expect(tracks.at(0, 6_500).lon).toBe(0.001);
  });

  it('fills arrays for the map and counts who is on the way', () => {
    const tracks = new MotionTracks();
    tracks.place(0, move({ lon: 5 }));
    tracks.place(1, move({}));
    tracks.moveTo(1, move({ lon: 0.01, bearingDeg: 90 }));
    const positions = new Float64Array(4);
    const angles = new Float32Array(2);
    expect(tracks.sample(2, 540, positions, angles)).toBe(1);
    expect(positions[0]).toBe(5);
    expect(positions[2]).toBeCloseTo(0.005, 6);
    expect(angles[1]).toBe(-90);
    expect(tracks.sample(2, 5_000, positions, angles)).toBe(0);
  });

  it('keeps every slot when it grows', () => {
    const tracks = new MotionTracks();
    for (let slot = 0; slot < 1_000; slot++) tracks.place(slot, move({ lon: slot }));
    expect(tracks.at(3, 0).lon).toBe(3);
    expect(tracks.at(999, 0).lon).toBe(999);
    tracks.copy(999, 3);
    expect(tracks.at(3, 0).lon).toBe(999);
  });
});
