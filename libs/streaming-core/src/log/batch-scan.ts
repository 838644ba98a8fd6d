import type { StorageFile } from '../ports/storage.js';
import { BATCH_FIELD, BATCH_HEADER_BYTES, BATCH_MAGIC, RecordBatch } from '../wire/records/record-batch.js';

const CHUNK_BYTES = 1 << 20;
/** No frame is that large: a length beyond it is damage, and nothing is allocated for it. */
const MAX_BATCH_BYTES = 128 << 20;

export interface ScanEnd {
  /** The end of the last batch that was whole. */
  readonly position: number;
  /** What is wrong with the bytes there, or null if the range ended or the visitor stopped. */
  readonly damage: string | null;
}

/**
 * Walks the batches of a file in [from, to). `visit` gets each batch, a view that is valid during the call only,
 * and its position; it may stop the walk by returning false.
 */
export function scanBatches(
  file: StorageFile,
  from: number,
  to: number,
  options: { readonly checkCrc: boolean },
  visit: (batch: RecordBatch, position: number) => boolean,
): ScanEnd {
  const window = new Window(file, to);
  let position = from;
  try {
    while (position < to) {
      const header = window.view(position, BATCH_HEADER_BYTES);
      if (header === null) return { position, damage: 'it ends within a batch header' };
      const problem = problemWithHeader(new RecordBatch(header), to - position);
      if (problem !== null) return { position, damage: problem };
      const bytes = window.view(position, new RecordBatch(header).sizeBytes);
      if (bytes === null) return { position, damage: 'it ends within a batch' };
      const batch = new RecordBatch(bytes);
      const size = bytes.length;
      if (options.checkCrc && !batch.hasValidCrc()) return { position, damage: 'a batch fails its CRC check' };
      if (!visit(batch, position)) return { position, damage: null };
      position += size;
    }
  } finally {
    window.release();
  }
  return { position, damage: null };
}

function problemWithHeader(batch: RecordBatch, remaining: number): string | null {
  const size = batch.sizeBytes;
  if (size < BATCH_HEADER_BYTES || size > MAX_BATCH_BYTES) return `a batch claims ${size} bytes`;
  if (batch.magic !== BATCH_MAGIC) return `a batch has format ${batch.magic}, not ${BATCH_MAGIC}`;
  return size > remaining ? 'it ends within a batch' : null;
}

/** Memory for the next walk: walks are many (compaction makes one each few megabytes), and one is under way at a time. */
let spare: Buffer | null = null;

/** A reused buffer over a range of a file, moved forward as the walk goes. */
class Window {
  private buffer = spare ?? Buffer.alloc(0);
  private start = 0;
  private filled = 0;

  constructor(
    private readonly file: StorageFile,
    private readonly end: number,
  ) {
    spare = null;
  }

  /** No view is looked at any more. */
  release(): void {
    if (this.buffer.length === CHUNK_BYTES) spare = this.buffer;
  }

  view(position: number, length: number): Buffer | null {
    if (position + length > this.end) return null;
    if (position < this.start || position + length > this.start + this.filled) this.move(position, length);
    const at = position - this.start;
    return at + length <= this.filled ? this.buffer.subarray(at, at + length) : null;
  }

  private move(position: number, length: number): void {
    const wanted = Math.min(Math.max(length, CHUNK_BYTES), this.end - position);
    if (this.buffer.length < wanted) this.buffer = Buffer.allocUnsafe(wanted);
    this.filled = this.file.readSync(this.buffer.subarray(0, wanted), position);
    this.start = position;
  }
}

/**
 * Whether a whole, valid batch begins anywhere in `bytes`, with an offset that could follow `nextOffset`. Tells bytes lost
 * in the middle of a log from a torn tail. Work is bounded: when too many places look like a batch, the answer is true,
 * which is the cautious one.
 */
export function containsValidBatch(bytes: Buffer, nextOffset: bigint): boolean {
  let crcBudget = bytes.length * 4 + CHUNK_BYTES;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length; at++) {
    if (bytes[at + BATCH_FIELD.magic] !== BATCH_MAGIC) continue;
    const batch = new RecordBatch(bytes, at);
    const size = batch.sizeBytes;
    if (size < BATCH_HEADER_BYTES || at + size > bytes.length) continue;
    if (batch.baseOffset < nextOffset || batch.baseOffset > nextOffset + 0x7fffffffn) continue;
    crcBudget -= size;
    if (crcBudget < 0 || batch.hasValidCrc()) return true;
  }
  return false;
}
