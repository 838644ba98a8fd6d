interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** What happens when, in simulated time; at the same moment in the order in which it was planned. A binary heap. */
export class EventQueue {
  nowMs = 0;
  private order = 0;
  private readonly heap: Event[] = [];

  in(delayMs: number, run: () => void): void {
    const { heap } = this;
    let index = heap.push({ atMs: this.nowMs + delayMs, order: this.order++, run }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(heap[index]!, heap[parent]!)) break;
      swap(heap, index, parent);
      index = parent;
    }
  }

  /** Runs the next event; false once there is none before `untilMs`. */
  runNext(untilMs: number): boolean {
    const next = this.heap[0];
    if (next === undefined || next.atMs > untilMs) return false;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.sink(last);
    this.nowMs = next.atMs;
    next.run();
    return true;
  }

  private sink(event: Event): void {
    const { heap } = this;
    heap[0] = event;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && isBefore(heap[left]!, heap[least]!)) least = left;
      if (right < heap.length && isBefore(heap[right]!, heap[least]!)) least = right;
      if (least === index) return;
      swap(heap, index, least);
      index = least;
    }
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs !== b.atMs ? a.atMs < b.atMs : a.order < b.order;
}

function swap(heap: Event[], a: number, b: number): void {
  const kept = heap[a]!;
  heap[a] = heap[b]!;
  heap[b] = kept;
}
