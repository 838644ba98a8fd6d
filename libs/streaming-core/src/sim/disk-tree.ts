import path from 'node:path';
import type { SeededRandom } from '../ports/memory/seeded-random.js';
import { StorageError } from '../ports/storage.js';
import { DiskInode } from './disk-inode.js';

export type DiskEntry = DiskInode | DiskDirectory;
type Change = (names: Map<string, DiskEntry>) => void;

/** A directory: its names as the system shows them, and as the platter has them. Changes reach the platter in their order. */
export class DiskDirectory {
  names = new Map<string, DiskEntry>();
  private platter = new Map<string, DiskEntry>();
  private pending: Change[] = [];
  private onPlatter = 0;

  /** How many changes there have been. */
  get changes(): number {
    return this.onPlatter + this.pending.length;
  }

  change(change: Change): void {
    change(this.names);
    this.pending.push(change);
  }

  /** Brings the first `upTo` of all changes to the platter. */
  sync(upTo = this.changes): void {
    for (const change of this.pending.splice(0, Math.max(0, upTo - this.onPlatter))) {
      change(this.platter);
      this.onPlatter += 1;
    }
  }

  /** The power goes: some of the changes, the first of them, have reached the platter. */
  losePower(random: SeededRandom): void {
    const draw = random.next();
    const count = draw < 0.4 ? 0 : draw < 0.6 ? this.pending.length : random.int(this.pending.length + 1);
    this.sync(this.onPlatter + count);
    this.pending = [];
    this.names = new Map(this.platter);
    for (const entry of this.names.values()) entry.losePower(random);
  }

  *files(): Iterable<DiskInode> {
    for (const entry of this.names.values()) {
      if (entry instanceof DiskInode) yield entry;
      else yield* entry.files();
    }
  }
}

/** Entries by path below a root. */
export class DiskTree {
  readonly root = new DiskDirectory();

  find(file: string): DiskEntry | undefined {
    let entry: DiskEntry | undefined = this.root;
    for (const name of partsOf(file)) {
      if (!(entry instanceof DiskDirectory)) return undefined;
      entry = entry.names.get(name);
    }
    return entry;
  }

  file(file: string): DiskInode | undefined {
    const entry = this.find(file);
    if (entry instanceof DiskDirectory) throw new StorageError('IO', `${file} is a directory`);
    return entry;
  }

  directory(file: string): DiskDirectory {
    const entry = this.find(file);
    if (!(entry instanceof DiskDirectory)) throw new StorageError('IO', `${file}: no such directory`);
    return entry;
  }

  parentOf(file: string): DiskDirectory {
    return this.directory(path.dirname(path.normalize(file)));
  }

  usedBytes(): number {
    let used = 0;
    for (const { size } of this.root.files()) used += size;
    return used;
  }
}

const partsOf = (file: string) =>
  path
    .normalize(file)
    .split(path.sep)
    .filter((part) => part !== '' && part !== '.');
