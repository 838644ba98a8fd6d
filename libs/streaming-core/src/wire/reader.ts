import { isUtf8 } from 'node:buffer';
import { readInt64 } from './int64.js';
import { WireError } from './wire-error.js';

const ASCII_SCAN_BYTES_MAX = 64;
const VARINT_BYTES_MAX = 5;
const VARLONG_BYTES_MAX = 10;
const UUID_BYTES = 16;
/** A structure of two bytes takes a hundred in memory: without this bound one large frame of empty ones would take all there is. */
const ELEMENTS_MAX = 1 << 18;

/** Puts the value of one tagged field into the message it belongs to. */
export type TagReader<T> = (reader: Reader, target: T) => void;

/**
 * Reads protocol primitives from one buffer and never past its end. Every claimed length is compared with the bytes that
 * remain before anything is allocated or sliced (`subarray` would clamp in silence). Byte values are views, not copies.
 * Throws {@link WireError}.
 */
export class Reader {
  position: number;
  #limit: number;
  #elementsLeft = ELEMENTS_MAX;
  readonly #buffer: Buffer;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.#buffer = buffer;
    this.position = start;
    this.#limit = end;
  }

  get remaining(): number {
    return this.#limit - this.position;
  }

  /** Moves past `bytes` bytes and returns where they begin. */
  take(bytes: number): number {
    const start = this.position;
    if (bytes > this.#limit - start) {
      throw new WireError('UNDERFLOW', start, `${bytes} bytes wanted, ${this.#limit - start} remain`);
    }
    this.position = start + bytes;
    return start;
  }

  int8(): number {
    return this.#buffer.readInt8(this.take(1));
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.#buffer.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.take(4));
  }

  int64(): bigint {
    return readInt64(this.#buffer, this.take(8));
  }

  float64(): number {
    return this.#buffer.readDoubleBE(this.take(8));
  }

  /** Any byte but 0 is true, as in Kafka. */
  boolean(): boolean {
    return this.int8() !== 0;
  }

  /** Unsigned 32 bits in at most five bytes. */
  uvarint(): number {
    const start = this.position;
    let value = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const byte = this.#buffer[this.take(1)]!;
      if (index === VARINT_BYTES_MAX - 1 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** (7 * index);
      if (byte < 0x80) return value;
    }
    throw new WireError('OVERLONG_VARINT', start, 'a varint needs more than 32 bits');
  }

  /** Zigzag, 32 bits. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag, 64 bits. */
  varlong(): bigint {
    const start = this.position;
    let raw = 0n;
    for (let index = 0; index < VARLONG_BYTES_MAX; index++) {
      const byte = this.#buffer[this.take(1)]!;
      if (index === VARLONG_BYTES_MAX - 1 && byte > 0x01) break;
      raw |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return (raw >> 1n) ^ -(raw & 1n);
    }
    throw new WireError('OVERLONG_VARINT', start, 'a varint needs more than 64 bits');
  }

  /** Kafka's text form of an id: 22 characters of base64url. */
  uuid(): string {
    const start = this.take(UUID_BYTES);
    return this.#buffer.toString('base64url', start, start + UUID_BYTES);
  }

  /** Two-byte length (or compact: length + 1 as a varint), then UTF-8. -1 (compact: 0) is null. */
  nullableString(compact: boolean): string | null {
    const length = this.#length(compact ? this.uvarint() - 1 : this.int16());
    return length < 0 ? null : this.utf8(length);
  }

  string(compact: boolean): string {
    return this.#notNull(this.nullableString(compact));
  }

  /** Four-byte length (or compact), then a view of the bytes. */
  nullableBytes(compact: boolean): Buffer | null {
    const length = this.#length(compact ? this.uvarint() - 1 : this.int32());
    return length < 0 ? null : this.bytesOf(length);
  }

  bytes(compact: boolean): Buffer {
    return this.#notNull(this.nullableBytes(compact));
  }

  /** A view of the next `length` bytes. */
  bytesOf(length: number): Buffer {
    const start = this.take(length);
    return this.#buffer.subarray(start, start + length);
  }

  /** The number of elements of an array, -1 for null; at most 262,144 in all of a message. `elementBytesMin` is the least an element can occupy. */
  arrayLength(compact: boolean, elementBytesMin: number): number {
    const start = this.position;
    const length = this.#length(compact ? this.uvarint() - 1 : this.int32());
    // An element of zero width counts as one byte: nothing else would bound the loop.
    if (length * Math.max(1, elementBytesMin) > this.remaining) {
      throw new WireError('ARRAY_TOO_LARGE', start, `${length} elements do not fit in ${this.remaining} bytes`);
    }
    if (length > this.#elementsLeft) {
      throw new WireError('ARRAY_TOO_LARGE', start, `more than ${ELEMENTS_MAX} elements in one message`);
    }
    this.#elementsLeft -= Math.max(0, length);
    return length;
  }

  /** Strict UTF-8: a replacement character in a topic name would make two topics one. */
  utf8(length: number): string {
    const start = this.take(length);
    const end = start + length;
    if (length <= ASCII_SCAN_BYTES_MAX) {
      let index = start;
      while (index < end && this.#buffer[index]! < 0x80) index++;
      if (index === end) return this.#buffer.toString('latin1', start, end);
    }
    if (!isUtf8(this.#buffer.subarray(start, end))) {
      throw new WireError('BAD_UTF8', start, `${length} bytes of text are not UTF-8`);
    }
    return this.#buffer.toString('utf8', start, end);
  }

  /** Bytes that are not UTF-8 become replacement characters: for text that names nothing. */
  lenientUtf8(length: number): string {
    const start = this.take(length);
    return this.#buffer.toString('utf8', start, start + length);
  }

  /** Runs `read` over exactly the next `length` bytes; it must use all of them. */
  within<T>(length: number, read: (reader: Reader) => T): T {
    const end = this.take(length) + length;
    const outer = this.#limit;
    this.position = end - length;
    this.#limit = end;
    const value = read(this);
    this.expectEnd();
    this.#limit = outer;
    return value;
  }

  /** Reads the tagged-field block into `target`; tags that are not in `known` are passed over. */
  taggedFields<T>(known: ReadonlyMap<number, TagReader<T>> | null, target: T): void {
    const start = this.position;
    const count = this.uvarint();
    if (count === 0) return;
    if (count * 2 > this.remaining) {
      throw new WireError('BAD_TAGGED_FIELDS', start, `${count} tagged fields do not fit in ${this.remaining} bytes`);
    }
    let previous = -1;
    for (let index = 0; index < count; index++) {
      const tagStart = this.position;
      const tag = this.uvarint();
      if (tag <= previous) {
        throw new WireError('BAD_TAGGED_FIELDS', tagStart, `tag ${tag} after tag ${previous}`);
      }
      previous = tag;
      const length = this.uvarint();
      const read = known?.get(tag);
      if (read === undefined) this.take(length);
      else this.within(length, (reader) => read(reader, target));
    }
  }

  expectEnd(): void {
    if (this.remaining > 0) {
      throw new WireError('TRAILING_BYTES', this.position, `${this.remaining} bytes after the end of the message`);
    }
  }

  #length(length: number): number {
    if (length < -1) throw new WireError('NEGATIVE_LENGTH', this.position, `length ${length}`);
    return length;
  }

  #notNull<T>(value: T | null): T {
    if (value === null) throw new WireError('NULL_NOT_ALLOWED', this.position, 'null where a value must be');
    return value;
  }
}
