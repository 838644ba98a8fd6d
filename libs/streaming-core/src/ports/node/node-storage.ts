import {
  close,
  constants,
  existsSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  closeSync,
  read,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageError, type Storage, type StorageErrorCode, type StorageFile, type WriteOptions } from '../storage.js';

/** Files of the operating system. */
export class NodeStorage implements Storage {
  open(file: string): StorageFile {
    return translate(`open ${file}`, () => new NodeFile(file));
  }

  readFile(file: string): Buffer | null {
    return translate(`read ${file}`, () => ifExists(() => readFileSync(file), null));
  }

  writeFileAtomic(file: string, contents: Buffer, { isPrivate = false }: WriteOptions = {}): void {
    translate(`write ${file}`, () => {
      const temporary = `${file}.tmp`;
      writeDurably(temporary, contents, 'w', isPrivate ? 0o600 : 0o644);
      renameSync(temporary, file);
    });
    this.syncDirectory(path.dirname(file));
  }

  async writeFileAside(file: string, contents: Buffer): Promise<void> {
    try {
      await writeFile(file, contents, { flush: true });
    } catch (error) {
      throw toStorageError(`write ${file}`, error);
    }
  }

  createExclusive(file: string, contents: Buffer): boolean {
    const created = translate(`create ${file}`, () => {
      try {
        writeDurably(file, contents, 'wx');
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
    });
    if (created) this.syncDirectory(path.dirname(file));
    return created;
  }

  remove(file: string): void {
    translate(`remove ${file}`, () => rmSync(file, { force: true }));
  }

  removeDirectory(directory: string): void {
    translate(`remove ${directory}`, () => rmSync(directory, { recursive: true, force: true }));
  }

  async removeDirectoryAside(directory: string): Promise<void> {
    try {
      await rm(directory, { recursive: true, force: true });
    } catch (error) {
      throw toStorageError(`remove ${directory}`, error);
    }
  }

  rename(from: string, to: string): void {
    translate(`rename ${from} to ${to}`, () => renameSync(from, to));
  }

  exists(file: string): boolean {
    return existsSync(file);
  }

  /** Level by level: Node's own recursion never ends where the system answers ENOENT to every mkdir, as in /proc. */
  makeDirectory(directory: string): void {
    if (existsSync(directory)) return;
    const parent = path.dirname(path.resolve(directory));
    if (!existsSync(parent)) this.makeDirectory(parent);
    translate(`create ${directory}`, () => mkdirSync(directory));
    this.syncDirectory(parent);
  }

  createDirectory(directory: string): boolean {
    return translate(`create ${directory}`, () => {
      try {
        mkdirSync(directory);
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        if (codeOf(error) !== 'ENOENT') throw error;
        this.makeDirectory(path.dirname(path.resolve(directory)));
        mkdirSync(directory);
        return true;
      }
    });
  }

  list(directory: string): string[] {
    return translate(`list ${directory}`, () => ifExists(() => readdirSync(directory), []).sort());
  }

  space(file: string): { readonly totalBytes: number; readonly usableBytes: number } {
    return translate(`look at the file system of ${file}`, () => {
      const { bsize, blocks, bavail } = statfsSync(file);
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
    });
  }

  syncDirectory(directory: string): void {
    // Windows cannot open a directory; its file system journals names by itself.
    if (process.platform === 'win32') return;
    translate(`sync ${directory}`, () => {
      const handle = openSync(directory, 'r');
      try {
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    });
  }

  async syncDirectoryAside(directory: string): Promise<void> {
    if (process.platform === 'win32') return;
    try {
      const handle = await open(directory, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw toStorageError(`sync ${directory}`, error);
    }
  }
}

class NodeFile implements StorageFile {
  private readonly handle: number;
  private bytes: number;
  /** Asynchronous calls under way: the handle must outlive them, or its number could by then name another file. */
  private pending = 0;
  private closed = false;

  constructor(readonly path: string) {
    this.handle = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND, 0o644);
    this.bytes = fstatSync(this.handle).size;
  }

  size(): number {
    return this.bytes;
  }

  append(chunks: readonly Buffer[]): void {
    translate(`append to ${this.path}`, () => {
      this.assertOpen();
      try {
        this.bytes += writeFully(this.handle, chunks);
      } catch (error) {
        this.bytes = fstatSync(this.handle).size;
        throw error;
      }
    });
  }

  readSync(target: Buffer, position: number): number {
    return translate(`read ${this.path}`, () => {
      this.assertOpen();
      let filled = 0;
      while (filled < target.length) {
        const count = readSync(this.handle, target, filled, target.length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
      return filled;
    });
  }

  async read(target: Buffer, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const count = await this.readOnce(target, filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  truncate(size: number): void {
    translate(`truncate ${this.path}`, () => {
      this.assertOpen();
      ftruncateSync(this.handle, size);
      this.bytes = size;
    });
  }

  rewrite(from: number, to: number): void {
    translate(`rewrite ${this.path}`, () => {
      this.assertOpen();
      // The file's own handle writes at its end, wherever it is told to.
      const handle = openSync(this.path, 'r+');
      try {
        const chunk = Buffer.allocUnsafe(Math.min(REWRITE_CHUNK_BYTES, Math.max(0, to - from)));
        for (let at = from; at < to;) {
          const count = readSync(handle, chunk, 0, Math.min(chunk.length, to - at), at);
          if (count === 0) return;
          for (let written = 0; written < count;) {
            written += writeSync(handle, chunk, written, count - written, at + written);
          }
          at += count;
        }
      } finally {
        closeSync(handle);
      }
    });
  }

  async sync(): Promise<void> {
    await this.asynchronous<undefined>('sync', (done) => fdatasync(this.handle, (error) => done(error, undefined)));
  }

  syncNow(): void {
    translate(`sync ${this.path}`, () => {
      this.assertOpen();
      fdatasyncSync(this.handle);
    });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.releaseHandle();
  }

  private readOnce(target: Buffer, offset: number, position: number): Promise<number> {
    return this.asynchronous<number>('read', (done) =>
      read(this.handle, target, offset, target.length - offset, position, done),
    );
  }

  private asynchronous<T>(
    action: string,
    start: (done: (error: NodeJS.ErrnoException | null, value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      this.assertOpen();
      this.pending += 1;
      start((error, value) => {
        this.pending -= 1;
        this.releaseHandle();
        if (error) reject(toStorageError(`${action} ${this.path}`, error));
        else resolve(value);
      });
    });
  }

  private releaseHandle(): void {
    if (this.closed && this.pending === 0) close(this.handle);
  }

  private assertOpen(): void {
    if (this.closed) throw new StorageError('IO', `${this.path} is closed`);
  }
}

/** Writes every byte, however few the system takes at a time. */
function writeFully(handle: number, chunks: readonly Buffer[]): number {
  if (chunks.length === 1) return writeOne(handle, chunks[0]!);
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let rest = [...chunks];
  let written = 0;
  while (written < total) {
    let taken = writevSync(handle, rest.slice(0, MAX_VECTORS));
    written += taken;
    let whole = 0;
    while (whole < rest.length && taken >= rest[whole]!.length) taken -= rest[whole++]!.length;
    rest = rest.slice(whole);
    if (taken > 0) rest[0] = rest[0]!.subarray(taken);
  }
  return written;
}

const MAX_VECTORS = 512;
const REWRITE_CHUNK_BYTES = 1 << 20;

function writeOne(handle: number, chunk: Buffer): number {
  let written = 0;
  while (written < chunk.length) written += writeSync(handle, chunk, written);
  return written;
}

function writeDurably(file: string, contents: Buffer, flags: 'w' | 'wx', mode = 0o644): void {
  const handle = openSync(file, flags, mode);
  try {
    writeOne(handle, contents);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function ifExists<T>(action: () => T, otherwise: T): T {
  try {
    return action();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}

function translate<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof StorageError ? error : toStorageError(what, error);
  }
}

/** By shape: under a test runner the system's errors come from another realm, where `instanceof Error` is false. */
function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

const CODES: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EACCES: 'PERMISSION',
  EPERM: 'PERMISSION',
  EROFS: 'PERMISSION',
};

function toStorageError(what: string, cause: unknown): StorageError {
  const code = CODES[codeOf(cause) ?? ''] ?? 'IO';
  return new StorageError(code, `cannot ${what}: ${(cause as Error).message}`, { cause });
}
