import { crc32c } from '@node-rs/crc32';
import { Reader } from '../reader.js';
import { WireError } from '../wire-error.js';
import { decompress } from './compression.js';
import {
  BATCH_FIELD,
  BATCH_HEADER_BYTES,
  COMPRESSION,
  LENGTH_PREFIX_BYTES,
  RecordBatchError,
  type RecordBatch,
} from './record-batch.js';

const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/** What compaction looks at of a record, and where the record lies in its batch. One object serves all records of a walk. */
export interface RecordSpan {
  offset: bigint;
  timestamp: bigint;
  /** As latin1 text: a key of a map that costs little. */
  key: string | null;
  isTombstone: boolean;
}

/**
 * Shows the records of a batch one after the other without making an object of each: compaction walks through millions.
 * Throws {@link RecordBatchError} as `decodeRecords` does.
 */
export function visitRecords(batch: RecordBatch, visit: (record: Readonly<RecordSpan>) => void): void {
  walk(batch, decompress(batch.compressionCode, batch.payload, DECOMPRESSED_BYTES_MAX), visit);
}

/**
 * The batch without the records that `isKept` refuses, those that stay byte for byte: itself if all stay, null if none does. It keeps its
 * place in the log, its base timestamp and its producer's sequence. Only for a batch that is not compressed.
 */
export function filterBatch(batch: RecordBatch, isKept: (record: Readonly<RecordSpan>) => boolean): Buffer | null {
  if (batch.compressionCode !== COMPRESSION.none) throw new TypeError('the batch is compressed');
  const { payload } = batch;
  const kept: Buffer[] = [];
  let count = 0;
  let maxTimestamp = -1n;
  let pieceStart = 0;
  let pieceEnd = 0;
  walk(batch, payload, (record, start, end) => {
    if (!isKept(record)) return;
    count += 1;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    if (start !== pieceEnd) {
      if (pieceEnd > pieceStart) kept.push(payload.subarray(pieceStart, pieceEnd));
      pieceStart = start;
    }
    pieceEnd = end;
  });
  if (count === 0) return null;
  if (count === batch.recordCount) return batch.bytes;
  kept.push(payload.subarray(pieceStart, pieceEnd));
  const filtered = Buffer.concat([batch.bytes.subarray(0, BATCH_HEADER_BYTES), ...kept]);
  filtered.writeInt32BE(filtered.length - LENGTH_PREFIX_BYTES, BATCH_FIELD.batchLength);
  filtered.writeInt32BE(count, BATCH_FIELD.recordCount);
  if (!batch.usesLogAppendTime) filtered.writeBigInt64BE(maxTimestamp, BATCH_FIELD.maxTimestamp);
  filtered.writeUInt32BE(crc32c(filtered.subarray(BATCH_FIELD.attributes)), BATCH_FIELD.crc);
  return filtered;
}

function walk(
  batch: RecordBatch,
  payload: Buffer,
  visit: (record: Readonly<RecordSpan>, start: number, end: number) => void,
): void {
  const { baseOffset, baseTimestamp, recordCount } = batch;
  const appendTime = batch.usesLogAppendTime ? batch.maxTimestamp : null;
  const reader = new Reader(payload);
  const record: RecordSpan = { offset: 0n, timestamp: 0n, key: null, isTombstone: false };
  try {
    for (let index = 0; index < recordCount; index++) {
      const start = reader.position;
      const length = reader.varint();
      if (length < 0) throw new RecordBatchError('CORRUPT_MESSAGE', `record ${index} has a length of ${length}`);
      const end = reader.take(length) + length;
      reader.position = end - length;
      reader.int8();
      const timestampDelta = reader.varlong();
      // Times that overflow wrap around, as in Kafka.
      record.timestamp = appendTime ?? BigInt.asIntN(64, baseTimestamp + timestampDelta);
      record.offset = baseOffset + BigInt(reader.varint());
      const keyLength = reader.varint();
      const keyStart = reader.take(Math.max(0, keyLength));
      record.key = keyLength < 0 ? null : payload.toString('latin1', keyStart, keyStart + keyLength);
      record.isTombstone = reader.varint() < 0;
      if (keyLength < -1 || reader.position > end) {
        throw new RecordBatchError('CORRUPT_MESSAGE', `the key of record ${index} claims ${keyLength} bytes`);
      }
      reader.position = end;
      visit(record, start, end);
    }
    reader.expectEnd();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new RecordBatchError('CORRUPT_MESSAGE', `the records are malformed: ${error.message}`, { cause: error });
  }
}
