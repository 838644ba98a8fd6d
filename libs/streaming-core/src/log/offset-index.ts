const ENTRY_BYTES = 8;

/**
 * Sparse map from offset to file position for one segment: about one entry per 4 KiB of log. An entry holds the last offset of
 * a batch, relative to the segment's base, and the position where that batch begins. File format: Kafka's (int32, int32).
 */
export class OffsetIndex {
  private entries = new Int32Array(32);
  private length = 0;

  constructor(readonly baseOffset: bigint) {}

  get size(): number {
    return this.length;
  }

  add(lastOffset: bigint, position: number): void {
    if (this.length * 2 === this.entries.length) {
      const grown = new Int32Array(this.entries.length * 2);
      grown.set(this.entries);
      this.entries = grown;
    }
    this.entries[this.length * 2] = Number(lastOffset - this.baseOffset);
    this.entries[this.length * 2 + 1] = position;
    this.length += 1;
  }

  /** The position of a batch at or before the one that holds `offset`: begin to scan there. */
  floorPosition(offset: bigint): number {
    const relative = Number(offset - this.baseOffset);
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle * 2]! <= relative) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.entries[low * 2 - 1]!;
  }

  /** Forgets entries for batches at or after a position. */
  truncate(position: number): void {
    while (this.length > 0 && this.entries[this.length * 2 - 1]! >= position) this.length -= 1;
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.length * ENTRY_BYTES);
    for (let i = 0; i < this.length * 2; i++) bytes.writeInt32BE(this.entries[i]!, i * 4);
    return bytes;
  }

  /** Null if the bytes are not a sane index of a segment of `logBytes`: it is then rebuilt from the log. */
  static decode(baseOffset: bigint, bytes: Buffer, logBytes: number): OffsetIndex | null {
    if (bytes.length % ENTRY_BYTES !== 0) return null;
    const index = new OffsetIndex(baseOffset);
    let lastRelative = -1;
    let lastPosition = -1;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const relative = bytes.readInt32BE(at);
      const position = bytes.readInt32BE(at + 4);
      if (relative <= lastRelative || position <= lastPosition || position >= logBytes) return null;
      index.add(baseOffset + BigInt(relative), position);
      lastRelative = relative;
      lastPosition = position;
    }
    return index;
  }
}
