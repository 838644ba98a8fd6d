import { RecordBatchError } from './record-batch.js';

const INITIAL_BYTES_MAX = 64 * 1024;

/** The output of a decompressor: grows by doubling and refuses to pass its limit. */
export class BoundedOutput {
  #buffer: Buffer;
  #length = 0;

  constructor(readonly bytesMax: number) {
    this.#buffer = Buffer.allocUnsafe(Math.min(bytesMax, INITIAL_BYTES_MAX));
  }

  get length(): number {
    return this.#length;
  }

  append(source: Buffer, start: number, end: number): void {
    if (start > end || end > source.length) throw corrupt('a literal reaches past the end');
    this.#grow(end - start);
    source.copy(this.#buffer, this.#length, start, end);
    this.#length += end - start;
  }

  /** Repeats `length` bytes from `distance` back; the two may overlap, which repeats a pattern. `floor` bounds the reach. */
  repeat(distance: number, length: number, floor = 0): void {
    const from = this.#length - distance;
    if (distance <= 0 || from < floor) throw corrupt(`a copy from ${distance} bytes back`);
    this.#grow(length);
    if (distance >= length) this.#buffer.copyWithin(this.#length, from, from + length);
    else for (let index = 0; index < length; index++) this.#buffer[this.#length + index] = this.#buffer[from + index]!;
    this.#length += length;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > this.bytesMax) {
      throw new RecordBatchError('MESSAGE_TOO_LARGE', `the records decompress to more than ${this.bytesMax} bytes`);
    }
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.bytesMax, Math.max(needed, this.#buffer.length * 2)));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

export function corrupt(detail: string): RecordBatchError {
  return new RecordBatchError('CORRUPT_MESSAGE', `the records do not decompress: ${detail}`);
}
