import path from 'node:path';
import type { Random } from '../random.js';
import { StorageError, type Storage, type StorageErrorCode, type StorageFile } from '../storage.js';
import { MemoryInode } from './memory-inode.js';

/** A fault that strikes the next matching call, once. `path` narrows it to files whose path ends so. */
export type StorageFault =
  | { readonly name: 'fail-append'; readonly code: StorageErrorCode; readonly path?: string }
  /** Takes this many bytes, then fails. */
  | {
      readonly name: 'tear-append';
      readonly afterBytes: number;
      readonly code?: StorageErrorCode;
      readonly path?: string;
    }
  | { readonly name: 'fail-sync'; readonly path?: string }
  | { readonly name: 'fail-truncate'; readonly path?: string };

type Entry = MemoryInode | 'directory';

/**
 * Files in memory that behave like a disk with a volatile cache: bytes become durable by sync, names by syncDirectory.
 * {@link crash} drops what is not. Faults are injected by name.
 */
export class MemoryStorage implements Storage {
  private entries = new Map<string, Entry>();
  private durableEntries = new Map<string, Entry>();
  private faults: StorageFault[] = [];
  private generation = 0;
  private heldSyncs: (() => void)[] | null = null;

  open(file: string): StorageFile {
    const key = path.normalize(file);
    let inode = this.entries.get(key);
    if (inode === 'directory') throw new StorageError('IO', `${file} is a directory`);
    if (inode === undefined) {
      this.assertParent(key);
      inode = new MemoryInode();
      this.entries.set(key, inode);
    }
    return new MemoryFile(key, inode, this.generation, this);
  }

  readFile(file: string): Buffer | null {
    const inode = this.entries.get(path.normalize(file));
    return inode instanceof MemoryInode ? inode.copy() : null;
  }

  writeFileAtomic(file: string, contents: Buffer): void {
    const key = path.normalize(file);
    this.assertParent(key);
    this.strikeAppend(key, contents.length, () => undefined);
    const inode = new MemoryInode();
    inode.append(contents);
    inode.sync(inode.size);
    this.entries.set(key, inode);
    this.syncDirectory(path.dirname(key));
  }

  async writeFileAside(file: string, contents: Buffer): Promise<void> {
    const key = path.normalize(file);
    this.assertParent(key);
    this.strikeAppend(key, contents.length, () => undefined);
    const inode = new MemoryInode();
    this.entries.set(key, inode);
    await this.later(file);
    inode.append(contents);
    inode.sync(inode.size);
  }

  createExclusive(file: string, contents: Buffer): boolean {
    if (this.exists(file)) return false;
    this.writeFileAtomic(file, contents);
    return true;
  }

  remove(file: string): void {
    this.entries.delete(path.normalize(file));
  }

  removeDirectory(directory: string): void {
    const key = path.normalize(directory);
    for (const name of this.entries.keys()) if (isUnder(name, key)) this.entries.delete(name);
    this.entries.delete(key);
  }

  async removeDirectoryAside(directory: string): Promise<void> {
    await this.later(directory);
    this.removeDirectory(directory);
  }

  rename(from: string, to: string): void {
    const [source, target] = [path.normalize(from), path.normalize(to)];
    const entry = this.entries.get(source);
    if (entry === undefined) throw new StorageError('IO', `cannot rename ${from}: no such file`);
    for (const [name, moved] of [...this.entries]) {
      if (name !== source && !isUnder(name, source)) continue;
      this.entries.delete(name);
      this.entries.set(target + name.slice(source.length), moved);
    }
    // A directory's contents go with it: what was durable inside stays so under whichever name survives.
    if (entry === 'directory') {
      for (const [name, moved] of [...this.durableEntries]) {
        if (isUnder(name, source)) this.durableEntries.set(target + name.slice(source.length), moved);
      }
    }
  }

  exists(file: string): boolean {
    const key = path.normalize(file);
    return isRoot(key) || this.entries.has(key);
  }

  makeDirectory(directory: string): void {
    const key = path.normalize(directory);
    if (isRoot(key)) return;
    this.makeDirectory(path.dirname(key));
    if (this.entries.get(key) instanceof MemoryInode) throw new StorageError('IO', `${directory} is a file`);
    this.entries.set(key, 'directory');
    this.durableEntries.set(key, 'directory');
  }

  createDirectory(directory: string): boolean {
    const key = path.normalize(directory);
    if (isRoot(key) || this.entries.get(key) === 'directory') return false;
    if (this.entries.has(key)) throw new StorageError('IO', `${directory} is a file`);
    this.makeDirectory(path.dirname(key));
    this.entries.set(key, 'directory');
    return true;
  }

  list(directory: string): string[] {
    const key = path.normalize(directory);
    return [...this.entries.keys()]
      .filter((name) => path.dirname(name) === key)
      .map((name) => path.basename(name))
      .sort();
  }

  space(): { readonly totalBytes: number; readonly usableBytes: number } {
    return { totalBytes: -1, usableBytes: -1 };
  }

  syncDirectory(directory: string): void {
    const key = path.normalize(directory);
    for (const name of this.durableEntries.keys()) {
      if (path.dirname(name) === key && !this.entries.has(name)) this.durableEntries.delete(name);
    }
    for (const [name, entry] of this.entries) if (path.dirname(name) === key) this.durableEntries.set(name, entry);
  }

  async syncDirectoryAside(directory: string): Promise<void> {
    await this.later(directory);
    this.syncDirectory(directory);
  }

