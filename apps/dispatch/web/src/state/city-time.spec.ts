import { describe, expect, it } from '@jest/globals';
import { anchorClock, cityNow, reportIntervalMs } from './city-time.js';
import { T0 } from './fixtures.js';

describe('city time', () => {
  it('runs on from the server’s reading at its speed', () => {
    const anchor = anchorClock({ cityMs: T0, wallMs: 50_000, speed: 60 }, 50_200);
    expect(cityNow(anchor, 51_000)).toBe(T0 + 60_000);
  });

  it('stands still while paused', () => {
    const anchor = anchorClock({ cityMs: T0, wallMs: 50_000, speed: 0 }, 50_000);
    expect(cityNow(anchor, 99_000)).toBe(T0);
  });

  it('counts from arrival where the clocks of browser and server do not agree', () => {
    const anchor = anchorClock({ cityMs: T0, wallMs: 50_000, speed: 2 }, 3_600_000);
    expect(cityNow(anchor, 3_601_000)).toBe(T0 + 2_000);
  });

  it('expects a report each 4 s of city time', () => {
    expect(reportIntervalMs(1)).toBe(4_000);
    expect(reportIntervalMs(20)).toBe(200);
    expect(reportIntervalMs(0)).toBeGreaterThan(0);
  });
});
