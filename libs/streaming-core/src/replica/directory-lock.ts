import path from 'node:path';
import type { HostProcess } from '../ports/process.js';
import type { Storage } from '../ports/storage.js';

const FILE = '.lock';

/** Another live process, or another broker in this one, has the data directory. */
export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';
  constructor(
    readonly directory: string,
    readonly pid: number,
  ) {
    super(
      `${directory} is in use by process ${pid}. Stop that process, or choose another data directory; two brokers cannot share one.`,
    );
  }
}

/**
 * Keeps two brokers out of one directory with a file that names the holder. What a dead process left behind heals itself:
 * the file says which process held it, not only its pid, so that a stranger with the same pid is not taken for it.
 */
export class DirectoryLock {
  private readonly file: string;

  private constructor(
    private readonly storage: Storage,
    private readonly directory: string,
    private readonly process: HostProcess,
  ) {
    this.file = path.join(directory, FILE);
  }

  /** @throws DirectoryInUseError */
  static take(storage: Storage, directory: string, process: HostProcess): DirectoryLock {
    const lock = new DirectoryLock(storage, directory, process);
    lock.acquire();
    return lock;
  }

  release(): void {
    this.storage.remove(this.file);
  }

  private acquire(): void {
    const mine = Buffer.from(`${this.process.pid} ${this.process.identityOf(this.process.pid) ?? ''}\n`);
    if (this.storage.createExclusive(this.file, mine)) return;
    const found = this.storage.readFile(this.file);
    if (found !== null) {
      this.assertDead(found);
      this.moveAside(found);
    }
    if (!this.storage.createExclusive(this.file, mine)) this.assertDead(this.storage.readFile(this.file) ?? mine);
  }

  private assertDead(holder: Buffer): void {
    const [pid, identity] = holder.toString().trimEnd().split(' ');
    if (this.process.identityOf(Number(pid)) === identity) throw new DirectoryInUseError(this.directory, Number(pid));
  }

  /** Renaming is atomic: of two that heal at a time, one finds that it moved the other's new lock and puts it back. */
  private moveAside(stale: Buffer): void {
    const aside = `${this.file}.${this.process.pid}`;
    this.storage.rename(this.file, aside);
    const moved = this.storage.readFile(aside);
    if (moved !== null && !moved.equals(stale)) {
      this.storage.rename(aside, this.file);
      this.assertDead(moved);
    }
    this.storage.remove(aside);
  }
}
