import type { Storage, StorageFile } from '../ports/storage.js';
import { IndexCache } from './index-cache.js';

/**
 * Open files of closed segments, at most `limit` at a time over all logs that share it: the least recently used is closed first.
 * A file that is closed while it is being read finishes that read (the storage port's promise).
 */
export class FileHandles {
  /** In order of use, oldest first. */
  private readonly open = new Map<string, StorageFile>();

  constructor(
    private readonly storage: Storage,
    private readonly limit = 512,
    /** Their indexes, bounded likewise. */
    readonly indexes = new IndexCache(),
  ) {}

  get size(): number {
    return this.open.size;
  }

  get(path: string): StorageFile {
    let file = this.open.get(path);
    if (file === undefined) file = this.storage.open(path);
    else this.open.delete(path);
    this.open.set(path, file);
    if (this.open.size > this.limit) {
      for (const oldest of this.open.keys()) {
        this.forget(oldest);
        break;
      }
    }
    return file;
  }

  /** Closes a file: before it is removed or renamed. */
  forget(path: string): void {
    this.open.get(path)?.close();
    this.open.delete(path);
  }

  closeAll(): void {
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }
}
