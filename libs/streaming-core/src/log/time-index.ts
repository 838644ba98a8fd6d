const ENTRY_BYTES = 12;

/**
 * Sparse map from time to offset for one segment. An entry (t, offset) says: the largest timestamp up to and including the
 * batch that ends at `offset` is t. File format: Kafka's (int64, int32).
 */
export class TimeIndex {
  private timestamps: number[] = [];
  private relativeOffsets: number[] = [];

  constructor(readonly baseOffset: bigint) {}

  get size(): number {
    return this.timestamps.length;
  }

  /** Largest timestamp in the index, or -1. */
  get lastTimestampMs(): number {
    return this.timestamps.at(-1) ?? -1;
  }

  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.relativeOffsets.at(-1) ?? 0);
  }

  /** Entries that bring no later time are not needed and not kept. */
  add(timestampMs: number, offset: bigint): void {
    if (timestampMs <= this.lastTimestampMs) return;
    this.timestamps.push(timestampMs);
    this.relativeOffsets.push(Number(offset - this.baseOffset));
  }

  /** An offset at or before the first record with a timestamp of at least `timestampMs`. */
  floorOffset(timestampMs: number): bigint {
    let low = 0;
    let high = this.timestamps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestamps[middle]! < timestampMs) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.baseOffset : this.baseOffset + BigInt(this.relativeOffsets[low - 1]!);
  }

  /** Forgets entries for batches that end at or after an offset. */
  truncate(offset: bigint): void {
    const relative = Number(offset - this.baseOffset);
    while (this.relativeOffsets.length > 0 && this.relativeOffsets.at(-1)! >= relative) {
      this.relativeOffsets.pop();
      this.timestamps.pop();
    }
  }

  encode(): Buffer {
    const bytes = Buffer.allocUnsafe(this.size * ENTRY_BYTES);
    for (let i = 0; i < this.size; i++) {
      bytes.writeBigInt64BE(BigInt(this.timestamps[i]!), i * ENTRY_BYTES);
      bytes.writeInt32BE(this.relativeOffsets[i]!, i * ENTRY_BYTES + 8);
    }
    return bytes;
  }

  /** Null if the bytes are not a sane index: it is then rebuilt from the log. */
  static decode(baseOffset: bigint, bytes: Buffer): TimeIndex | null {
    if (bytes.length % ENTRY_BYTES !== 0) return null;
    const index = new TimeIndex(baseOffset);
    let lastRelative = -1;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const timestampMs = Number(bytes.readBigInt64BE(at));
      const relative = bytes.readInt32BE(at + 8);
      if (timestampMs <= index.lastTimestampMs || relative <= lastRelative) return null;
      index.add(timestampMs, baseOffset + BigInt(relative));
      lastRelative = relative;
    }
    return index;
  }
}
