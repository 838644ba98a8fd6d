import { StorageError, type Storage, type StorageFile, type WriteOptions } from '../ports/storage.js';
import type { ArmedFault } from './fault.js';

/** What a fault does to files. */
export type StorageFaultKind =
  | { readonly type: 'fail-sync' }
  | { readonly type: 'delay-sync'; readonly wait: () => Promise<void> }
  | { readonly type: 'full-disk' }
  /** Reads of this byte of the file give another one. */
  | { readonly type: 'corrupt'; readonly position: number };

export interface StorageFault {
  readonly kind: StorageFaultKind;
  /** Which files, by the whole path. */
  readonly concerns: (path: string) => boolean;
  readonly fault: ArmedFault;
}

/**
 * A storage on which things go wrong. A sync that fails has not synced; a full disk takes no byte; a corrupt byte reads
 * wrong until its file is gone, whatever was written.
 */
export class FaultStorage implements Storage {
  readonly #faults = new Set<StorageFault>();

  constructor(private readonly inner: Storage) {}

  add(fault: StorageFault): void {
    this.#faults.add(fault);
  }

  disarm(fault: ArmedFault): void {
    for (const each of this.#faults) if (each.fault === fault) this.#faults.delete(each);
  }

  /** Fails if a fault of this type strikes the file. */
  assert(type: 'fail-sync' | 'full-disk', path: string): void {
    for (const { kind, concerns, fault } of this.#faults) {
      if (kind.type !== type || !concerns(path) || !fault.strike()) continue;
      throw new StorageError(type === 'full-disk' ? 'DISK_FULL' : 'IO', `${path}: ${fault.name}`);
    }
  }

  async waitForSync(path: string): Promise<void> {
    for (const { kind, concerns, fault } of [...this.#faults]) {
      if (kind.type === 'delay-sync' && concerns(path) && fault.strike()) await kind.wait();
    }
  }

  /** Spoils what was read from `position` on. */
  spoil(path: string, bytes: Buffer, position: number): void {
    for (const { kind, concerns, fault } of this.#faults) {
      if (kind.type !== 'corrupt' || !concerns(path)) continue;
      const at = kind.position - position;
      if (at >= 0 && at < bytes.length && fault.strike()) bytes[at] = bytes[at]! ^ 0xff;
    }
  }

  open(path: string): StorageFile {
    return new FaultFile(this.inner.open(path), this);
  }

  readFile(path: string): Buffer | null {
    const bytes = this.inner.readFile(path);
    if (bytes !== null) this.spoil(path, bytes, 0);
    return bytes;
  }

  writeFileAtomic(path: string, contents: Buffer, options?: WriteOptions): void {
    this.assert('full-disk', path);
    this.inner.writeFileAtomic(path, contents, options);
    this.#heal(path);
  }

  async writeFileAside(path: string, contents: Buffer): Promise<void> {
    this.assert('full-disk', path);
    await this.inner.writeFileAside(path, contents);
  }

  createExclusive(path: string, contents: Buffer): boolean {
    this.assert('full-disk', path);
    return this.inner.createExclusive(path, contents);
  }

  remove(path: string): void {
    this.inner.remove(path);
    this.#heal(path);
  }

  removeDirectory(path: string): void {
    this.inner.removeDirectory(path);
  }

  async removeDirectoryAside(path: string): Promise<void> {
    await this.inner.removeDirectoryAside(path);
  }

  rename(from: string, to: string): void {
    this.inner.rename(from, to);
    this.#heal(to);
  }

  exists(path: string): boolean {
    return this.inner.exists(path);
  }

  makeDirectory(path: string): void {
    this.inner.makeDirectory(path);
  }

  createDirectory(path: string): boolean {
    return this.inner.createDirectory(path);
  }

  list(path: string): string[] {
    return this.inner.list(path);
  }

  syncDirectory(path: string): void {
    this.inner.syncDirectory(path);
  }

  async syncDirectoryAside(path: string): Promise<void> {
    await this.inner.syncDirectoryAside(path);
  }

  space(path: string): { readonly totalBytes: number; readonly usableBytes: number } {
    return this.inner.space(path);
  }

  /** The bad bytes went with the file that had them. */
  #heal(path: string): void {
    for (const each of this.#faults) if (each.kind.type === 'corrupt' && each.concerns(path)) this.#faults.delete(each);
  }
}

class FaultFile implements StorageFile {
  constructor(
    private readonly inner: StorageFile,
    private readonly storage: FaultStorage,
  ) {}

  rewrite(from: number, to: number): void {
    this.inner.rewrite(from, to);
  }

  get path(): string {
    return this.inner.path;
  }

  size(): number {
    return this.inner.size();
  }

  append(chunks: readonly Buffer[]): void {
    this.storage.assert('full-disk', this.path);
    this.inner.append(chunks);
  }

  readSync(target: Buffer, position: number): number {
    const count = this.inner.readSync(target, position);
    this.storage.spoil(this.path, target.subarray(0, count), position);
    return count;
  }

  async read(target: Buffer, position: number): Promise<number> {
    const count = await this.inner.read(target, position);
    this.storage.spoil(this.path, target.subarray(0, count), position);
    return count;
  }

  truncate(size: number): void {
    this.inner.truncate(size);
  }

  async sync(): Promise<void> {
    await this.storage.waitForSync(this.path);
    this.storage.assert('fail-sync', this.path);
    await this.inner.sync();
  }

  syncNow(): void {
    this.storage.assert('fail-sync', this.path);
    this.inner.syncNow();
  }

  close(): void {
    this.inner.close();
  }
}
