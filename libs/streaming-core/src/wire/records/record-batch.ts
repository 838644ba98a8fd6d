import { crc32c } from '@node-rs/crc32';
import type { KafkaErrorName } from '../error-codes.js';
import { readInt64, writeInt64 } from '../int64.js';

/** Bytes before the part that `batchLength` counts: base offset and the length itself. */
export const LENGTH_PREFIX_BYTES = 12;
/** Header of a version 2 batch; records follow. */
export const BATCH_HEADER_BYTES = 61;
export const BATCH_MAGIC = 2;
export const NO_PRODUCER_ID = -1n;

/** Where the fields of a version 2 batch lie, from its first byte. */
export const BATCH_FIELD = {
  baseOffset: 0,
  batchLength: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  /** The CRC covers all from here: base offset and leader epoch are stamped without touching it. */
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
} as const;

export const COMPRESSION = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type Compression = keyof typeof COMPRESSION;
export const ATTRIBUTE = {
  compressionMask: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

/** A batch that is refused. `errorName` is what the protocol answers. */
export class RecordBatchError extends Error {
  override readonly name = 'RecordBatchError';
  constructor(
    readonly errorName: KafkaErrorName,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * A view of one version 2 record batch inside a buffer; reads fields where they lie and copies nothing. The caller has
 * checked that the whole batch is there (see {@link completeBatches}, validate-batch.ts).
 */
export class RecordBatch {
  constructor(
    readonly buffer: Buffer,
    /** Where the batch begins in `buffer`. */
    readonly start = 0,
  ) {}

  get baseOffset(): bigint {
    return readInt64(this.buffer, this.start + BATCH_FIELD.baseOffset);
  }

  /** Bytes after the length field. */
  get batchLength(): number {
    return this.buffer.readInt32BE(this.start + BATCH_FIELD.batchLength);
  }

  /** All bytes of the batch. */
  get sizeBytes(): number {
    return LENGTH_PREFIX_BYTES + this.batchLength;
  }

  get partitionLeaderEpoch(): number {
    return this.buffer.readInt32BE(this.start + BATCH_FIELD.partitionLeaderEpoch);
  }

  get magic(): number {
    return this.buffer.readInt8(this.start + BATCH_FIELD.magic);
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.start + BATCH_FIELD.crc);
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.start + BATCH_FIELD.attributes);
  }

  /** 0-4 are known (see {@link COMPRESSION}), 5-7 are not assigned. */
  get compressionCode(): number {
    return this.attributes & ATTRIBUTE.compressionMask;
  }

  get isTransactional(): boolean {
    return (this.attributes & ATTRIBUTE.transactional) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & ATTRIBUTE.control) !== 0;
  }

  get usesLogAppendTime(): boolean {
    return (this.attributes & ATTRIBUTE.logAppendTime) !== 0;
  }

  /** When compaction may drop the tombstones in the batch, in milliseconds since 1970; null if it has seen none there (KIP-534). */
  get deleteHorizonMs(): bigint | null {
    return (this.attributes & ATTRIBUTE.deleteHorizon) === 0 ? null : this.baseTimestamp;
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.start + BATCH_FIELD.lastOffsetDelta);
  }

  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta);
  }

  /** The offset after the batch. */
  get nextOffset(): bigint {
    return this.lastOffset + 1n;
  }

  /** Milliseconds since 1970; -1 is none. */
  get baseTimestamp(): bigint {
    return readInt64(this.buffer, this.start + BATCH_FIELD.baseTimestamp);
  }

  get maxTimestamp(): bigint {
    return readInt64(this.buffer, this.start + BATCH_FIELD.maxTimestamp);
  }

  /** -1: the producer is not idempotent. */
  get producerId(): bigint {
    return readInt64(this.buffer, this.start + BATCH_FIELD.producerId);
  }

  get producerEpoch(): number {
    return this.buffer.readInt16BE(this.start + BATCH_FIELD.producerEpoch);
  }

  get baseSequence(): number {
    return this.buffer.readInt32BE(this.start + BATCH_FIELD.baseSequence);
  }

  /** Sequences wrap from 2^31-1 to 0. */
  get lastSequence(): number {
    const { baseSequence } = this;
    return baseSequence < 0 ? baseSequence : (baseSequence + this.lastOffsetDelta) % 2 ** 31;
  }

  get recordCount(): number {
    return this.buffer.readInt32BE(this.start + BATCH_FIELD.recordCount);
  }

  /** The whole batch. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.start + this.sizeBytes);
  }

  /** The records, compressed if the batch is. */
  get payload(): Buffer {
    return this.buffer.subarray(this.start + BATCH_HEADER_BYTES, this.start + this.sizeBytes);
  }

  /** Whether the stored checksum is that of the bytes. */
  hasValidCrc(): boolean {
    return this.crc === this.computeCrc();
  }

  computeCrc(): number {
    return crc32c(this.buffer.subarray(this.start + BATCH_FIELD.attributes, this.start + this.sizeBytes));
  }

  /** Gives the batch its place in the log, in the buffer itself. Outside the checksum. */
  stamp(baseOffset: bigint, partitionLeaderEpoch: number): void {
    writeInt64(this.buffer, baseOffset, this.start + BATCH_FIELD.baseOffset);
    this.buffer.writeInt32BE(partitionLeaderEpoch, this.start + BATCH_FIELD.partitionLeaderEpoch);
  }

  /** Sets the append time of all records and the checksum anew (topics with `message.timestamp.type=LogAppendTime`). */
  stampLogAppendTime(timestampMs: bigint): void {
    this.buffer.writeInt16BE(this.attributes | ATTRIBUTE.logAppendTime, this.start + BATCH_FIELD.attributes);
    writeInt64(this.buffer, timestampMs, this.start + BATCH_FIELD.maxTimestamp);
    this.buffer.writeUInt32BE(this.computeCrc(), this.start + BATCH_FIELD.crc);
  }
}

/**
 * The size of the batch that begins at `start`, or null if fewer bytes are there than its header or its length asks for.
 * Throws {@link RecordBatchError} CORRUPT_MESSAGE when the length cannot be one.
 */
export function batchSizeAt(buffer: Buffer, start: number, end = buffer.length): number | null {
  if (end - start < LENGTH_PREFIX_BYTES) return null;
  const batchLength = buffer.readInt32BE(start + BATCH_FIELD.batchLength);
  if (batchLength < BATCH_HEADER_BYTES - LENGTH_PREFIX_BYTES) {
    throw new RecordBatchError('CORRUPT_MESSAGE', `a batch length of ${batchLength} is shorter than a batch header`);
  }
  const sizeBytes = LENGTH_PREFIX_BYTES + batchLength;
  return sizeBytes > end - start ? null : sizeBytes;
}

/** The batches that lie whole in the buffer, in order; a last one that is cut (as in a fetched slice) is left out. */
export function* completeBatches(buffer: Buffer, start = 0, end = buffer.length): Generator<RecordBatch, void, void> {
  let position = start;
  for (;;) {
    const sizeBytes = batchSizeAt(buffer, position, end);
    if (sizeBytes === null) return;
    yield new RecordBatch(buffer, position);
    position += sizeBytes;
  }
}
