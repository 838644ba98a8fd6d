import { BoundedOutput, corrupt } from './bounded-output.js';

/** Java's Snappy stream (xerial): this magic, two version numbers, then blocks with four-byte lengths. */
const STREAM_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const STREAM_HEADER_BYTES = 16;
const TAG_LITERAL = 0;
const TAG_COPY_1 = 1;
const TAG_COPY_2 = 2;

/**
 * Reads both forms that Kafka clients send: the Java stream and a bare block (github.com/google/snappy, format_description.txt).
 * Throws `RecordBatchError`.
 */
export function snappyDecompress(payload: Buffer, bytesMax: number): Buffer {
  const output = new BoundedOutput(bytesMax);
  if (!payload.subarray(0, STREAM_MAGIC.length).equals(STREAM_MAGIC)) {
    readBlock(payload, 0, payload.length, output);
    return output.finish();
  }
  let position = STREAM_HEADER_BYTES;
  while (position < payload.length) {
    if (payload.length - position < 4) throw corrupt('a block length is cut');
    const length = payload.readInt32BE(position);
    position += 4;
    if (length <= 0 || length > payload.length - position) throw corrupt(`a block of ${length} bytes`);
    readBlock(payload, position, position + length, output);
    position += length;
  }
  return output.finish();
}

function readBlock(source: Buffer, start: number, end: number, output: BoundedOutput): void {
  const block = source.subarray(0, end);
  const floor = output.length;
  const { value: expected, next } = readLength(block, start);
  let position = next;
  while (position < end) {
    const tag = block[position++]!;
    if ((tag & 3) === TAG_LITERAL) position = readLiteral(block, position, tag >> 2, output);
    else position = readCopy(block, position, tag, output, floor);
  }
  if (output.length - floor !== expected) throw corrupt(`${output.length - floor} bytes came out, not ${expected}`);
}

function readLength(block: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[start + index];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw corrupt('a length is cut or too long');
}

function readLiteral(block: Buffer, position: number, code: number, output: BoundedOutput): number {
  // Codes 60-63 say how many bytes hold the length.
  const lengthBytes = code < 60 ? 0 : code - 59;
  if (position + lengthBytes > block.length) throw corrupt('a literal length is cut');
  const length = (lengthBytes === 0 ? code : block.readUIntLE(position, lengthBytes)) + 1;
  const start = position + lengthBytes;
  output.append(block, start, start + length);
  return start + length;
}

function readCopy(block: Buffer, position: number, tag: number, output: BoundedOutput, floor: number): number {
  const kind = tag & 3;
  const offsetBytes = kind === TAG_COPY_1 ? 1 : kind === TAG_COPY_2 ? 2 : 4;
  if (position + offsetBytes > block.length) throw corrupt('a copy is cut');
  const raw = block.readUIntLE(position, offsetBytes);
  if (kind === TAG_COPY_1) output.repeat(((tag >> 5) << 8) | raw, ((tag >> 2) & 7) + 4, floor);
  else output.repeat(raw, (tag >> 2) + 1, floor);
  return position + offsetBytes;
}
