import { crc32c } from '@node-rs/crc32';
import { Reader } from '../reader.js';
import { WireError } from '../wire-error.js';
import { Writer } from '../writer.js';
import { compress, decompress } from './compression.js';
import {
  ATTRIBUTE,
  BATCH_FIELD,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  COMPRESSION,
  LENGTH_PREFIX_BYTES,
  NO_PRODUCER_ID,
  RecordBatch,
  RecordBatchError,
  type Compression,
} from './record-batch.js';

/** Length, attributes, timestamp, offset, key, value, header count: one byte each at least. */
const RECORD_BYTES_MIN = 7;
const HEADER_BYTES_MIN = 2;
const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** A record out of a batch. Bytes are views into the batch (or into its decompressed form). */
export interface DecodedRecord {
  readonly offset: bigint;
  /** Milliseconds since 1970; -1 is none. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface RecordInput {
  /** Default: the batch's base offset plus the record's index. Ascending; gaps are what compaction leaves. */
  readonly offset?: bigint;
  readonly timestamp: bigint;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

export interface BatchInput {
  readonly records: readonly RecordInput[];
  readonly baseOffset?: bigint;
  /** Default: the last record's. Compaction keeps a batch's last offset after its last record is gone. */
  readonly lastOffset?: bigint;
  readonly partitionLeaderEpoch?: number;
  readonly compression?: Exclude<Compression, 'snappy' | 'lz4'>;
  readonly producerId?: bigint;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** When compaction may drop the batch's tombstones (KIP-534): takes the place of the base timestamp. */
  readonly deleteHorizonMs?: bigint;
}

/** Encodes one version 2 batch. Throws a `WireError` NOT_ENCODABLE for values out of range. */
export function encodeBatch(input: BatchInput): Buffer {
  const { records, baseOffset = 0n, compression = 'none' } = input;
  const firstTimestamp = records[0]?.timestamp ?? -1n;
  const baseTimestamp = input.deleteHorizonMs ?? firstTimestamp;
  const lastOffset = input.lastOffset ?? lastOffsetOf(records, baseOffset);
  let maxTimestamp = firstTimestamp;
  const writer = new Writer();
  records.forEach((record, index) => {
    const offset = record.offset ?? baseOffset + BigInt(index);
    writeRecord(writer, record, Number(offset - baseOffset), record.timestamp - baseTimestamp);
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
  });
  const payload = compress(compression, Buffer.concat(writer.finish()));
  const header = new Writer(BATCH_HEADER_BYTES);
  header.int64(baseOffset);
  header.int32(BATCH_HEADER_BYTES - LENGTH_PREFIX_BYTES + payload.length);
  header.int32(input.partitionLeaderEpoch ?? -1);
  header.int8(BATCH_MAGIC);
  header.uint32(0);
  header.int16(
    COMPRESSION[compression] |
      (input.isTransactional ? ATTRIBUTE.transactional : 0) |
      (input.isControl ? ATTRIBUTE.control : 0) |
      (input.deleteHorizonMs === undefined ? 0 : ATTRIBUTE.deleteHorizon),
  );
  header.int32(Number(lastOffset - baseOffset));
  header.int64(baseTimestamp);
  header.int64(maxTimestamp);
  header.int64(input.producerId ?? NO_PRODUCER_ID);
  header.int16(input.producerEpoch ?? -1);
  header.int32(input.baseSequence ?? -1);
  header.int32(records.length);
  const batch = Buffer.concat([...header.finish(), payload]);
  batch.writeUInt32BE(crc32c(batch.subarray(BATCH_FIELD.attributes)), BATCH_FIELD.crc);
  return batch;
}

/**
 * The records of a batch, decompressed if need be. For internal topics, compaction and tools: the produce and fetch paths
 * never open a batch. Throws {@link RecordBatchError}: CORRUPT_MESSAGE, UNSUPPORTED_COMPRESSION_TYPE, or MESSAGE_TOO_LARGE
 * when the payload grows past `decompressedBytesMax` (default 64 MiB).
 */
export function decodeRecords(batch: RecordBatch, decompressedBytesMax = DECOMPRESSED_BYTES_MAX): DecodedRecord[] {
  const payload = decompress(batch.compressionCode, batch.payload, decompressedBytesMax);
  const count = batch.recordCount;
  if (count < 0 || count * RECORD_BYTES_MIN > payload.length) {
    throw new RecordBatchError('CORRUPT_MESSAGE', `${count} records do not fit in ${payload.length} bytes`);
  }
  try {
    const reader = new Reader(payload);
    const { baseOffset, baseTimestamp } = batch;
    const appendTime = batch.usesLogAppendTime ? batch.maxTimestamp : null;
    const records: DecodedRecord[] = [];
    for (let index = 0; index < count; index++) {
      const length = reader.varint();
      if (length < 0) throw new RecordBatchError('CORRUPT_MESSAGE', `record ${index} has a length of ${length}`);
      records.push(reader.within(length, (inner) => readRecord(inner, baseOffset, baseTimestamp, appendTime)));
    }
    reader.expectEnd();
    return records;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new RecordBatchError('CORRUPT_MESSAGE', `the records are malformed: ${error.message}`, { cause: error });
  }
}

/** One batch's bytes, checked to be whole, with its records. See {@link decodeRecords}. */
export function decodeBatch(bytes: Buffer): { readonly batch: RecordBatch; readonly records: DecodedRecord[] } {
  const batch = new RecordBatch(bytes);
  return { batch, records: decodeRecords(batch) };
}

function lastOffsetOf(records: readonly RecordInput[], baseOffset: bigint): bigint {
  return records.at(-1)?.offset ?? baseOffset + BigInt(Math.max(0, records.length - 1));
}

function writeRecord(writer: Writer, record: RecordInput, offsetDelta: number, timestampDelta: bigint): void {
  const body = new Writer();
  body.int8(0);
  body.varlong(BigInt.asIntN(64, timestampDelta));
  body.varint(offsetDelta);
  writeNullable(body, record.key);
  writeNullable(body, record.value);
  const headers = record.headers ?? [];
  body.varint(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key);
    body.varint(keyBytes);
    body.utf8(key, keyBytes);
    writeNullable(body, value);
  }
  writer.varint(body.length);
  writer.appendAll(body);
}

