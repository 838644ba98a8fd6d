const HIT_TIMEOUT_MS = 10_000;

/** How often a fault strikes. */
export interface FaultTimes {
  /** Strikes so often, then no more. */
  readonly times?: number;
  /** Lets so many pass first. Default 0. */
  readonly skip?: number;
}

/** Something that goes wrong on purpose, until it has struck as often as asked or is cleared. */
export interface Fault extends Disposable {
  /** What it does to whom, for messages. */
  readonly name: string;
  /** How often it struck. */
  readonly hits: number;
  /** False once it is cleared or has struck as often as asked. */
  readonly isActive: boolean;
  /** Resolves when it has struck `times` times (default 1) in all. Rejects after `timeoutMs` (default 10 s), saying what it waits for. */
  hit(options?: { readonly times?: number; readonly timeoutMs?: number }): Promise<void>;
  /** Ends it; what it holds goes on. */
  clear(): void;
}

/** A fault from the side of what it strikes. */
export class ArmedFault implements Fault {
  readonly #limit: number;
  readonly #releases = new Set<() => void>();
  readonly #watchers = new Set<() => void>();
  #toSkip: number;
  #hits = 0;
  #isCleared = false;

  constructor(
    readonly name: string,
    { times = Infinity, skip = 0 }: FaultTimes,
    private readonly onClear: () => void = () => undefined,
  ) {
    if (!(times >= 1) || !(skip >= 0)) throw new RangeError(`${name}: times must be at least 1 and skip at least 0`);
    this.#limit = times;
    this.#toSkip = skip;
  }

  get hits(): number {
    return this.#hits;
  }

  get isActive(): boolean {
    return !this.#isCleared && this.#hits < this.#limit;
  }

  /** What it was asked for and has not done, or null. */
  get shortfall(): string | null {
    if (this.#limit === Infinity) return this.#hits > 0 ? null : `${this.name}: never hit`;
    return this.#hits >= this.#limit ? null : `${this.name}: hit ${this.#hits} of ${this.#limit} times`;
  }

  /** Whether it strikes now; counts if so. */
  strike(): boolean {
    if (!this.isActive) return false;
    if (this.#toSkip > 0) {
      this.#toSkip -= 1;
      return false;
    }
    this.#hits += 1;
    for (const watcher of [...this.#watchers]) watcher();
    return true;
  }

  /** Resolves when the fault is cleared, or after so much real time. */
  untilCleared(ms = Infinity): Promise<void> {
    if (this.#isCleared) return Promise.resolve();
    return new Promise((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.#releases.delete(release);
        resolve();
      };
      const timer = ms === Infinity ? undefined : setTimeout(release, ms);
      this.#releases.add(release);
    });
  }

  hit({ times = 1, timeoutMs = HIT_TIMEOUT_MS } = {}): Promise<void> {
    if (this.#hits >= times) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        reject(new Error(`${this.name}: hit ${this.#hits} of ${times} times after ${timeoutMs} ms`));
      }, timeoutMs);
      const watcher = (): void => {
        if (this.#hits < times) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
    });
  }

  clear(): void {
    if (this.#isCleared) return;
    this.#isCleared = true;
    for (const release of [...this.#releases]) release();
    this.onClear();
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** `fail Produce (topic orders, 2 times)`. */
export function describeFault(what: string, scope: object): string {
  const details = Object.entries(scope)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => (name === 'times' ? `${String(value)} times` : `${name} ${String(value)}`));
  return details.length === 0 ? what : `${what} (${details.join(', ')})`;
}
