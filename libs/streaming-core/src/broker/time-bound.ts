import type { Clock } from '../ports/clock.js';

/** `promise`, or a rejection with what `onTimeout` gives if it has not settled after `timeoutMs`. The work itself goes on. */
export function timeBound<T>(clock: Clock, timeoutMs: number, promise: Promise<T>, onTimeout: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () => reject(onTimeout()));
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
