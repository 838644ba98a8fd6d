import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import type { ProducerStates } from './producer-state.js';
import { sealText, unsealText } from './sealed-text.js';
import { offsetOfFileName, producerSnapshotFileName } from './segment-files.js';

const SNAPSHOT_SUFFIX = '.producers';
const SNAPSHOTS_KEPT = 2;

/** Saves producer state as of `offset`; the two newest snapshots are kept. */
export function writeProducerSnapshot(
  storage: Storage,
  directory: string,
  offset: bigint,
  producers: ProducerStates,
): void {
  storage.writeFileAtomic(path.join(directory, producerSnapshotFileName(offset)), sealText(JSON.stringify(producers)));
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
    const body = taken <= offset ? unsealText(storage.readFile(file)) : null;
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
