/** Growing delays with jitter, so that clients of a restarted broker do not come back in step. */
export class Backoff {
  #attempt = 0;

  constructor(
    readonly firstMs = 50,
    readonly maxMs = 1000,
    readonly random: () => number = Math.random,
  ) {}

  /** The next delay: doubles up to the limit, of which the upper half is random. */
  nextMs(): number {
    const fullMs = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.#attempt, 20));
    this.#attempt++;
    return fullMs / 2 + (this.random() * fullMs) / 2;
  }

  reset(): void {
    this.#attempt = 0;
  }
}

/** Resolves after the delay, or at once when the signal aborts. Never rejects. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The promise's outcome, or a rejection with the signal's reason as soon as it aborts. What the promise does then is ignored. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

/** Resolves when the promise has settled, or else after the time. Never rejects. True: it has settled. */
export async function settledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const settling = promise.then(
    () => settled.abort(),
    () => settled.abort(),
  );
  await Promise.race([settling, delay(ms, settled.signal)]);
  return settled.signal.aborted;
}
