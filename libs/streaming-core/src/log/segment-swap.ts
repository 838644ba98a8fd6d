import path from 'node:path';
import type { SegmentPlace } from './segment.js';
import {
  logFileName,
  offsetIndexFileName,
  offsetOfFileName,
  SWAP_SUFFIX,
  timeIndexFileName,
  transactionIndexFileName,
} from './segment-files.js';

/**
 * A compacted segment takes the place of those it was made from in three durable steps: it becomes `<base>.log.<end>.swap`, the
 * originals with a base in [base, end) go, it becomes `<base>.log`. A crash between them is finished here; a crash before the
 * first leaves the originals as they were.
 */
export function swapFileName(baseOffset: bigint, endOffset: bigint): string {
  return `${logFileName(baseOffset)}.${String(endOffset)}${SWAP_SUFFIX}`;
}

/** Completes every swap that has begun. */
export function finishSwaps(place: SegmentPlace): void {
  const { storage, directory } = place;
  for (const name of storage.list(directory)) {
    const match = /^(\d{20})\.log\.(\d+)\.swap$/.exec(name);
    if (match !== null) finishSwap(place, name, BigInt(match[1]!), BigInt(match[2]!));
  }
}

export function finishSwap(place: SegmentPlace, name: string, baseOffset: bigint, endOffset: bigint): void {
  const { storage, directory, handles } = place;
  for (const existing of storage.list(directory)) {
    const base = offsetOfFileName(existing, '.log');
    if (base === null || base < baseOffset || base >= endOffset) continue;
    const indexes = [offsetIndexFileName(base), timeIndexFileName(base), transactionIndexFileName(base)];
    for (const file of [logFileName(base), ...indexes]) {
      handles.forget(path.join(directory, file));
      storage.remove(path.join(directory, file));
    }
  }
  // The removals must be durable before the swap file loses its name: after it nothing would know of them.
  storage.syncDirectory(directory);
  storage.rename(path.join(directory, name), path.join(directory, logFileName(baseOffset)));
  storage.syncDirectory(directory);
}
