/** Names of the files in a partition's directory, as in Apache Kafka. */

const DIGITS = 20;

const named = (offset: bigint, suffix: string) => offset.toString().padStart(DIGITS, '0') + suffix;

export const logFileName = (baseOffset: bigint) => named(baseOffset, '.log');
export const offsetIndexFileName = (baseOffset: bigint) => named(baseOffset, '.index');
export const timeIndexFileName = (baseOffset: bigint) => named(baseOffset, '.timeindex');
/** The aborted transactions whose markers lie in the segment; there is none if there are none. */
export const transactionIndexFileName = (baseOffset: bigint) => named(baseOffset, '.txnindex');
/** Producer state up to, not including, an offset. */
export const producerSnapshotFileName = (offset: bigint) => named(offset, '.snapshot');

/** A compacted segment being written: worthless after a crash. */
export const CLEANED_SUFFIX = '.cleaned';
/** A compacted segment, complete and durable: after a crash it takes the place of those it covers. */
export const SWAP_SUFFIX = '.swap';

export const CHECKPOINT_FILE = 'recovery-checkpoint';

/** The offset in a file's name, or null if the name does not end in `suffix` or is none of ours. */
export function offsetOfFileName(name: string, suffix: string): bigint | null {
  if (name.length !== DIGITS + suffix.length || !name.endsWith(suffix)) return null;
  const digits = name.slice(0, DIGITS);
  return /^\d+$/.test(digits) ? BigInt(digits) : null;
}
