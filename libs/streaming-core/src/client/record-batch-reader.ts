import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';
import { crc32c } from '@node-rs/crc32';
import { BATCH_HEADER_BYTES } from './record-batch-builder.js';
import type { StreamRecord } from './types.js';

const MAGIC = 2;
const COMPRESSION_MASK = 0b111;
const TIMESTAMP_IS_APPEND_TIME = 1 << 3;
const IS_TRANSACTIONAL = 1 << 4;
const IS_CONTROL = 1 << 5;
const CONTROL_TYPE_ABORT = 0;

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface DecodedRecords {
  readonly records: StreamRecord[];
  /** The offset to go on from. */
  readonly nextOffset: bigint;
}

/**
 * Reads the record batches of one partition. Records before `fromOffset` (a batch is sent whole), markers, and records of
 * aborted transactions are left out. A batch that is cut off at the end of the response is left for the next fetch.
 * Throws on a wrong checksum or a malformed batch, once it is the first: what lies before it is given first.
 */
export function readRecordBatches(
  topic: string,
  partition: number,
  bytes: Buffer,
  fromOffset: bigint,
  aborted: readonly AbortedTransaction[] = [],
): DecodedRecords {
  const records: StreamRecord[] = [];
  const abortedProducers = new AbortedProducers(aborted);
  let nextOffset = fromOffset;
  let at = 0;
  while (at + BATCH_HEADER_BYTES <= bytes.length) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    const batch = bytes.subarray(at, end);
    at = end;
    const problem = problemWithBatch(batch);
    if (problem !== null && nextOffset > fromOffset) break;
    if (problem !== null) throw new RangeError(problem);
    const baseOffset = batch.readBigInt64BE(0);
    const lastOffset = baseOffset + BigInt(batch.readInt32BE(23));
    if (lastOffset < fromOffset) continue;
    const attributes = batch.readInt16BE(21);
    const isAborted = abortedProducers.covers(batch, attributes, lastOffset);
    if ((attributes & IS_CONTROL) === 0 && !isAborted) {
      readRecords({ topic, partition, batch, attributes, baseOffset, fromOffset }, records);
    }
    if (lastOffset >= nextOffset) nextOffset = lastOffset + 1n;
  }
  return { records, nextOffset };
}

function problemWithBatch(batch: Buffer): string | null {
  if (batch.length < BATCH_HEADER_BYTES || batch[16] !== MAGIC) return 'not a version 2 record batch';
  return crc32c(batch.subarray(21)) === batch.readUInt32BE(17) ? null : 'record batch fails its CRC-32C';
}

/** Which producers have an aborted transaction open at the current batch. */
class AbortedProducers {
  readonly #pending: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  }

  covers(batch: Buffer, attributes: number, lastOffset: bigint): boolean {
    if ((attributes & IS_TRANSACTIONAL) === 0) return false;
    while (this.#pending[0] && this.#pending[0].firstOffset <= lastOffset) {
      this.#open.add(this.#pending.shift()!.producerId);
    }
    const producerId = batch.readBigInt64BE(43);
    if ((attributes & IS_CONTROL) === 0) return this.#open.has(producerId);
    if (isAbortMarker(batch)) this.#open.delete(producerId);
    return false;
  }
}

function isAbortMarker(batch: Buffer): boolean {
  const cursor = new Cursor(batch, BATCH_HEADER_BYTES);
  cursor.varint();
  cursor.at++;
  cursor.varint();
  cursor.varint();
  cursor.varint();
  return batch.readInt16BE(cursor.at + 2) === CONTROL_TYPE_ABORT;
}

interface BatchToRead {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
  readonly attributes: number;
  readonly baseOffset: bigint;
  readonly fromOffset: bigint;
}

function readRecords(source: BatchToRead, into: StreamRecord[]): void {
  const { topic, partition, batch, attributes, baseOffset, fromOffset } = source;
  const count = batch.readInt32BE(57);
  const bytes = decompress(batch.subarray(BATCH_HEADER_BYTES), attributes & COMPRESSION_MASK);
  const appendTime = (attributes & TIMESTAMP_IS_APPEND_TIME) !== 0;
  const baseTimestamp = Number(batch.readBigInt64BE(27));
  const maxTimestamp = Number(batch.readBigInt64BE(35));
  const skipBelow = fromOffset > baseOffset ? Number(fromOffset - baseOffset) : 0;
  const cursor = new Cursor(bytes, 0);
  for (let i = 0; i < count; i++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < 0 || end > bytes.length) throw new RangeError('record runs past the end of its batch');
    cursor.at++; // attributes, unused
    const timestamp = baseTimestamp + cursor.varint();
    const offsetDelta = cursor.varint();
    if (offsetDelta >= skipBelow) {
      const key = cursor.bytes();
      const value = cursor.bytes();
      into.push(
        new FetchedRecord(
          topic,
          partition,
          baseOffset + BigInt(offsetDelta),
          appendTime ? maxTimestamp : timestamp,
          key,
          value,
          bytes.subarray(cursor.at, end),
        ),
      );
    }
    cursor.at = end;
  }
}

function decompress(bytes: Buffer, codec: number): Buffer {
  if (codec === 0) return bytes;
  const algorithm = (
    compressionsAlgorithmsByBitmask as Readonly<Record<number, { decompressSync(data: Buffer): Buffer }>>
  )[codec];
  if (!algorithm) throw new RangeError(`unknown compression ${codec}`);
  return algorithm.decompressSync(bytes);
}

/** Key and headers are decoded when they are first looked at: many consumers never do. */
class FetchedRecord implements StreamRecord {
  #keyBytes: Buffer | null;
  #key: string | null = null;
  #headerBytes: Buffer | undefined;
  #headers: ReadonlyMap<string, string> | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: bigint,
    readonly timestamp: number,
    keyBytes: Buffer | null,
    readonly value: Buffer | null,
    headerBytes: Buffer,
  ) {
    this.#keyBytes = keyBytes;
    this.#headerBytes = headerBytes;
  }

  get key(): string | null {
    if (this.#keyBytes !== null) {
      this.#key = this.#keyBytes.toString();
      this.#keyBytes = null;
    }
    return this.#key;
  }

  get headers(): ReadonlyMap<string, string> {
    if (!this.#headers) {
      this.#headers = readHeaders(this.#headerBytes!);
      this.#headerBytes = undefined;
    }
    return this.#headers;
  }
}

function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const cursor = new Cursor(bytes, 0);
  const count = cursor.varint();
  for (let i = 0; i < count; i++) {
    const name = cursor.bytes();
    const value = cursor.bytes();
    headers.set(name?.toString() ?? '', value?.toString() ?? '');
  }
  return headers;
}

class Cursor {
  constructor(
    readonly buffer: Buffer,
    public at: number,
  ) {}

  /** Zigzag varint of up to 53 bits. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new RangeError('varint runs past the end');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      factor *= 0x80;
    }
    throw new RangeError('varint is too long');
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.buffer.length) throw new RangeError('field runs past the end of its record');
    const bytes = this.buffer.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}
