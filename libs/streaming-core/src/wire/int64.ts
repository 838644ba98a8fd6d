/*
 * Buffer's own readBigInt64BE and writeBigInt64BE do arithmetic on several bigints per call. Offsets and timestamps fit in
 * 53 bits, where plain numbers do the work and one bigint is made or read.
 */

const TWO_TO_32 = 2 ** 32;
/** Upper words in this range give integers that a number holds exactly. */
const SAFE_HIGH_WORD = 2 ** 20;

/** The caller has checked that eight bytes are there. */
export function readInt64(buffer: Buffer, at: number): bigint {
  const high = buffer.readInt32BE(at);
  if (high >= SAFE_HIGH_WORD || high < -SAFE_HIGH_WORD) return buffer.readBigInt64BE(at);
  return BigInt(high * TWO_TO_32 + buffer.readUInt32BE(at + 4));
}

/** Throws a RangeError if the value has more than 64 bits. */
export function writeInt64(buffer: Buffer, value: bigint, at: number): void {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    buffer.writeBigInt64BE(value, at);
    return;
  }
  const high = Math.floor(number / TWO_TO_32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(number - high * TWO_TO_32, at + 4);
}
