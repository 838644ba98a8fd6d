/** What an append waits for: the leader's own log, or a majority's. */
export type Wanted = 'leader' | 'majority';

interface Waiter {
  readonly endOffset: bigint;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Appends that wait to be acknowledged, in the order in which they were made. */
export class CommitWaiters {
  private readonly waiting: Record<Wanted, Waiter[]> = { leader: [], majority: [] };

  get size(): number {
    return this.waiting.leader.length + this.waiting.majority.length;
  }

  /** Resolves once all before `endOffset` is where it should be. */
  wait(endOffset: bigint, wanted: Wanted): Promise<void> {
    return new Promise((resolve, reject) => this.waiting[wanted].push({ endOffset, resolve, reject }));
  }

  reached(leaderEnd: bigint, committedEnd: bigint): void {
    this.release('leader', leaderEnd);
    this.release('majority', committedEnd);
  }

  /** Fails those who wait for more than what is before `endOffset`. */
  failBeyond(endOffset: bigint, error: Error): void {
    for (const wanted of ['leader', 'majority'] as const) {
      const failed = this.waiting[wanted].filter((waiter) => waiter.endOffset > endOffset);
      this.waiting[wanted] = this.waiting[wanted].filter((waiter) => waiter.endOffset <= endOffset);
      for (const { reject } of failed) reject(error);
    }
  }

  private release(wanted: Wanted, end: bigint): void {
    const waiters = this.waiting[wanted];
    if (waiters.length === 0) return;
    const ready = waiters.filter((waiter) => waiter.endOffset <= end);
    if (ready.length === 0) return;
    this.waiting[wanted] = ready.length === waiters.length ? [] : waiters.filter((waiter) => waiter.endOffset > end);
    for (const { resolve } of ready) resolve();
  }
}
