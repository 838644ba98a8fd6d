import type { Random } from './random.ts';

const BYTES = [0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x10];
const INT32 = [0, -1, -2, 1, 0x7fffffff, -0x80000000, 0x10000, 1000];
const HITS_MAX = 4;

/** Damages bytes in a few places: bits, lengths, cuts, copies, strangers. The input stays as it is. */
export function mutate(random: Random, bytes: Buffer): Buffer {
  let damaged = Buffer.from(bytes);
  for (let hits = 1 + random.below(HITS_MAX); hits > 0; hits--) damaged = hit(random, damaged);
  return damaged;
}

function hit(random: Random, bytes: Buffer): Buffer<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const before = bytes.subarray(0, at);
  const length = random.below(16);
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([before]);
    case 1:
      return Buffer.concat([before, random.bytes(length), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([before, bytes.subarray(at + length)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    default:
      return overwritten(random, bytes, at);
  }
}

function overwritten(random: Random, bytes: Buffer, at: number): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  if (copy.length === 0) return copy;
  const place = at % copy.length;
  const left = copy.length - place;
  switch (random.below(4)) {
    case 0:
      copy[place] = random.pick(BYTES);
      break;
    case 1:
      copy[place] = copy[place]! ^ (1 << random.below(8));
      break;
    case 2:
      if (left >= 4) copy.writeInt32BE(random.pick(INT32), place);
      break;
    default:
      if (left >= 2) copy.writeInt16BE(random.pick([0, -1, -2, 0x7fff, 1, 300]), place);
  }
  return copy;
}
