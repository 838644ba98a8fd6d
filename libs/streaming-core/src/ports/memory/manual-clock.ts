import type { Clock, Timer } from '../clock.js';

interface Scheduled {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. Timers fire in the order in which they fall due. */
export class ManualClock implements Clock {
  private elapsedMs = 0;
  private scheduled: Scheduled[] = [];
  private orders = 0;

  constructor(private startMs = 1_700_000_000_000) {}

  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.elapsedMs + Math.max(0, delayMs), order: this.orders++, callback };
    this.scheduled.push(entry);
    return { cancel: () => void (this.scheduled = this.scheduled.filter((other) => other !== entry)) };
  }

  /** Moves time on and fires all that falls due, including what the callbacks schedule. */
  advance(ms: number): void {
    const until = this.elapsedMs + ms;
    for (let next = this.nextDue(until); next !== undefined; next = this.nextDue(until)) {
      const due = next;
      this.scheduled = this.scheduled.filter((other) => other !== due);
      this.elapsedMs = Math.max(this.elapsedMs, due.dueMs);
      due.callback();
    }
    this.elapsedMs = until;
  }

  /** When the next timer falls due, in monotonic milliseconds; null if none is set. */
  nextDueMs(): number | null {
    return this.nextDue(Infinity)?.dueMs ?? null;
  }

  /** Moves monotonic time to `untilMs` in one go, as on a machine that slept: all that fell due meanwhile goes off there, once. */
  jumpTo(untilMs: number): void {
    this.elapsedMs = Math.max(this.elapsedMs, untilMs);
    const ordersBefore = this.orders;
    for (;;) {
      const due = this.nextDue(this.elapsedMs, ordersBefore);
      if (due === undefined) return;
      this.scheduled = this.scheduled.filter((other) => other !== due);
      due.callback();
    }
  }

  /** Sets the wall clock back or forth; monotonic time goes on as it was. */
  jump(ms: number): void {
    this.startMs += ms;
  }

  get pendingTimers(): number {
    return this.scheduled.length;
  }

  private nextDue(until: number, ordersBefore = Infinity): Scheduled | undefined {
    return this.scheduled
      .filter(({ dueMs, order }) => dueMs <= until && order < ordersBefore)
      .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  }
}
