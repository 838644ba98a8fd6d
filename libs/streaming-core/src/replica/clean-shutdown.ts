import path from 'node:path';
import type { Storage } from '../ports/storage.js';

/** Kafka's own name for it. */
const FILE = '.kafka_cleanshutdown';

/**
 * A file that is in a data directory while nobody uses it and all in it is durable. Its absence at a start tells that a process died, and that what
 * the directory shows may be in the system's cache alone.
 */
export function markCleanShutdown(storage: Storage, directory: string): void {
  storage.writeFileAtomic(path.join(directory, FILE), Buffer.from('{"version":0}'));
}

/** Whether the mark was there. It is gone for good once the directory is synced. */
export function takeCleanShutdown(storage: Storage, directory: string): boolean {
  const file = path.join(directory, FILE);
  if (!storage.exists(file)) return false;
  storage.remove(file);
  return true;
}
