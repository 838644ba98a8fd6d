import { HandlingInterrupted } from './partition-lanes.js';

/** Holds up whoever passes while it is closed. */
export class Gate {
  #waiting: (() => void)[] | undefined;

  get isClosed(): boolean {
    return this.#waiting !== undefined;
  }

  close(): void {
    this.#waiting ??= [];
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }

  /** Resolves when the gate is open. @throws HandlingInterrupted when the signal aborts before */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#waiting && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#waiting.push(() => resolve(undefined));
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
      await promise;
    }
    if (signal.aborted) throw new HandlingInterrupted('the partition is taken away');
  }
}
