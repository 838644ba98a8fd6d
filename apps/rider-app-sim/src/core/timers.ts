interface Timer {
  readonly at: number;
  /** Timers of one instant run in the order in which they were set. */
  readonly order: number;
  readonly run: () => void;
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * What agents will do and when, in city time: a binary heap. There is no cancelling: who sets a timer checks, when it
 * runs, whether the offer or ride that it was for is still the current one.
 */
export class Timers {
  private readonly heap: Timer[] = [];
  private count = 0;

  get size(): number {
    return this.heap.length;
  }

  set(at: number, run: () => void): void {
    const timer = { at, order: this.count++, run };
    const heap = this.heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  /** Takes out the first timer that is due at `nowMs`. */
  takeDue(nowMs: number): { readonly at: number; readonly run: () => void } | undefined {
    const first = this.heap[0];
    if (first === undefined || first.at > nowMs) return undefined;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(timer: Timer): void {
    const heap = this.heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, timer)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = timer;
  }
}
