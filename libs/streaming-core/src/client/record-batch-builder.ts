import { crc32c } from '@node-rs/crc32';
import {
  ATTRIBUTE,
  BATCH_FIELD as AT,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  LENGTH_PREFIX_BYTES,
} from '../wire/records/record-batch.js';
import type { OutgoingRecord } from './types.js';

/** varint length, attributes, timestamp and offset delta, three lengths, header count: never more than this. */
const RECORD_OVERHEAD_BYTES = 40;
const HEADER_OVERHEAD_BYTES = 10;

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/**
 * Encodes records straight into one record batch as they are added, so that nothing is kept per record. The hot path of
 * the producer: plain numbers and one growing buffer.
 * Format: https://kafka.apache.org/documentation/#recordbatch
 */
export class RecordBatchBuilder {
  #buffer: Buffer;
  #length = BATCH_HEADER_BYTES;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(initialBytes = 1024) {
    this.#buffer = Buffer.allocUnsafe(Math.max(initialBytes, BATCH_HEADER_BYTES));
  }

  get recordCount(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#length;
  }

  add(record: OutgoingRecord, nowMs: number): void {
    const timestamp = record.timestamp ?? nowMs;
    if (this.#count === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp;
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    const { key, value, headers } = record;
    const keyBytes = key === null ? -1 : Buffer.byteLength(key);
    const valueBytes = value === null ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length;
    const timestampDelta = timestamp - this.#baseTimestamp;

    let bodyBytes =
      1 +
      varintBytes(timestampDelta) +
      varintBytes(this.#count) +
      varintBytes(keyBytes) +
      varintBytes(valueBytes) +
      Math.max(keyBytes, 0) +
      Math.max(valueBytes, 0);
    const names = headers === undefined ? NO_NAMES : Object.keys(headers);
    bodyBytes += varintBytes(names.length);
    for (const name of names) {
      const nameBytes = Buffer.byteLength(name);
      const headerBytes = Buffer.byteLength(headers![name]!);
      bodyBytes += varintBytes(nameBytes) + nameBytes + varintBytes(headerBytes) + headerBytes;
    }

    this.#reserve(varintBytes(bodyBytes) + bodyBytes);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, this.#length, bodyBytes);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, timestampDelta);
    at = writeVarint(buffer, at, this.#count);
    at = writeVarint(buffer, at, keyBytes);
    if (keyBytes > 0) at += buffer.write(key!, at);
    at = writeVarint(buffer, at, valueBytes);
    if (valueBytes > 0) at += typeof value === 'string' ? buffer.write(value, at) : value!.copy(buffer, at);
    at = writeVarint(buffer, at, names.length);
    for (const name of names) {
      at = writeVarint(buffer, at, Buffer.byteLength(name));
      at += buffer.write(name, at);
      const header = headers![name]!;
      at = writeVarint(buffer, at, Buffer.byteLength(header));
      at += buffer.write(header, at);
    }
    this.#length = at;
    this.#count++;
  }

  /**
   * The finished batch. May be called again with another identity when the first one was lost; the bytes are those of
   * the builder, valid until the next call.
   */
  finish(identity: ProducerIdentity, firstSequence: number, isTransactional = false): Buffer {
    const batch = this.#buffer.subarray(0, this.#length);
    batch.writeBigInt64BE(0n, AT.baseOffset);
    batch.writeInt32BE(this.#length - LENGTH_PREFIX_BYTES, AT.batchLength);
    batch.writeInt32BE(-1, AT.partitionLeaderEpoch);
    batch.writeInt8(BATCH_MAGIC, AT.magic);
    batch.writeInt16BE(isTransactional ? ATTRIBUTE.transactional : 0, AT.attributes);
    batch.writeInt32BE(this.#count - 1, AT.lastOffsetDelta);
    batch.writeBigInt64BE(BigInt(this.#baseTimestamp), AT.baseTimestamp);
    batch.writeBigInt64BE(BigInt(this.#maxTimestamp), AT.maxTimestamp);
    batch.writeBigInt64BE(identity.producerId, AT.producerId);
    batch.writeInt16BE(identity.producerEpoch, AT.producerEpoch);
    batch.writeInt32BE(firstSequence, AT.baseSequence);
    batch.writeInt32BE(this.#count, AT.recordCount);
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
    return batch;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/** About what a record takes in a batch, cheap to compute; values with many characters beyond ASCII take more. */
export function estimatedRecordBytes(record: OutgoingRecord): number {
  const { key, value, headers } = record;
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) * 3;
  bytes += value?.length ?? 0;
  for (const name in headers) bytes += HEADER_OVERHEAD_BYTES + name.length + headers[name]!.length;
  return bytes;
}

const NO_NAMES: readonly string[] = [];

/** Zigzag without bit operations beyond 31 bits: exact for all safe integers. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function varintBytes(value: number): number {
  let rest = zigzag(value);
  let bytes = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    bytes++;
  }
  return bytes;
}

function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = zigzag(value);
  while (rest >= 0x80) {
    buffer[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  buffer[at++] = rest;
  return at;
}
