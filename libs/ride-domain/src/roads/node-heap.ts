/**
 * Binary heap of node numbers by a number, smallest first, with decrease-key, on typed arrays. Each node is in it once at most.
 * `clear` costs nothing per node: positions count only if the heap still holds that node there.
 */
export class NodeHeap {
  readonly #keys: Float64Array;
  readonly #nodes: Uint32Array;
  readonly #positions: Uint32Array;
  #size = 0;

  /** @param nodeCount nodes are 0 to `nodeCount - 1` */
  constructor(nodeCount: number) {
    this.#keys = new Float64Array(nodeCount);
    this.#nodes = new Uint32Array(nodeCount);
    this.#positions = new Uint32Array(nodeCount);
  }

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Puts a node in, or lowers its key. A key that is not lower changes nothing. */
  push(node: number, key: number): void {
    const at = this.#positions[node]!;
    if (at < this.#size && this.#nodes[at] === node) {
      if (key < this.#keys[at]!) this.#up(at, node, key);
    } else {
      this.#up(this.#size++, node, key);
    }
  }

  /** The smallest key. Infinity when empty. */
  minKey(): number {
    return this.#size === 0 ? Infinity : this.#keys[0]!;
  }

  /** Takes out the node with the smallest key. -1 when empty. */
  pop(): number {
    if (this.#size === 0) return -1;
    const min = this.#nodes[0]!;
    const last = --this.#size;
    if (last > 0) this.#down(this.#nodes[last]!, this.#keys[last]!);
    return min;
  }

  #up(from: number, node: number, key: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent]! <= key) break;
      this.#place(at, this.#nodes[parent]!, this.#keys[parent]!);
      at = parent;
    }
    this.#place(at, node, key);
  }

  #down(node: number, key: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#keys[child + 1]! < this.#keys[child]!) child++;
      if (this.#keys[child]! >= key) break;
      this.#place(at, this.#nodes[child]!, this.#keys[child]!);
      at = child;
    }
    this.#place(at, node, key);
  }

  #place(at: number, node: number, key: number): void {
    this.#nodes[at] = node;
    this.#keys[at] = key;
    this.#positions[node] = at;
  }
}
