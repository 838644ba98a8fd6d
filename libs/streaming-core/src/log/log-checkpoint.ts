import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import { crc32c } from '@node-rs/crc32';
import { CHECKPOINT_FILE, producerSnapshotFileName, offsetOfFileName } from './segment-files.js';
import type { ProducerStates } from './producer-state.js';

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

export function writeCheckpoint(storage: Storage, directory: string, checkpoint: LogCheckpoint): void {
  const body = JSON.stringify({
    version: 1,
    startOffset: String(checkpoint.startOffset),
    recoveryOffset: String(checkpoint.recoveryOffset),
    segmentBase: String(checkpoint.segmentBase),
    position: checkpoint.position,
    cleanedOffset: String(checkpoint.cleanedOffset),
  });
  storage.writeFileAtomic(path.join(directory, CHECKPOINT_FILE), seal(body));
}

/** Null if there is none or it is damaged: the whole log is then looked at. */
export function readCheckpoint(storage: Storage, directory: string): LogCheckpoint | null {
  const body = unseal(storage.readFile(path.join(directory, CHECKPOINT_FILE)));
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

const SNAPSHOT_SUFFIX = '.producers';
const SNAPSHOTS_KEPT = 2;

/** Saves producer state as of `offset`; the two newest snapshots are kept. */
export function writeProducerSnapshot(
  storage: Storage,
  directory: string,
  offset: bigint,
  producers: ProducerStates,
): void {
  storage.writeFileAtomic(path.join(directory, producerSnapshotFileName(offset)), seal(JSON.stringify(producers)));
  const surplus = snapshotOffsets(storage, directory).slice(0, -SNAPSHOTS_KEPT);
  for (const old of surplus) storage.remove(path.join(directory, producerSnapshotFileName(old)));
}

/**
 * Loads the newest sound snapshot taken at or before `offset` and returns its offset, or null if there is none; later ones
 * tell of batches that may be gone and are removed.
 */
export function loadProducerSnapshot(
  storage: Storage,
  directory: string,
  offset: bigint,
  producers: ProducerStates,
): bigint | null {
  producers.clear();
  for (const taken of snapshotOffsets(storage, directory).reverse()) {
    const file = path.join(directory, producerSnapshotFileName(taken));
    const body = taken <= offset ? unseal(storage.readFile(file)) : null;
    if (body !== null) {
      producers.restore(JSON.parse(body));
      return taken;
    }
    storage.remove(file);
  }
  return null;
}

function snapshotOffsets(storage: Storage, directory: string): bigint[] {
  return storage
    .list(directory)
    .map((name) => offsetOfFileName(name, SNAPSHOT_SUFFIX))
    .filter((offset) => offset !== null);
}

/** One line of CRC, one of content: a flipped bit is noticed. */
function seal(body: string): Buffer {
  return Buffer.from(`${crc32c(body).toString(16).padStart(8, '0')}\n${body}\n`);
}

function unseal(bytes: Buffer | null): string | null {
  if (bytes === null) return null;
  const [crc, body, rest] = bytes.toString().split('\n');
  return body !== undefined && rest === '' && crc === crc32c(body).toString(16).padStart(8, '0') ? body : null;
}
