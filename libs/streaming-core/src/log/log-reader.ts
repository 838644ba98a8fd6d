import { StorageError } from '../ports/storage.js';
import { BATCH_HEADER_BYTES, RecordBatch } from '../wire/records/record-batch.js';
import type { ReadBuffers } from './read-buffers.js';
import type { Segment } from './segment.js';
import type { SegmentList } from './segment-list.js';

export interface ReadRequest {
  readonly fromOffset: bigint;
  /** Batches that begin at or after this offset are left out. */
  readonly upToOffset: bigint;
  readonly maxBytes: number;
  /** Give the first batch even if it alone is larger than `maxBytes`. */
  readonly minOneBatch: boolean;
}

const EMPTY = Buffer.alloc(0);
/** Reads that begin within so many bytes of the log's end find their pages cached and are made at once. */
const HOT_BYTES = 16 << 20;
/** Bytes read beyond `maxBytes`, to reach from the index entry's position to the wanted batch. */
const SEEK_BYTES = 8192;

/** What {@link sliceBatches} made of a piece of a file: the wanted batches, or which piece is needed instead. */
type Slice = { readonly batches: Buffer } | { readonly skipBytes: number; readonly needBytes: number };

/** Whole batches from an offset on: at once where the bytes are likely cached, else as a promise. Rejects SegmentGoneError. */
export function readSegments(
  segments: SegmentList,
  request: ReadRequest,
  buffers: ReadBuffers,
): Buffer | Promise<Buffer> {
  if (request.fromOffset >= request.upToOffset || request.maxBytes <= 0) return EMPTY;
  const segment = segments.for(request.fromOffset);
  const isHot =
    segment === segments.active && segment.size - segment.offsetIndex.floorPosition(request.fromOffset) <= HOT_BYTES;
  return isHot ? readSegmentSync(segment, request, buffers) : readCold(segments, request, buffers);
}

async function readCold(segments: SegmentList, request: ReadRequest, buffers: ReadBuffers): Promise<Buffer> {
  // A compacted segment may hold nothing at or after the offset: then the next one does.
  for (const segment of segments.all.slice(segments.indexFor(request.fromOffset))) {
    if (segment.baseOffset >= request.upToOffset) break;
    const batches = await readSegment(segment, request, buffers);
    if (batches.length > 0) return batches;
  }
  return EMPTY;
}

/** Whole batches of one segment, read at once. Fast when the pages are cached, as those of the log's tail are. */
function readSegmentSync(segment: Segment, request: ReadRequest, buffers: ReadBuffers): Buffer {
  let [position, length] = firstPiece(segment, request);
  while (length > 0) {
    const piece = buffers.take(length);
    const filled = segment.file.readSync(piece, position);
    const slice = sliceBatches(piece.subarray(0, filled), request);
    if ('batches' in slice) return slice.batches;
    buffers.give(piece);
    position += slice.skipBytes;
    length = nextLength(segment, position, slice.needBytes, request);
  }
  return EMPTY;
}

/** The same without blocking: for what must come from the disk. */
async function readSegment(segment: Segment, request: ReadRequest, buffers: ReadBuffers): Promise<Buffer> {
  let [position, length] = firstPiece(segment, request);
  while (length > 0) {
    const piece = buffers.take(length);
    const filled = await segment.file.read(piece, position);
    const slice = sliceBatches(piece.subarray(0, filled), request);
    if ('batches' in slice) return slice.batches;
    buffers.give(piece);
    position += slice.skipBytes;
    length = nextLength(segment, position, slice.needBytes, request);
  }
  return EMPTY;
}

function firstPiece(segment: Segment, request: ReadRequest): [position: number, length: number] {
  const position = segment.offsetIndex.floorPosition(request.fromOffset);
  return [position, pieceLength(segment, position, request.maxBytes + SEEK_BYTES)];
}

const pieceLength = (segment: Segment, position: number, wanted: number) =>
  Math.max(0, Math.min(Math.max(wanted, BATCH_HEADER_BYTES), segment.size - position));

function nextLength(segment: Segment, position: number, needBytes: number, { maxBytes }: ReadRequest): number {
  const left = segment.size - position;
  // More would never come, however often it is asked for.
  if (left > 0 && needBytes > left) {
    throw new StorageError('IO', `a batch needs ${needBytes} bytes and ${left} are left: the log is damaged`);
  }
  return pieceLength(segment, position, Math.max(needBytes, maxBytes));
}

/** Cuts the batches that a request asks for out of a piece that begins with a whole batch's first byte. */
function sliceBatches(piece: Buffer, request: ReadRequest): Slice {
  let at = 0;
  let from = -1;
  while (piece.length - at >= BATCH_HEADER_BYTES) {
    const batch = new RecordBatch(piece, at);
    const size = batch.sizeBytes;
    if (size < BATCH_HEADER_BYTES) throw new StorageError('IO', `a batch claims ${size} bytes: the log is damaged`);
    if (batch.baseOffset >= request.upToOffset) return { batches: from < 0 ? EMPTY : piece.subarray(from, at) };
    if (from < 0 && batch.lastOffset >= request.fromOffset) {
      if (size > request.maxBytes && !request.minOneBatch) return { batches: EMPTY };
      if (at + size > piece.length) return { skipBytes: at, needBytes: size };
      from = at;
    } else if (from >= 0 && at + size - from > request.maxBytes) {
      return { batches: piece.subarray(from, at) };
    }
    if (at + size > piece.length)
      return from < 0 ? { skipBytes: at + size, needBytes: 0 } : { batches: piece.subarray(from, at) };
    at += size;
    // What lies beyond is not for readers, and after a failed sync it may be anything.
    if (from >= 0 && batch.nextOffset >= request.upToOffset) break;
  }
  if (from >= 0) return { batches: piece.subarray(from, at) };
  return { skipBytes: at, needBytes: BATCH_HEADER_BYTES };
}
