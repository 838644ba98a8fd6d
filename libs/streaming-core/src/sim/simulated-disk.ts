import path from 'node:path';
import type { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError, type Storage, type StorageErrorCode, type StorageFile } from '../ports/storage.js';
import { DiskDirectory, DiskTree } from './disk-tree.js';
import { DiskInode } from './disk-inode.js';

export type DiskAction =
  'open' | 'read' | 'append' | 'truncate' | 'sync' | 'synced' | 'rename' | 'remove' | 'mkdir' | 'syncDirectory';

/**
 * A disk behind a volatile cache, for crash tests: pages that are not synced survive a power loss or not, one by one; names reach the
 * platter in order; a failed sync loses pages for good; the disk can be full. Each call on a machine's storage is one step,
 * and the machine can be made to die at any step. The same seed gives the same disk.
 */
export class SimulatedDisk {
  readonly tree = new DiskTree();
  /** Steps until the running machine dies. */
  stepsToLive = Infinity;
  /** Bytes of files that fit. */
  capacityBytes = Infinity;
  /** Asked at every step: whether it fails, and how. */
  faultAt: (action: DiskAction, file: string) => StorageErrorCode | null = () => null;
  steps = 0;
  /** Machines started so far. */
  boots = 0;
  private isUp = false;

  constructor(readonly random: SeededRandom) {}

  get hasCrashed(): boolean {
    return !this.isUp;
  }

  /** Starts a machine on the disk: its storage works until {@link kill} or {@link losePower}, or until its steps are used up. */
  boot(): Storage {
    this.boots += 1;
    this.isUp = true;
    return new MachineStorage(this, this.boots);
  }

  /** The process dies; what the system has in its cache stays. */
  kill(): void {
    this.isUp = false;
  }

  losePower(): void {
    this.isUp = false;
    this.tree.root.losePower(this.random);
  }

  isRunning(boot: number): boolean {
    return this.isUp && boot === this.boots;
  }

  /** For this module: the time that a call takes that does not block. */
  async turns(): Promise<void> {
    for (let turn = this.random.int(4); turn >= 0; turn--) await Promise.resolve();
  }

  /** For this module: passes, fails or is the machine's last. `lastWords` is what still happens of it. */
  step(boot: number, action: DiskAction, file: string, lastWords?: () => void): void {
    if (!this.isRunning(boot)) throw new StorageError('IO', `${file}: the machine is down`);
    this.steps += 1;
    this.stepsToLive -= 1;
    if (this.stepsToLive <= 0) {
      lastWords?.();
      this.isUp = false;
      throw new StorageError('IO', `${file}: the machine went down`);
    }
    const code = this.faultAt(action, file);
    if (code !== null) {
      if (action === 'append') lastWords?.();
      throw new StorageError(code, `${action} of ${file} failed as injected`);
    }
  }
}

/** A machine's view of the disk. */
class MachineStorage implements Storage {
  constructor(
    private readonly disk: SimulatedDisk,
    private readonly boot: number,
  ) {}

  open(file: string): StorageFile {
    this.disk.step(this.boot, 'open', file);
    const { tree } = this.disk;
    let inode = tree.file(file);
    if (inode === undefined) {
      const created = new DiskInode();
      tree.parentOf(file).change((names) => names.set(path.basename(file), created));
      inode = created;
    }
    return new MachineFile(file, inode, this.disk, this.boot);
  }

  readFile(file: string): Buffer | null {
    this.disk.step(this.boot, 'read', file);
    return this.disk.tree.file(file)?.bytes() ?? null;
  }

  writeFileAtomic(file: string, contents: Buffer): void {
    const temporary = `${file}.tmp`;
    this.remove(temporary);
    const handle = this.open(temporary);
    handle.append([contents]);
    handle.syncNow();
    this.rename(temporary, file);
    this.syncDirectory(path.dirname(file));
  }

  async writeFileAside(file: string, contents: Buffer): Promise<void> {
    this.remove(file);
    const handle = this.open(file);
    handle.append([contents]);
    await handle.sync();
  }

  createExclusive(file: string, contents: Buffer): boolean {
    if (this.exists(file)) return false;
    this.writeFileAtomic(file, contents);
    return true;
  }

  remove(file: string): void {
    this.disk.step(this.boot, 'remove', file);
    if (!this.exists(file)) return;
    this.disk.tree.parentOf(file).change((names) => names.delete(path.basename(file)));
  }

