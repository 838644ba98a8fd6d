import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ports/clock.js';
import { ManualClock } from '../ports/memory/manual-clock.js';

/** Moments at which timers go off one by one; beyond that many, time jumps and what is left goes off late. */
const STEPS_MAX = 1_000;
/** Turns of the event loop for what a timer set off, before the next one. */
const TURNS = 2;

/** The broker's time in the hands of a test. */
export interface TestClock {
  /** Milliseconds since 1970, as the broker sees it. */
  nowMs(): number;
  /**
   * Moves time on, timer by timer, then lets retention and compaction do their round. Sessions, rebalances, transactions,
   * retention and quotas that have fallen due are settled when it resolves; clients learn of it at their next request.
   * @throws if the broker runs on real time
   */
  advance(ms: number): Promise<void>;
}

/** Real time: nothing to advance. */
export class RealTestClock implements TestClock {
  constructor(readonly clock: Clock) {}

  nowMs(): number {
    return this.clock.nowMs();
  }

  advance(): Promise<void> {
    return Promise.reject(new Error("this broker runs on real time: start it with clock: 'manual'"));
  }
}

export class ManualTestClock implements TestClock {
  readonly clock: ManualClock;

  constructor(private readonly maintain: () => Promise<void>) {
    // Clients stamp records with their own time, so that the broker's begins there.
    this.clock = new ManualClock(Date.now());
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`time does not go back: ${ms} ms`);
    const untilMs = this.clock.monotonicMs() + ms;
    for (let step = 0; step < STEPS_MAX; step++) {
      const dueMs = this.clock.nextDueMs();
      if (dueMs === null || dueMs > untilMs) break;
      this.clock.advance(Math.max(0, dueMs - this.clock.monotonicMs()));
      for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    }
    this.clock.jumpTo(untilMs);
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    await this.maintain();
  }
}
