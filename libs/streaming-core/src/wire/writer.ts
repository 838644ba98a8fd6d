import { writeInt64 } from './int64.js';
import { WireError } from './wire-error.js';

const CHUNK_BYTES_MIN = 512;
const CHUNK_BYTES_MAX = 64 * 1024;
/** Byte values at least this long are referenced, shorter ones copied: a chunk of its own costs more than the copy. */
const REFERENCE_BYTES_MIN = 1024;
const STRING_BYTES_MAX = 0x7fff;
const UUID_BYTES = 16;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/**
 * Writes protocol primitives into a list of chunks. Large byte values (record batches) are referenced, not copied, so
 * they must not change until the chunks are sent. Throws {@link WireError} with code NOT_ENCODABLE.
 */
export class Writer {
  readonly #chunks: Buffer[] = [];
  #closedBytes = 0;
  #chunk: Buffer;
  #start = 0;
  #position = 0;

  /** @param bytesExpected sizes the first chunk */
  constructor(bytesExpected = CHUNK_BYTES_MIN) {
    this.#chunk = Buffer.allocUnsafe(bytesExpected);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#closedBytes + this.#position - this.#start;
  }

  /** What was written, in order. The writer is not used after this. */
  finish(): Buffer[] {
    this.#closeChunk();
    return this.#chunks;
  }

  int8(value: number): void {
    const at = this.#reserve(1);
    this.#chunk.writeInt8(this.#integer(value, -0x80, 0x7f), at);
  }

  int16(value: number): void {
    const at = this.#reserve(2);
    this.#chunk.writeInt16BE(this.#integer(value, -0x8000, 0x7fff), at);
  }

  uint16(value: number): void {
    const at = this.#reserve(2);
    this.#chunk.writeUInt16BE(this.#integer(value, 0, 0xffff), at);
  }

  int32(value: number): void {
    const at = this.#reserve(4);
    this.#chunk.writeInt32BE(this.#integer(value, -0x80000000, 0x7fffffff), at);
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    this.#chunk.writeUInt32BE(this.#integer(value, 0, 0xffffffff), at);
  }

  int64(value: bigint): void {
    if (value > INT64_MAX || value < INT64_MIN) throw this.#unfit(`${value} is not a 64-bit integer`);
    const at = this.#reserve(8);
    writeInt64(this.#chunk, value, at);
  }

  float64(value: number): void {
    const at = this.#reserve(8);
    this.#chunk.writeDoubleBE(value, at);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 1 : 0);
  }

  uvarint(value: number): void {
    this.#integer(value, 0, 0xffffffff);
    let at = this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#chunk[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#chunk[at++] = rest;
    this.#position = at;
  }

  /** Zigzag, 32 bits. */
  varint(value: number): void {
    this.#integer(value, -0x80000000, 0x7fffffff);
    this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** Zigzag, 64 bits. */
  varlong(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw this.#unfit(`${value} is not a 64-bit integer`);
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  /** 22 characters of base64url. */
  uuid(value: string): void {
    const at = this.#reserve(UUID_BYTES);
    if (value.length !== 22 || this.#chunk.write(value, at, UUID_BYTES, 'base64url') !== UUID_BYTES) {
      throw this.#unfit(`"${value.slice(0, 40)}" is not an id of 16 bytes in base64url`);
    }
  }

  /** See {@link Reader.nullableString} for the format. */
  string(value: string | null, compact: boolean): void {
    const length = value === null ? -1 : Buffer.byteLength(value);
    if (compact) this.uvarint(length + 1);
    else if (length > STRING_BYTES_MAX) throw this.#unfit(`a string of ${length} bytes (at most ${STRING_BYTES_MAX})`);
    else this.int16(length);
    if (value !== null) this.utf8(value, length);
  }

  /** Text without a length; `byteLength` must be its length in UTF-8. */
  utf8(value: string, byteLength: number): void {
    const at = this.#reserve(byteLength);
    this.#chunk.write(value, at, byteLength, 'utf8');
  }

  /** Four-byte length (or compact: length + 1 as a varint), then the bytes; null is -1 (compact: 0). */
  bytes(value: Uint8Array | readonly Uint8Array[] | null, compact: boolean): void {
    const length = value === null ? -1 : byteLengthOf(value);
    if (compact) this.uvarint(length + 1);
    else this.int32(length);
    if (value === null) return;
    if (value instanceof Uint8Array) this.append(value);
    else for (const part of value) this.append(part);
  }

  /** The length of an array; -1 is null. */
  arrayLength(length: number, compact: boolean): void {
    if (compact) this.uvarint(length + 1);
    else this.int32(length);
  }

  /** Bytes without a length. Referenced when they are large. */
  append(bytes: Uint8Array): void {
    if (bytes.length < REFERENCE_BYTES_MIN) {
      const at = this.#reserve(bytes.length);
      this.#chunk.set(bytes, at);
      return;
    }
    this.#closeChunk();
    this.#chunks.push(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#closedBytes += bytes.length;
  }

  /** Takes over all that another writer wrote. */
  appendAll(other: Writer): void {
    for (const chunk of other.finish()) this.append(chunk);
  }

  /** Overwrites the first four bytes, which an earlier `int32` left for it. */
  patchFirstInt32(value: number): void {
    (this.#chunks[0] ?? this.#chunk).writeInt32BE(value, 0);
  }

  #byte(value: number): void {
    // First the place: it may be in a new chunk.
    const at = this.#reserve(1);
    this.#chunk[at] = value;
  }

  #reserve(bytes: number): number {
    const at = this.#position;
    if (at + bytes > this.#chunk.length) return this.#reserveInNewChunk(bytes);
    this.#position = at + bytes;
    return at;
  }

  #reserveInNewChunk(bytes: number): number {
    const size = Math.max(bytes, CHUNK_BYTES_MIN, Math.min(this.#chunk.length * 2, CHUNK_BYTES_MAX));
    this.#closeChunk();
    this.#chunk = Buffer.allocUnsafe(size);
    this.#start = 0;
    this.#position = bytes;
    return 0;
  }

  #closeChunk(): void {
    if (this.#position === this.#start) return;
    this.#chunks.push(this.#chunk.subarray(this.#start, this.#position));
    this.#closedBytes += this.#position - this.#start;
    this.#start = this.#position;
  }

  #integer(value: number, min: number, max: number): number {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw this.#unfit(`${value} is not an integer of ${min}..${max}`);
    }
    return value;
  }

  #unfit(detail: string): WireError {
    return new WireError('NOT_ENCODABLE', this.length, detail);
  }
}

function byteLengthOf(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length;
  let length = 0;
  for (const part of value) length += part.length;
  return length;
}
