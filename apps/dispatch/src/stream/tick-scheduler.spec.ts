import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ManualCityClock } from '@ridestream/platform/clock/city-clock';
import { TickScheduler, tickIntervalMs } from './tick-scheduler.js';

describe('tickIntervalMs', () => {
  it.each([
    [1, 1_000],
    [0.25, 1_000],
    [5, 200],
    [60, 100],
    [0, 1_000],
  ])('at %dx is %d ms', (speed, expected) => expect(tickIntervalMs(speed)).toBe(expected));
});

describe('TickScheduler', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ticks at the pace of the city, goes on after a failure, and stops', () => {
    const clock = new ManualCityClock(1_000_000);
    const failures: unknown[] = [];
    let ticks = 0;
    const scheduler = new TickScheduler(
      clock,
      ({ nowMs }) => {
        expect(nowMs).toBe(1_000_000);
        if (++ticks === 2) throw new Error('once');
      },
      (error) => failures.push(error),
    );
    scheduler.start();
    scheduler.start();
    jest.advanceTimersByTime(3_000);
    expect(ticks).toBe(3);
    expect(failures).toHaveLength(1);
    clock.setSpeed(10);
    jest.advanceTimersByTime(2_000);
    expect(ticks).toBe(14);
    scheduler.stop();
    jest.advanceTimersByTime(5_000);
    expect(ticks).toBe(14);
  });
});
