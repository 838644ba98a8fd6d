import { BoundedOutput, corrupt } from './bounded-output.js';

const FRAME_MAGIC = 0x184d2204;
const FLAG = { dictionaryId: 0x01, contentChecksum: 0x04, contentSize: 0x08, blockChecksum: 0x10, independent: 0x20 };
const VERSION_MASK = 0xc0;
const VERSION_1 = 0x40;
const UNCOMPRESSED_BLOCK = 0x80000000;
const MATCH_BYTES_MIN = 4;

/**
 * Reads one or more LZ4 frames (github.com/lz4/lz4, doc/lz4_Frame_format.md). The format's own checksums are not compared:
 * the batch's CRC-32C covers the same bytes. Throws `RecordBatchError`.
 */
export function lz4Decompress(payload: Buffer, bytesMax: number): Buffer {
  const output = new BoundedOutput(bytesMax);
  let position = 0;
  while (position < payload.length) position = readFrame(payload, position, output);
  return output.finish();
}

function readFrame(payload: Buffer, start: number, output: BoundedOutput): number {
  need(payload, start, 7);
  if (payload.readUInt32LE(start) !== FRAME_MAGIC) throw corrupt('not an LZ4 frame');
  const flags = payload[start + 4]!;
  if ((flags & VERSION_MASK) !== VERSION_1) throw corrupt('not version 1 of the LZ4 frame');
  if ((flags & FLAG.dictionaryId) !== 0) throw corrupt('an LZ4 dictionary is asked for');
  // Magic, flags, block descriptor, [content size], header checksum.
  let position = start + 4 + 2 + ((flags & FLAG.contentSize) !== 0 ? 8 : 0) + 1;
  const frameFloor = output.length;
  for (;;) {
    need(payload, position, 4);
    const word = payload.readUInt32LE(position);
    position += 4;
    if (word === 0) break;
    const length = word & ~UNCOMPRESSED_BLOCK;
    need(payload, position, length);
    const floor = (flags & FLAG.independent) !== 0 ? output.length : frameFloor;
    if (word >= UNCOMPRESSED_BLOCK) output.append(payload, position, position + length);
    else readBlock(payload.subarray(position, position + length), output, floor);
    position += length + ((flags & FLAG.blockChecksum) !== 0 ? 4 : 0);
  }
  if ((flags & FLAG.contentChecksum) !== 0) position += 4;
  need(payload, position, 0);
  return position;
}

function readBlock(block: Buffer, output: BoundedOutput, floor: number): void {
  let position = 0;
  const extended = (nibble: number): number => {
    let length = nibble;
    if (nibble !== 15) return length;
    for (;;) {
      const byte = block[position++];
      if (byte === undefined) throw corrupt('a length is cut');
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (position < block.length) {
    const token = block[position++]!;
    const literal = extended(token >> 4);
    output.append(block, position, position + literal);
    position += literal;
    // The last sequence has no match.
    if (position === block.length) return;
    need(block, position, 2);
    const distance = block.readUInt16LE(position);
    position += 2;
    output.repeat(distance, extended(token & 15) + MATCH_BYTES_MIN, floor);
  }
}

function need(buffer: Buffer, position: number, bytes: number): void {
  if (position + bytes > buffer.length) throw corrupt(`the frame is cut at byte ${position}`);
}
