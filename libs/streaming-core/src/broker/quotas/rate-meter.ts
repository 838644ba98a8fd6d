/** Kafka's `quota.window.num` and `quota.window.size.seconds`: how long a burst is remembered. */
export const WINDOWS = 11;
export const WINDOW_MS = 1_000;

/** What was measured per second over the last eleven windows of one second. Pure: time is given, and never goes back. */
export class RateMeter {
  readonly #windows: { startMs: number; sum: number }[] = [];

  record(amount: number, nowMs: number): void {
    this.#forget(nowMs);
    const last = this.#windows.at(-1);
    if (last !== undefined && nowMs - last.startMs < WINDOW_MS) last.sum += amount;
    else this.#windows.push({ startMs: nowMs, sum: amount });
  }

  /** Per second. A meter that has just begun counts as if it had been idle before: one request is no flood. */
  rate(nowMs: number): number {
    this.#forget(nowMs);
    const sum = this.#windows.reduce((total, window) => total + window.sum, 0);
    return (sum / this.spanMs(nowMs)) * 1_000;
  }

  /**
   * How long whoever is measured should keep still so that the rate falls to the limit, in ms; 0 while it is not above
   * (Apache Kafka's QuotaUtils.throttleTime).
   */
  throttleMs(limit: number, nowMs: number): number {
    const rate = this.rate(nowMs);
    return rate <= limit ? 0 : Math.round(((rate - limit) / limit) * this.spanMs(nowMs));
  }

  isIdle(nowMs: number): boolean {
    this.#forget(nowMs);
    return this.#windows.length === 0;
  }

  /** The time over which the rate is taken: all windows but the one under way count as full. */
  private spanMs(nowMs: number): number {
    const sinceOldestMs = nowMs - (this.#windows[0]?.startMs ?? nowMs);
    const missing = Math.max(0, WINDOWS - 1 - Math.floor(sinceOldestMs / WINDOW_MS));
    return Math.max(1, sinceOldestMs + missing * WINDOW_MS);
  }

  #forget(nowMs: number): void {
    while (this.#windows.length > 0 && nowMs - this.#windows[0]!.startMs >= WINDOWS * WINDOW_MS) this.#windows.shift();
  }
}
