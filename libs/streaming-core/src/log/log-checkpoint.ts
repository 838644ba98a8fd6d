import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import { sealText, unsealText } from './sealed-text.js';
import { CHECKPOINT_FILE } from './segment-files.js';

/** Up to where a log is known to be whole and on stable storage: recovery looks only at what comes after. */
export interface LogCheckpoint {
  /** First offset that readers may see. */
  readonly startOffset: bigint;
  /** All before this offset is durable. */
  readonly recoveryOffset: bigint;
  /** Base of the segment that holds the recovery offset, and the offset's position there. */
  readonly segmentBase: bigint;
  readonly position: number;
  /** Compaction has seen all before this offset. */
  readonly cleanedOffset: bigint;
}

export function encodeCheckpoint(checkpoint: LogCheckpoint): Buffer {
  return sealText(
    JSON.stringify({
      version: 1,
      startOffset: String(checkpoint.startOffset),
      recoveryOffset: String(checkpoint.recoveryOffset),
      segmentBase: String(checkpoint.segmentBase),
      position: checkpoint.position,
      cleanedOffset: String(checkpoint.cleanedOffset),
    }),
  );
}

export const checkpointPath = (directory: string): string => path.join(directory, CHECKPOINT_FILE);

/** Null if there is none or it is damaged: the whole log is then looked at. */
export function readCheckpoint(storage: Storage, directory: string): LogCheckpoint | null {
  const body = unsealText(storage.readFile(checkpointPath(directory)));
  if (body === null) return null;
  const parsed = JSON.parse(body) as Record<
    'startOffset' | 'recoveryOffset' | 'segmentBase' | 'cleanedOffset',
    string
  > & {
    position: number;
  };
  return {
    startOffset: BigInt(parsed.startOffset),
    recoveryOffset: BigInt(parsed.recoveryOffset),
    segmentBase: BigInt(parsed.segmentBase),
    position: parsed.position,
    cleanedOffset: BigInt(parsed.cleanedOffset),
  };
}
