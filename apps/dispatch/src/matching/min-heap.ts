/**
 * A binary min-heap of small integers ordered by a float key, on typed arrays that are reused between searches. An item
 * that is pushed again with a smaller key moves up (decrease-key); a larger key is ignored.
 */
export class IndexedMinHeap {
  private readonly items: Int32Array;
  private readonly slotOf: Int32Array;
  private readonly keys: Float64Array;
  private length = 0;

  /** @param capacity items are 0 up to `capacity` - 1 */
  constructor(capacity: number) {
    this.items = new Int32Array(capacity);
    this.slotOf = new Int32Array(capacity).fill(-1);
    this.keys = new Float64Array(capacity);
  }

  get size(): number {
    return this.length;
  }

  /** Key of an item that is in the heap, or that was popped and not pushed again. */
  keyOf(item: number): number {
    return this.keys[item]!;
  }

  has(item: number): boolean {
    return this.slotOf[item]! >= 0;
  }

  push(item: number, key: number): void {
    let slot = this.slotOf[item]!;
    if (slot >= 0) {
      if (key >= this.keys[item]!) return;
    } else {
      slot = this.length++;
    }
    this.keys[item] = key;
    this.siftUp(slot, item, key);
  }

  /** The item with the smallest key, or -1 when the heap is empty. */
  pop(): number {
    if (this.length === 0) return -1;
    const top = this.items[0]!;
    this.slotOf[top] = -1;
    const last = this.items[--this.length]!;
    if (this.length > 0) this.siftDown(0, last, this.keys[last]!);
    return top;
  }

  clear(): void {
    for (let slot = 0; slot < this.length; slot++) this.slotOf[this.items[slot]!] = -1;
    this.length = 0;
  }

  private siftUp(start: number, item: number, key: number): void {
    let slot = start;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = this.items[parent]!;
      if (this.keys[above]! <= key) break;
      this.place(slot, above);
      slot = parent;
    }
    this.place(slot, item);
  }

  private siftDown(start: number, item: number, key: number): void {
    let slot = start;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && this.keys[this.items[child + 1]!]! < this.keys[this.items[child]!]!) child++;
      const below = this.items[child]!;
      if (this.keys[below]! >= key) break;
      this.place(slot, below);
      slot = child;
    }
    this.place(slot, item);
  }

  private place(slot: number, item: number): void {
    this.items[slot] = item;
    this.slotOf[item] = slot;
  }
}
