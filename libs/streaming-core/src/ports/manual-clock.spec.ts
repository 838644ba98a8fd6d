import { describe, expect, it } from '@jest/globals';
import { ManualClock } from './memory/manual-clock.js';
import { SeededRandom } from './memory/seeded-random.js';

describe('ManualClock', () => {
  it('fires what falls due in order, also what callbacks schedule, and nothing that was cancelled', () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    clock.schedule(20, () => fired.push(`b at ${clock.nowMs()}`));
    clock.schedule(10, () => {
      fired.push('a');
      clock.schedule(5, () => fired.push(`then at ${clock.monotonicMs()}`));
    });
    clock.schedule(15, () => fired.push('never')).cancel();
    clock.schedule(31, () => fired.push('later'));
    clock.advance(30);
    expect(fired).toEqual(['a', 'then at 15', 'b at 20']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('leaps as a machine that slept: what fell due goes off at once, and what that schedules waits', () => {
    const clock = new ManualClock(0);
    const fired: string[] = [];
    const every = (name: string) => {
      fired.push(`${name} at ${clock.monotonicMs()}`);
      clock.schedule(10, () => every(name));
    };
    clock.schedule(10, () => every('tick'));
    const doomed = clock.schedule(6, () => fired.push('never'));
    clock.schedule(5, () => doomed.cancel());
    expect(clock.nextDueMs()).toBe(5);
    clock.jumpTo(100);
    expect(fired).toEqual(['tick at 100']);
    expect(clock.nextDueMs()).toBe(110);
  });

  it('may jump on the wall without moving on', () => {
    const clock = new ManualClock(1000);
    clock.jump(-500);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([500, 0]);
  });
});

describe('SeededRandom', () => {
  it('gives the same sequence for the same seed, another for another', () => {
    const draw = (seed: number) => {
      const random = new SeededRandom(seed);
      return [random.next(), random.int(1000), random.bytes(4).toString('hex')];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });
});
