/** Sizes of the pieces of memory that are lent, in bytes. A reader usually asks for 1 MiB and the seek before it. */
const SIZES = [64 << 10, 256 << 10, (1 << 20) + (16 << 10)];
/** Reads below this come from Node's own pool or are cheap to collect; the wire codec copies small ones anyway. */
const LENT_BYTES_MIN = 32 << 10;
/** Most memory kept for later reads. */
const KEPT_BYTES_MAX = 16 << 20;

/**
 * Memory for reads of the log that comes back once the bytes have left for the client: without it a third of a busy broker's time
 * goes into collecting buffers of fetches. What nobody gives back is collected like any other memory.
 */
export class ReadBuffers {
  readonly #kept: Buffer[][] = SIZES.map(() => []);
  /** What is lent, by its memory: a slice of it is enough to give it back. */
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();
  #keptBytes = 0;

  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** Uninitialised memory of exactly `length` bytes. */
  take(length: number): Buffer {
    const size = SIZES.findIndex((bytes) => bytes >= length);
    if (length < LENT_BYTES_MIN || size < 0) return Buffer.allocUnsafe(length);
    let piece = this.#kept[size]!.pop();
    if (piece) this.#keptBytes -= piece.length;
    else piece = Buffer.allocUnsafeSlow(SIZES[size]!);
    this.#lent.set(piece.buffer, piece);
    return piece.subarray(0, length);
  }

  /** Takes back what holds these bytes, if it is lent; nobody may look at any part of it afterwards. */
  give(bytes: Buffer): void {
    const piece = this.#lent.get(bytes.buffer);
    if (!piece) return;
    this.#lent.delete(bytes.buffer);
    if (this.#keptBytes + piece.length > KEPT_BYTES_MAX) return;
    this.#keptBytes += piece.length;
    this.#kept[SIZES.indexOf(piece.length)]!.push(piece);
  }
}
