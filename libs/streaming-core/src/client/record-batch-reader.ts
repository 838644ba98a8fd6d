import { RecordBatch, batchSizeAt } from '../wire/records/record-batch.js';
import { decompress } from '../wire/records/compression.js';
import { checkIntact } from '../wire/records/validate-batch.js';
import type { StreamRecord } from './types.js';

const CONTROL_TYPE_ABORT = 0;
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

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
 * Reads the record batches of one partition: the consumer's hot path, where wire's `decodeRecords` would decode what most
 * handlers never look at. Records before `fromOffset` (a batch is sent whole), markers, and records of
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
  for (;;) {
    let batch: RecordBatch | null;
    try {
      batch = batchAt(bytes, at);
    } catch (error) {
      if (nextOffset > fromOffset) break;
      throw error;
    }
    if (batch === null) break;
    at += batch.sizeBytes;
    const { lastOffset } = batch;
    if (lastOffset < fromOffset) continue;
    const isAborted = abortedProducers.covers(batch, lastOffset);
    if (!batch.isControl && !isAborted) readRecords(topic, partition, batch, fromOffset, records);
    if (lastOffset >= nextOffset) nextOffset = lastOffset + 1n;
  }
  return { records, nextOffset };
}

/** Null if the rest is no whole batch. Throws `RecordBatchError` if it is damaged. */
function batchAt(bytes: Buffer, at: number): RecordBatch | null {
  if (batchSizeAt(bytes, at) === null) return null;
  const batch = new RecordBatch(bytes, at);
  checkIntact(batch);
  return batch;
}

/** Which producers have an aborted transaction open at the current batch. */
class AbortedProducers {
  readonly #pending: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  }

  covers(batch: RecordBatch, lastOffset: bigint): boolean {
    if (!batch.isTransactional) return false;
    while (this.#pending[0] && this.#pending[0].firstOffset <= lastOffset) {
      this.#open.add(this.#pending.shift()!.producerId);
    }
    if (!batch.isControl) return this.#open.has(batch.producerId);
    if (isAbortMarker(batch)) this.#open.delete(batch.producerId);
    return false;
  }
}

function isAbortMarker({ payload, recordCount }: RecordBatch): boolean {
  // Compaction empties a marker that nobody needs any more.
  if (recordCount === 0) return false;
  const cursor = new Cursor(payload, 0);
  cursor.varint();
  cursor.at++;
  cursor.varint();
  cursor.varint();
  cursor.varint();
  return payload.readInt16BE(cursor.at + 2) === CONTROL_TYPE_ABORT;
}

function readRecords(
  topic: string,
  partition: number,
  batch: RecordBatch,
  fromOffset: bigint,
  into: StreamRecord[],
): void {
  const { baseOffset, recordCount } = batch;
  const bytes = decompress(batch.compressionCode, batch.payload, DECOMPRESSED_BYTES_MAX);
  const appendTimeMs = batch.usesLogAppendTime ? Number(batch.maxTimestamp) : null;
  const baseTimestampMs = Number(batch.baseTimestamp);
  const skipBelow = fromOffset > baseOffset ? Number(fromOffset - baseOffset) : 0;
  const cursor = new Cursor(bytes, 0);
  for (let i = 0; i < recordCount; i++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < 0 || end > bytes.length) throw new RangeError('record runs past the end of its batch');
    cursor.at++; // attributes, unused
    const timestampMs = baseTimestampMs + cursor.varint();
    const offsetDelta = cursor.varint();
    if (offsetDelta >= skipBelow) {
      const offset = baseOffset + BigInt(offsetDelta);
      const key = cursor.bytes();
      const value = cursor.bytes();
      const headers = bytes.subarray(cursor.at, end);
      into.push(new FetchedRecord(topic, partition, offset, appendTimeMs ?? timestampMs, key, value, headers));
    }
    cursor.at = end;
  }
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
