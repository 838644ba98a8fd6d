import { BATCH_HEADER_BYTES, RecordBatchError, type RecordBatch } from './record-batch.js';

const VARINT_BYTES_MAX = 5;
const VARLONG_BYTES_MAX = 10;

/**
 * Walks the records of an uncompressed batch without building them: lengths fit, offset deltas run 0, 1, 2, ..., and the
 * count is the one in the header. Throws {@link RecordBatchError} INVALID_RECORD.
 */
export function checkRecordLayout(batch: RecordBatch): void {
  const end = batch.start + batch.sizeBytes;
  const cursor = new Cursor(batch.buffer, batch.start + BATCH_HEADER_BYTES, end);
  const count = batch.recordCount;
  for (let index = 0; index < count; index++) {
    cursor.limit = end;
    const length = cursor.varint();
    if (length < 0 || length > end - cursor.position) throw invalid(index, `a length of ${length}`);
    cursor.limit = cursor.position + length;
    checkRecord(cursor, index);
    if (cursor.position !== cursor.limit) throw invalid(index, `${cursor.limit - cursor.position} bytes too many`);
  }
  if (cursor.position !== end) throw invalid(count, `${end - cursor.position} bytes follow the last record`);
}

function checkRecord(cursor: Cursor, index: number): void {
  cursor.skip(1);
  cursor.skipVarlong();
  const offsetDelta = cursor.varint();
  if (offsetDelta !== index) throw invalid(index, `an offset delta of ${offsetDelta}`);
  cursor.skipNullable();
  cursor.skipNullable();
  const headers = cursor.varint();
  if (headers < 0 || headers * 2 > cursor.limit - cursor.position) throw invalid(index, `${headers} headers`);
  for (let header = 0; header < headers; header++) {
    const keyLength = cursor.varint();
    if (keyLength < 0) throw invalid(index, `a header key length of ${keyLength}`);
    cursor.skip(keyLength);
    cursor.skipNullable();
  }
}

class Cursor {
  constructor(
    readonly buffer: Buffer,
    public position: number,
    public limit: number,
  ) {}

  skip(bytes: number): void {
    if (bytes > this.limit - this.position) {
      throw new RecordBatchError('INVALID_RECORD', `a record claims ${bytes} bytes, fewer remain`);
    }
    this.position += bytes;
  }

  skipNullable(): void {
    const length = this.varint();
    if (length < -1) throw new RecordBatchError('INVALID_RECORD', `a record holds a length of ${length}`);
    if (length > 0) this.skip(length);
  }

  varint(): number {
    let raw = 0;
    for (let index = 0; index < VARINT_BYTES_MAX; index++) {
      const at = this.position;
      if (at >= this.limit) break;
      const byte = this.buffer[at]!;
      if (index === VARINT_BYTES_MAX - 1 && byte > 0x0f) break;
      this.position = at + 1;
      raw |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) return (raw >>> 1) ^ -(raw & 1);
    }
    throw new RecordBatchError('INVALID_RECORD', 'a record holds a varint that is cut or too long');
  }

  skipVarlong(): void {
    for (let index = 0; index < VARLONG_BYTES_MAX && this.position < this.limit; index++) {
      const byte = this.buffer[this.position++]!;
      if (index === VARLONG_BYTES_MAX - 1 && byte > 0x01) break;
      if (byte < 0x80) return;
    }
    throw new RecordBatchError('INVALID_RECORD', 'a record holds a varint that is cut or too long');
  }
}

function invalid(index: number, detail: string): RecordBatchError {
  return new RecordBatchError('INVALID_RECORD', `record ${index} of the batch: ${detail}`);
}
