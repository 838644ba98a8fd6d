import { OffsetWindow } from './offset-window.js';

export interface LaneLimits {
  /** Handlers that run beside each other. */
  readonly concurrency: number;
  /** Records from the first unfinished one to the last taken, at most. Beyond it the partition is not read on. */
  readonly windowMax: number;
}

/** What became of one run: finished, or to be run again after a while, its lane waiting and its place free for others. */
export type LaneOutcome = 'finished' | { readonly againInMs: number };

export interface LaneEvents<T> {
  /** Runs one record. Must not reject. */
  run(item: T): Promise<LaneOutcome>;
  /** Everything before `offset` is finished. */
  onProgress(offset: bigint): void;
}

interface Queued<T> {
  readonly offset: bigint;
  readonly item: T;
}

/** Thrown when the partition is taken away before all is handled. */
export class HandlingInterrupted extends Error {
  override readonly name = 'HandlingInterrupted';
}

/**
 * The records of one partition, handled in order within a lane (a key) and beside each other across lanes. A lane whose
 * record waits for another try takes no place. Memory is bounded by the window.
 */
export class PartitionLanes<T> {
  readonly #window = new OffsetWindow();
  readonly #lanes = new Map<string, Queued<T>[]>();
  /** Lanes whose first record may run, longest waiting first. */
  readonly #ready: string[] = [];
  readonly #parked = new Map<string, NodeJS.Timeout>();
  readonly #roomWaiters: (() => void)[] = [];
  #running = 0;
  #closed = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    readonly limits: LaneLimits,
    readonly events: LaneEvents<T>,
  ) {}

  /** The next offset to read for whoever takes over; undefined before the first record. */
  get committable(): bigint | undefined {
    return this.#window.committable;
  }

  /** Takes a record, or waits until there is room. @throws HandlingInterrupted once closed */
  async push(lane: string, offset: bigint, item: T): Promise<void> {
    while (this.#window.size >= this.limits.windowMax && !this.#closed) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
    if (this.#closed) throw new HandlingInterrupted('the partition is taken away');
    this.#window.add(offset);
    const queue = this.#lanes.get(lane);
    if (queue) {
      queue.push({ offset, item });
      return;
    }
    this.#lanes.set(lane, [{ offset, item }]);
    this.#ready.push(lane);
    this.#start();
  }

  /** Starts nothing more; resolves when what runs has settled. */
  close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#parked.values()) clearTimeout(timer);
    this.#parked.clear();
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const before = this.#whenIdle;
      this.#whenIdle = () => {
        before?.();
        resolve();
      };
    });
  }

  #start(): void {
    while (!this.#closed && this.#running < this.limits.concurrency) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      this.#running++;
      void this.#runFirst(lane);
    }
  }

  async #runFirst(lane: string): Promise<void> {
    const queue = this.#lanes.get(lane)!;
    const { offset, item } = queue[0]!;
    const outcome = await this.events.run(item);
    this.#running--;
    if (outcome === 'finished') this.#finish(lane, queue, offset);
    else if (!this.#closed) this.#park(lane, outcome.againInMs);
    this.#start();
    if (this.#running === 0) this.#whenIdle?.();
  }

  #finish(lane: string, queue: Queued<T>[], offset: bigint): void {
    queue.shift();
    if (queue.length === 0) this.#lanes.delete(lane);
    else this.#ready.push(lane);
    if (!this.#window.finish(offset)) return;
    this.events.onProgress(this.#window.committable!);
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  #park(lane: string, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#parked.delete(lane);
      this.#ready.push(lane);
      this.#start();
    }, delayMs);
    this.#parked.set(lane, timer);
  }
}
