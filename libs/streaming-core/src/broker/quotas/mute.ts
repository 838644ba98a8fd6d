import type { Clock, Timer } from '../../ports/clock.js';

/** The time in which a client over its quota is not heard (KIP-219). What it sends meanwhile waits in the socket. */
export class Mute {
  #untilMs = 0;
  #timer: Timer | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onEnd: () => void,
  ) {}

  get isOn(): boolean {
    return this.#timer !== null;
  }

  /** At least for so long from now on. */
  extend(forMs: number): void {
    const untilMs = this.clock.monotonicMs() + forMs;
    if (untilMs <= this.#untilMs) return;
    this.cancel();
    this.#untilMs = untilMs;
    this.#timer = this.clock.schedule(forMs, () => {
      this.#timer = null;
      this.onEnd();
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