  /** Arms a fault. Several may be armed; each strikes once. */
  inject(fault: StorageFault): void {
    this.faults.push(fault);
  }

  /** Makes syncs wait until {@link releaseSyncs}. */
  holdSyncs(): void {
    this.heldSyncs ??= [];
  }

  releaseSyncs(): void {
    const held = this.heldSyncs ?? [];
    this.heldSyncs = null;
    for (const proceed of held) proceed();
  }

  /**
   * Loses power. Files opened before are dead. What was not synced is gone; with `survivors` a random part of each file's
   * unsynced bytes survives, as on a disk that was in the middle of writing, with bits flipped now and then.
   */
  crash(survivors?: Random): void {
    this.generation += 1;
    this.faults = [];
    this.heldSyncs = null;
    this.entries = new Map([...this.durableEntries].filter(([name]) => this.parentsAreDurable(name)));
    this.durableEntries = new Map(this.entries);
    const seen = new Set<MemoryInode>();
    for (const entry of this.entries.values()) {
      if (entry === 'directory' || seen.has(entry)) continue;
      seen.add(entry);
      entry.crash(survivors);
    }
  }

  /** Flips one bit of a file at rest, as a failing disk does. */
  flipBit(file: string, position: number, bit: number): void {
    const inode = this.entries.get(path.normalize(file));
    if (!(inode instanceof MemoryInode)) throw new StorageError('IO', `${file}: no such file`);
    inode.flipBit(position, bit);
  }

  /** For this module's files: passes, tears or fails an append as the armed faults say. */
  strikeAppend(file: string, length: number, keep: (bytes: number) => void): void {
    const fault = this.takeFault(file, ['fail-append', 'tear-append']);
    if (fault?.name === 'fail-append') throw new StorageError(fault.code, `append to ${file} failed as injected`);
    if (fault?.name === 'tear-append') {
      keep(Math.min(length, fault.afterBytes));
      throw new StorageError(fault.code ?? 'DISK_FULL', `append to ${file} torn as injected`);
    }
  }

  strikeTruncate(file: string): void {
    if (this.takeFault(file, ['fail-truncate'])) throw new StorageError('IO', `truncate of ${file} failed as injected`);
  }

  strikeSync(file: string): void {
    if (this.takeFault(file, ['fail-sync'])) throw new StorageError('IO', `sync of ${file} failed as injected`);
  }

  /** Resolves when syncs are not held. */
  syncTurn(): Promise<void> {
    const held = this.heldSyncs;
    return held === null ? Promise.resolve() : new Promise((resolve) => held.push(resolve));
  }

  isAlive(generation: number): boolean {
    return generation === this.generation;
  }

  /** What a call does that does not block is done after it has returned, if the machine still runs. */
  private async later(file: string): Promise<void> {
    const { generation } = this;
    await Promise.resolve();
    if (!this.isAlive(generation)) throw new StorageError('IO', `${file}: the machine crashed`);
  }

  private takeFault(file: string, names: readonly StorageFault['name'][]): StorageFault | undefined {
    const index = this.faults.findIndex((fault) => names.includes(fault.name) && file.endsWith(fault.path ?? ''));
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  private parentsAreDurable(name: string): boolean {
    for (let parent = path.dirname(name); !isRoot(parent); parent = path.dirname(parent)) {
      if (!this.durableEntries.has(parent)) return false;
    }
    return true;
  }

  private assertParent(key: string): void {
    const parent = path.dirname(key);
    if (!isRoot(parent) && this.entries.get(parent) !== 'directory') {
      throw new StorageError('IO', `${key}: no such directory`);
    }
  }
}

class MemoryFile implements StorageFile {
  private closed = false;

  constructor(
    readonly path: string,
    private readonly inode: MemoryInode,
    private readonly generation: number,
    private readonly storage: MemoryStorage,
  ) {}

  size(): number {
    return this.inode.size;
  }

  append(chunks: readonly Buffer[]): void {
    this.assertUsable();
    const bytes = Buffer.concat(chunks);
    this.storage.strikeAppend(this.path, bytes.length, (kept) => this.inode.append(bytes.subarray(0, kept)));
    this.inode.append(bytes);
  }

  readSync(target: Buffer, position: number): number {
    this.assertUsable();
    return this.inode.read(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.assertUsable();
    await Promise.resolve();
    return this.inode.read(target, position);
  }

  truncate(size: number): void {
    this.assertUsable();
    this.storage.strikeTruncate(this.path);
    this.inode.truncate(size);
  }

  rewrite(): void {
    this.assertUsable();
  }

  async sync(): Promise<void> {
    this.assertUsable();
    const { size } = this.inode;
    await this.storage.syncTurn();
    if (!this.storage.isAlive(this.generation)) throw new StorageError('IO', `${this.path}: the machine crashed`);
    this.storage.strikeSync(this.path);
    this.inode.sync(size);
  }

  syncNow(): void {
    this.assertUsable();
    this.storage.strikeSync(this.path);
    this.inode.sync(this.inode.size);
  }

  close(): void {
    this.closed = true;
  }

  private assertUsable(): void {
    if (this.closed || !this.storage.isAlive(this.generation)) throw new StorageError('IO', `${this.path} is closed`);
  }
}

const isRoot = (name: string) => path.dirname(name) === name || name === '.';
const isUnder = (name: string, directory: string) => name.startsWith(directory + path.sep);
