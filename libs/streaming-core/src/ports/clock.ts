/** Time as the engine sees it. Simulations and tests give their own. */
export interface Clock {
  /** Milliseconds since 1970. May jump. */
  nowMs(): number;
  /** Milliseconds from some start, only ever upward: for timeouts. */
  monotonicMs(): number;
  /** Calls back once, no earlier than `delayMs` from now. */
  schedule(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}
