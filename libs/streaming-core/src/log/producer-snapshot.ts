import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import type { ProducerStates } from './producer-state.js';
import { decodeSnapshot } from './producer-snapshot-format.js';
import { offsetOfFileName, producerSnapshotFileName } from './segment-files.js';

const SNAPSHOT_SUFFIX = '.snapshot';
const SNAPSHOTS_KEPT = 2;

/** Keeps the two newest: should the newer one be damaged, the older one and the log give the same state. */
export function dropOldSnapshots(storage: Storage, directory: string): void {
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
    const bytes = taken <= offset ? storage.readFile(file) : null;
    const entries = bytes && decodeSnapshot(bytes);
    if (entries !== null) {
      producers.restore(entries);
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
