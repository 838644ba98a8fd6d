import type { Clock } from '../ports/clock.js';
import type { Partition } from '../replica/partition.js';

/** Fetches that wait for data: each wakes when one of its partitions has something new, without any polling. */
export class FetchWaits {
  readonly #waiting = new Set<() => void>();
  #isStopped = false;

  constructor(private readonly clock: Clock) {}

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves when `isReady` says so after something happened at one of the partitions (true; it is given that partition's index),
   * when the time is over (false), or when the broker stops or `onDisconnect` fires (false).
   */
  wait(options: {
    readonly partitions: readonly Partition[];
    readonly timeoutMs: number;
    readonly isReady: (index: number) => boolean;
    onDisconnect: (callback: () => void) => () => void;
  }): Promise<boolean> {
    if (this.#isStopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isReady: boolean): void => {
        if (!this.#waiting.delete(stop)) return;
        timer.cancel();
        for (const release of releases) release();
        resolve(isReady);
      };
      const stop = (): void => finish(false);
      this.#waiting.add(stop);
      const timer = this.clock.schedule(options.timeoutMs, stop);
      const releases = options.partitions.map((partition, index) =>
        partition.subscribe(() => {
          if (options.isReady(index)) finish(true);
        }),
      );
      releases.push(options.onDisconnect(stop));
    });
  }

  /** Lets every waiting fetch answer with what there is, and later ones not wait at all. */
  stop(): void {
    this.#isStopped = true;
    for (const stop of [...this.#waiting]) stop();
  }
}
