import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import { completeBatches } from '../wire/records/record-batch.js';

/**
 * The last byte of the stored batch that holds an offset: of its last record, so that only its CRC tells.
 * @throws if the partition has no such record
 */
export function locateBatch(storage: Storage, directory: string, offset: bigint): { path: string; position: number } {
  const segments = storage.list(directory).filter((name) => name.endsWith('.log'));
  for (const name of segments.reverse()) {
    const file = path.join(directory, name);
    for (const batch of completeBatches(storage.readFile(file) ?? Buffer.alloc(0))) {
      if (batch.baseOffset > offset || batch.lastOffset < offset) continue;
      return { path: file, position: batch.start + batch.sizeBytes - 1 };
    }
  }
  throw new Error(`${path.basename(directory)} has no record with offset ${offset}`);
}
