import {
  BATCH_FIELD,
  BATCH_HEADER_BYTES,
  BATCH_MAGIC,
  COMPRESSION,
  NO_PRODUCER_ID,
  RecordBatch,
  RecordBatchError,
  batchSizeAt,
} from './record-batch.js';
import { checkRecordLayout } from './record-layout.js';

export interface ProduceRules {
  /** Largest batch, header included (`max.message.bytes`). */
  readonly batchBytesMax: number;
  /** Walk the records of an uncompressed batch (default true). Compressed ones are never opened here. */
  readonly checkRecords?: boolean;
}

/**
 * What a client may append: exactly one whole, intact version 2 batch. Never decompresses and never copies.
 * Returns the batch as a view. Throws {@link RecordBatchError} with the protocol's error.
 */
export function validateProduced(records: Buffer | null, rules: ProduceRules): RecordBatch {
  if (records === null || records.length === 0) {
    throw new RecordBatchError('INVALID_RECORD', 'a produce request must hold one record batch, it holds none');
  }
  if (records.length > rules.batchBytesMax) {
    throw new RecordBatchError(
      'MESSAGE_TOO_LARGE',
      `${records.length} bytes of records, at most ${rules.batchBytesMax} are taken`,
    );
  }
  const batch = wholeBatch(records);
  checkIntact(batch);
  checkFromClient(batch);
  if ((rules.checkRecords ?? true) && batch.compressionCode === COMPRESSION.none) checkRecordLayout(batch);
  return batch;
}

/** Magic, checksum and counts: what must hold for every stored or replicated batch. Throws {@link RecordBatchError}. */
export function checkIntact(batch: RecordBatch): void {
  if (batch.magic !== BATCH_MAGIC) {
    throw new RecordBatchError('INVALID_RECORD', `record format ${batch.magic}, only 2 is taken`);
  }
  if (!batch.hasValidCrc()) throw new RecordBatchError('CORRUPT_MESSAGE', 'the checksum does not match the batch');
  const { recordCount, lastOffsetDelta } = batch;
  if (lastOffsetDelta < 0 || recordCount < 0) {
    throw new RecordBatchError('INVALID_RECORD', `${recordCount} records, last offset delta ${lastOffsetDelta}`);
  }
}

function wholeBatch(records: Buffer): RecordBatch {
  // The magic byte lies at the same place in all formats, so that old ones get a clear answer.
  const magic = records.length > BATCH_FIELD.magic ? records.readInt8(BATCH_FIELD.magic) : BATCH_MAGIC;
  if (magic !== BATCH_MAGIC) {
    throw new RecordBatchError('INVALID_RECORD', `record format ${magic}, only 2 is taken`);
  }
  const sizeBytes = batchSizeAt(records, 0);
  if (sizeBytes === null || records.length < BATCH_HEADER_BYTES) {
    throw new RecordBatchError('CORRUPT_MESSAGE', `the batch is longer than the ${records.length} bytes that hold it`);
  }
  if (sizeBytes < records.length) {
    throw new RecordBatchError('INVALID_RECORD', `${records.length - sizeBytes} bytes follow the one batch allowed`);
  }
  return new RecordBatch(records);
}

function checkFromClient(batch: RecordBatch): void {
  if (batch.isControl) throw new RecordBatchError('INVALID_RECORD', 'clients may not write control batches');
  if (batch.compressionCode > COMPRESSION.zstd) {
    throw new RecordBatchError('UNSUPPORTED_COMPRESSION_TYPE', `compression code ${batch.compressionCode}`);
  }
  const { recordCount, lastOffsetDelta } = batch;
  if (recordCount !== lastOffsetDelta + 1) {
    throw new RecordBatchError('INVALID_RECORD', `${recordCount} records over ${lastOffsetDelta + 1} offsets`);
  }
  if (batch.usesLogAppendTime) {
    throw new RecordBatchError('INVALID_TIMESTAMP', 'only the broker may set append time');
  }
  if (batch.baseTimestamp < -1n || batch.maxTimestamp < -1n) {
    throw new RecordBatchError('INVALID_TIMESTAMP', `timestamps ${batch.baseTimestamp} to ${batch.maxTimestamp}`);
  }
  checkProducer(batch);
}

function checkProducer(batch: RecordBatch): void {
  const { producerId, producerEpoch, baseSequence } = batch;
  if (producerId === NO_PRODUCER_ID) {
    if (batch.isTransactional) {
      throw new RecordBatchError('INVALID_RECORD', 'a transactional batch needs a producer id');
    }
    return;
  }
  if (producerId < 0n || producerEpoch < 0 || baseSequence < 0) {
    throw new RecordBatchError(
      'INVALID_RECORD',
      `producer ${producerId}, epoch ${producerEpoch}, sequence ${baseSequence}`,
    );
  }
}
