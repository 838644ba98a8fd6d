import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimCityClock } from './sim-city-clock.js';

const START = Date.UTC(2026, 2, 3, 7);

/** Ticks of 25 ms on the wall. */
function run(
  clock: SimCityClock,
  fromMs: number,
  ticks: number,
  tick: (wallMs: number) => unknown = (wallMs) => clock.advance(wallMs),
) {
  for (let count = 1; count <= ticks; count++) tick(fromMs + count * 25);
  return fromMs + ticks * 25;
}

describe('SimCityClock', () => {
  it('goes as many times faster as was asked', () => {
    const clock = new SimCityClock(START, 60, 0);
    run(clock, 0, 40);
    expect(clock.now()).toBe(START + 60_000);
    expect(clock.speed()).toBe(60);
  });

  it('stands still while paused and goes on without a leap', () => {
    const clock = new SimCityClock(START, 10, 0);
    clock.pause();
    run(clock, 0, 400);
    expect([clock.now(), clock.speed(), clock.effectiveSpeed()]).toEqual([START, 0, 0]);
    clock.resume();
    run(clock, 10_000, 40);
    expect([clock.now(), clock.speed()]).toEqual([START + 10_000, 10]);
  });

  it('says the speed that it reaches while the log holds it back, and recovers', () => {
    const clock = new SimCityClock(START, 60, 0);
    let turn = 0;
    const everyOther = (wallMs: number) => (turn++ % 2 === 0 ? clock.hold(wallMs) : clock.advance(wallMs));
    const wallMs = run(clock, 0, 1_200, everyOther);
    expect(clock.speed()).toBeGreaterThan(25);
    expect(clock.speed()).toBeLessThan(35);
    expect(clock.asked().speed).toBe(60);
    run(clock, wallMs, 1_200);
    expect(clock.speed()).toBe(60);
  });

  it('does not make up for time in which nobody ticked', () => {
    const clock = new SimCityClock(START, 1, 0);
    clock.advance(60_000);
    expect(clock.now()).toBeLessThan(START + 1_000);
  });

  it('bounds what one tick can bring', () => {
    const clock = new SimCityClock(START, 600, 0);
    clock.advance(250);
    expect(clock.now()).toBe(START + 15_000);
  });

  it('tells who listens of each change, until they stop', () => {
    const clock = new SimCityClock(START, 1, 0);
    const heard: number[] = [];
    const stop = clock.whenChanged(() => heard.push(clock.speed()));
    clock.setSpeed(5);
    clock.pause();
    clock.pause();
    clock.resume();
    stop();
    clock.setSpeed(9);
    expect(heard).toEqual([5, 0, 5]);
  });

  it.each([-1, 601, NaN, Infinity])('refuses a speed of %d', (speed) => {
    expect(() => new SimCityClock(START, 1, 0).setSpeed(speed)).toThrow(RangeError);
  });

  it('never goes back, whatever happens', () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constantFrom('advance', 'hold', 'pause', 'resume') }),
      fc.record({ kind: fc.constant('speed'), speed: fc.double({ min: 0, max: 600, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.integer({ min: -50, max: 2_000 })), { maxLength: 60 }), (acts) => {
        const clock = new SimCityClock(START, 5, 0);
        let wallMs = 0;
        for (const [action, elapsedMs] of acts) {
          const before = clock.now();
          wallMs += elapsedMs;
          if (action.kind === 'advance') clock.advance(wallMs);
          else if (action.kind === 'hold') clock.hold(wallMs);
          else if (action.kind === 'pause') clock.pause();
          else if (action.kind === 'resume') clock.resume();
          else if ('speed' in action) clock.setSpeed(action.speed);
          expect(clock.now()).toBeGreaterThanOrEqual(before);
        }
      }),
    );
  });
});