  removeDirectory(directory: string): void {
    for (const name of this.list(directory)) {
      const file = path.join(directory, name);
      if (this.disk.tree.find(file) instanceof DiskDirectory) this.removeDirectory(file);
      else this.remove(file);
    }
    this.remove(directory);
  }

  async removeDirectoryAside(directory: string): Promise<void> {
    await this.disk.turns();
    this.removeDirectory(directory);
  }

  rename(from: string, to: string): void {
    this.disk.step(this.boot, 'rename', from);
    const entry = this.disk.tree.find(from);
    if (entry === undefined) throw new StorageError('IO', `cannot rename ${from}: no such file`);
    this.disk.tree.parentOf(from).change((names) => {
      names.delete(path.basename(from));
      names.set(path.basename(to), entry);
    });
  }

  exists(file: string): boolean {
    return this.disk.tree.find(file) !== undefined;
  }

  makeDirectory(directory: string): void {
    if (this.disk.tree.find(directory) instanceof DiskDirectory) return;
    this.createDirectory(directory);
    this.syncDirectory(path.dirname(path.normalize(directory)));
  }

  createDirectory(directory: string): boolean {
    if (this.disk.tree.find(directory) instanceof DiskDirectory) return false;
    const parent = path.dirname(path.normalize(directory));
    this.makeDirectory(parent);
    this.disk.step(this.boot, 'mkdir', directory);
    const created = new DiskDirectory();
    this.disk.tree.directory(parent).change((names) => names.set(path.basename(directory), created));
    return true;
  }

  list(directory: string): string[] {
    this.disk.step(this.boot, 'read', directory);
    const entry = this.disk.tree.find(directory);
    return entry instanceof DiskDirectory ? [...entry.names.keys()].sort() : [];
  }

  space(): { readonly totalBytes: number; readonly usableBytes: number } {
    return { totalBytes: -1, usableBytes: -1 };
  }

  syncDirectory(directory: string): void {
    this.disk.step(this.boot, 'syncDirectory', directory);
    this.disk.tree.directory(directory).sync();
  }

  async syncDirectoryAside(directory: string): Promise<void> {
    this.disk.step(this.boot, 'syncDirectory', directory);
    const entry = this.disk.tree.directory(directory);
    const upTo = entry.changes;
    await this.disk.turns();
    this.disk.step(this.boot, 'synced', directory);
    entry.sync(upTo);
  }
}

class MachineFile implements StorageFile {
  private isClosed = false;

  constructor(
    readonly path: string,
    private readonly inode: DiskInode,
    private readonly disk: SimulatedDisk,
    private readonly boot: number,
  ) {}

  size(): number {
    return this.inode.size;
  }

  append(chunks: readonly Buffer[]): void {
    const bytes = Buffer.concat(chunks);
    const { random, capacityBytes, tree } = this.disk;
    const torn = () => this.inode.append(bytes.subarray(0, random.int(bytes.length + 1)));
    this.step('append', torn);
    const room = capacityBytes === Infinity ? Infinity : capacityBytes - tree.usedBytes();
    if (room < bytes.length) {
      this.inode.append(bytes.subarray(0, Math.max(0, room)));
      throw new StorageError('DISK_FULL', `${this.path}: the disk is full`);
    }
    this.inode.append(bytes);
  }

  readSync(target: Buffer, position: number): number {
    this.step('read');
    return this.inode.read(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.step('read');
    await this.disk.turns();
    return this.inode.read(target, position);
  }

  truncate(size: number): void {
    this.step('truncate');
    this.inode.truncate(size);
  }

  rewrite(from: number, to: number): void {
    this.step('append');
    this.inode.rewrite(from, to);
  }

  async sync(): Promise<void> {
    this.strikeSync();
    const ticket = this.inode.beginSync();
    await this.disk.turns();
    // Also if the file was closed meanwhile.
    this.disk.step(this.boot, 'synced', this.path);
    this.inode.finishSync(ticket);
  }

  syncNow(): void {
    this.strikeSync();
    this.inode.finishSync(this.inode.beginSync());
  }

  close(): void {
    this.isClosed = true;
  }

  private strikeSync(): void {
    try {
      this.step('sync');
    } catch (error) {
      if (this.disk.isRunning(this.boot)) this.inode.failSync(this.disk.random);
      throw error;
    }
  }

  private step(action: DiskAction, lastWords?: () => void): void {
    if (this.isClosed) throw new StorageError('IO', `${this.path} is closed`);
    this.disk.step(this.boot, action, this.path, lastWords);
  }
}
