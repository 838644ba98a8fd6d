/** A transaction that was aborted: whose records read_committed readers leave out. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
  /** Of the ABORT marker. */
  readonly lastOffset: bigint;
  /** The last stable offset when the marker was written: no transaction that is listed later begins before it. */
  readonly lastStableOffset: bigint;
}

const VERSION = 0;
const ENTRY_BYTES = 34;

/**
 * The aborted transactions whose markers lie in one segment, in the order of the markers, in Apache Kafka's format of
 * `<base>.txnindex` (AbortedTxn, version 0: int16 version, then four int64). A segment without any has no file.
 */
export class TransactionIndex {
  private readonly entries: AbortedTransaction[] = [];

  get size(): number {
    return this.entries.length;
  }

  add(aborted: AbortedTransaction): void {
    const last = this.entries.at(-1);
    // Recovery may find a batch of which the saved index knows already.
    if (last === undefined || last.lastOffset < aborted.lastOffset) this.entries.push(aborted);
  }

  /** Forgets the transactions whose markers lie at or after an offset. */
  truncate(offset: bigint): void {
    while (this.entries.length > 0 && this.entries.at(-1)!.lastOffset >= offset) this.entries.pop();
  }

  /**
   * Adds to `found` the transactions that have records in [from, to). Returns whether that is all of them; else the next segment's
   * index may know more.
   */
  collect(from: bigint, to: bigint, found: AbortedTransaction[]): boolean {
    for (let at = this.firstEndingAt(from); at < this.entries.length; at++) {
      const entry = this.entries[at]!;
      if (entry.firstOffset < to) found.push(entry);
      if (entry.lastStableOffset >= to) return true;
    }
    return false;
  }

  encode(): Buffer {
    const bytes = Buffer.alloc(this.entries.length * ENTRY_BYTES);
    let at = 0;
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of this.entries) {
      at = bytes.writeInt16BE(VERSION, at);
      at = bytes.writeBigInt64BE(producerId, at);
      at = bytes.writeBigInt64BE(firstOffset, at);
      at = bytes.writeBigInt64BE(lastOffset, at);
      at = bytes.writeBigInt64BE(lastStableOffset, at);
    }
    return bytes;
  }

  /** Null if the bytes cannot be the index of a segment that begins at `baseOffset`. */
  static decode(baseOffset: bigint, bytes: Buffer): TransactionIndex | null {
    if (bytes.length % ENTRY_BYTES !== 0) return null;
    const index = new TransactionIndex();
    let last = baseOffset - 1n;
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const entry: AbortedTransaction = {
        producerId: bytes.readBigInt64BE(at + 2),
        firstOffset: bytes.readBigInt64BE(at + 10),
        lastOffset: bytes.readBigInt64BE(at + 18),
        lastStableOffset: bytes.readBigInt64BE(at + 26),
      };
      const isSound =
        bytes.readInt16BE(at) === VERSION && entry.lastOffset > last && entry.firstOffset < entry.lastOffset;
      if (!isSound) return null;
      last = entry.lastOffset;
      index.entries.push(entry);
    }
    return index;
  }

  /** The first entry whose marker lies at or after an offset. */
  private firstEndingAt(offset: bigint): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.entries[middle]!.lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