function writeNullable(writer: Writer, value: Uint8Array | null): void {
  writer.varint(value === null ? -1 : value.length);
  if (value !== null) writer.append(value);
}

function readRecord(
  reader: Reader,
  baseOffset: bigint,
  baseTimestamp: bigint,
  appendTime: bigint | null,
): DecodedRecord {
  reader.int8();
  const timestampDelta = reader.varlong();
  const offset = baseOffset + BigInt(reader.varint());
  const key = readNullable(reader);
  const value = readNullable(reader);
  const headerCount = reader.varint();
  if (headerCount < 0 || headerCount * HEADER_BYTES_MIN > reader.remaining) {
    throw new WireError('ARRAY_TOO_LARGE', reader.position, `${headerCount} headers`);
  }
  const headers: RecordHeader[] = [];
  for (let index = 0; index < headerCount; index++) {
    const keyLength = reader.varint();
    if (keyLength < 0) throw new WireError('NEGATIVE_LENGTH', reader.position, `header key length ${keyLength}`);
    // Brokers take a batch without looking at its text, so that it must be readable whatever its text is.
    headers.push({ key: reader.lenientUtf8(keyLength), value: readNullable(reader) });
  }
  // Times that overflow wrap around, as in Kafka, so that they can be written again.
  const timestamp = appendTime ?? BigInt.asIntN(64, baseTimestamp + timestampDelta);
  return { offset, timestamp, key, value, headers };
}

function readNullable(reader: Reader): Buffer | null {
  const length = reader.varint();
  if (length < -1) throw new WireError('NEGATIVE_LENGTH', reader.position, `length ${length}`);
  return length < 0 ? null : reader.bytesOf(length);
}
