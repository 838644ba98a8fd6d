/**
 * Files as the log sees them. Append and read of hot data are synchronous: in Node that is ten times faster than the same
 * calls awaited. Making bytes durable is asynchronous, so that many appends share one fsync.
 */
export interface Storage {
  /** Opens a file for appending and positioned reads; creates it if it is missing. */
  open(path: string): StorageFile;
  /** Whole contents, or null if there is no such file. */
  readFile(path: string): Buffer | null;
  /** Replaces a file in one step: after a crash it has the old or the new contents, never a mixture. Durable on return. */
  writeFileAtomic(path: string, contents: Buffer, options?: WriteOptions): void;
  /**
   * Writes a whole file without blocking. When it resolves the contents are durable; the name is not, and a crash before that
   * may leave a part: write aside, then {@link rename}.
   */
  writeFileAside(path: string, contents: Buffer): Promise<void>;
  /** Creates a file with these contents, durably; false, and nothing changed, if it exists already. The way to take a lock. */
  createExclusive(path: string, contents: Buffer): boolean;
  /** Removes a file; nothing happens if it does not exist. */
  remove(path: string): void;
  /** Removes a directory and all that is in it; nothing happens if it does not exist. */
  removeDirectory(path: string): void;
  /** As {@link removeDirectory}, without blocking: for directories with much in them. */
  removeDirectoryAside(path: string): Promise<void>;
  rename(from: string, to: string): void;
  exists(path: string): boolean;
  /** Creates a directory and its missing parents; durable on return. */
  makeDirectory(path: string): void;
  /**
   * Creates a directory whose own name is not durable before its parent is synced; missing parents as {@link makeDirectory} does.
   * False if it exists already.
   */
  createDirectory(path: string): boolean;
  /** Names in a directory, sorted; empty if it does not exist. */
  list(path: string): string[];
  /** Of the file system that holds a path: its size, and what may still be written. -1 where that is not known. */
  space(path: string): { readonly totalBytes: number; readonly usableBytes: number };
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void;
  /** As {@link syncDirectory}, without blocking, for the changes made before the call. */
  syncDirectoryAside(path: string): Promise<void>;
}

export interface WriteOptions {
  /** Readable by the user of this process alone, where there are users. */
  readonly isPrivate?: boolean;
}

export interface StorageFile {
  readonly path: string;
  /** Bytes in the file. */
  size(): number;
  /** Writes all of `chunks` at the end. Throws {@link StorageError} when the disk is full or fails; the file may then hold a part of them. */
  append(chunks: readonly Buffer[]): void;
  /** Fills `target` from `position`; returns the bytes read, fewer only at the end of the file. */
  readSync(target: Buffer, position: number): number;
  read(target: Buffer, position: number): Promise<number>;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): void;
  /**
   * Writes the bytes of [from, to) over themselves. After a failed sync the system may show bytes that it will never write, also
   * to a process that is started later: this makes the next sync write them.
   */
  rewrite(from: number, to: number): void;
  /** Resolves when all that was appended before the call is on stable storage. */
  sync(): Promise<void>;
  syncNow(): void;
  close(): void;
}

export type StorageErrorCode = 'DISK_FULL' | 'IO' | 'PERMISSION';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  constructor(
    readonly code: StorageErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
