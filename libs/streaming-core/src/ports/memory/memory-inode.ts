import type { Random } from '../random.js';

/** A file's bytes: as written, and as they would be after a power loss. */
export class MemoryInode {
  private content = Buffer.alloc(0);
  private length = 0;
  private durable = Buffer.alloc(0);
  private durableLength = 0;
  /** Content and durable image are equal below this position. */
  private firstDirty = 0;

  get size(): number {
    return this.length;
  }

  copy(): Buffer {
    return Buffer.from(this.content.subarray(0, this.length));
  }

  append(bytes: Buffer): void {
    this.content = ensureCapacity(this.content, this.length, this.length + bytes.length);
    bytes.copy(this.content, this.length);
    this.length += bytes.length;
  }

  read(target: Buffer, position: number): number {
    if (position >= this.length) return 0;
    return this.content.copy(target, 0, position, Math.min(this.length, position + target.length));
  }

  truncate(size: number): void {
    if (size > this.length) {
      this.append(Buffer.alloc(size - this.length));
      return;
    }
    this.length = size;
    this.firstDirty = Math.min(this.firstDirty, size);
  }

  /** Makes the first `size` bytes, and with them every earlier truncation, durable. */
  sync(size: number): void {
    const end = Math.min(size, this.length);
    if (end < this.firstDirty) return;
    this.durable = ensureCapacity(this.durable, this.durableLength, end);
    this.content.copy(this.durable, this.firstDirty, this.firstDirty, end);
    this.durableLength = end;
    this.firstDirty = end;
  }

  flipBit(position: number, bit: number): void {
    this.content[position] = this.content[position]! ^ (1 << bit);
    if (position < this.durableLength) this.durable[position] = this.content[position]!;
  }

  crash(survivors?: Random): void {
    const unsynced = Math.max(0, this.length - this.firstDirty);
    if (survivors !== undefined && unsynced > 0 && this.durableLength <= this.firstDirty) {
      const kept = Math.floor(survivors.next() * (unsynced + 1));
      const end = this.firstDirty + kept;
      if (kept > 0 && survivors.next() < 0.3) {
        this.flipBit(this.firstDirty + Math.floor(survivors.next() * kept), Math.floor(survivors.next() * 8));
      }
      this.sync(end);
    }
    this.content = Buffer.from(this.durable.subarray(0, this.durableLength));
    this.length = this.durableLength;
    this.firstDirty = this.length;
  }
}

function ensureCapacity(buffer: Buffer<ArrayBuffer>, used: number, needed: number): Buffer<ArrayBuffer> {
  if (needed <= buffer.length) return buffer;
  const grown = Buffer.alloc(Math.max(needed, buffer.length * 2, 256));
  buffer.copy(grown, 0, 0, used);
  return grown;
}
