import { WINDOW_MS, WINDOWS } from './rate-meter.js';

/**
 * Tokens that come back at a steady rate, up to what eleven seconds give (KIP-599). Taking may leave a debt: the one request that
 * begins with tokens is served whole, whatever it costs. Pure: time is given.
 */
export class TokenBucket {
  #tokens: number;
  #atMs: number;
  #perSecond: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#atMs = nowMs;
    this.#tokens = this.#most;
  }

  /** Another rate from now on. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#perSecond = perSecond;
    this.#tokens = Math.min(this.#tokens, this.#most);
  }

  isInDebt(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens < 0;
  }

  take(tokens: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens -= tokens;
  }

  /** Until the debt is paid, in ms; 0 without one. */
  throttleMs(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens >= 0 ? 0 : Math.round((-this.#tokens / this.#perSecond) * 1_000);
  }

  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.#most;
  }

  get #most(): number {
    return (this.#perSecond * WINDOWS * WINDOW_MS) / 1_000;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    this.#tokens = Math.min(this.#most, this.#tokens + (elapsedMs / 1_000) * this.#perSecond);
  }
}
