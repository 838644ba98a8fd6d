import type { Clock } from '../../ports/clock.js';
import type { Storage, StorageFile } from '../../ports/storage.js';
import type { Histogram } from './histogram.js';

type MonotonicClock = Pick<Clock, 'monotonicMs'>;

/** A storage that notes how long each sync of a file takes, in seconds. All else goes through as it is. */
export class TimedStorage implements Storage {
  readonly readFile: Storage['readFile'];
  readonly writeFileAtomic: Storage['writeFileAtomic'];
  readonly writeFileAside: Storage['writeFileAside'];
  readonly createExclusive: Storage['createExclusive'];
  readonly remove: Storage['remove'];
  readonly removeDirectory: Storage['removeDirectory'];
  readonly removeDirectoryAside: Storage['removeDirectoryAside'];
  readonly rename: Storage['rename'];
  readonly exists: Storage['exists'];
  readonly makeDirectory: Storage['makeDirectory'];
  readonly createDirectory: Storage['createDirectory'];
  readonly list: Storage['list'];
  readonly space: Storage['space'];
  readonly syncDirectory: Storage['syncDirectory'];
  readonly syncDirectoryAside: Storage['syncDirectoryAside'];

  constructor(
    private readonly storage: Storage,
    private readonly clock: MonotonicClock,
    private readonly syncSeconds: Histogram,
  ) {
    this.readFile = (path) => storage.readFile(path);
    this.writeFileAtomic = (path, contents, options) => storage.writeFileAtomic(path, contents, options);
    this.writeFileAside = (path, contents) => storage.writeFileAside(path, contents);
    this.createExclusive = (path, contents) => storage.createExclusive(path, contents);
    this.remove = (path) => storage.remove(path);
    this.removeDirectory = (path) => storage.removeDirectory(path);
    this.removeDirectoryAside = (path) => storage.removeDirectoryAside(path);
    this.rename = (from, to) => storage.rename(from, to);
    this.exists = (path) => storage.exists(path);
    this.makeDirectory = (path) => storage.makeDirectory(path);
    this.createDirectory = (path) => storage.createDirectory(path);
    this.list = (path) => storage.list(path);
    this.space = (path) => storage.space(path);
    this.syncDirectory = (path) => storage.syncDirectory(path);
    this.syncDirectoryAside = (path) => storage.syncDirectoryAside(path);
  }

  open(path: string): StorageFile {
    return new TimedFile(this.storage.open(path), this.clock, this.syncSeconds);
  }
}

class TimedFile implements StorageFile {
  readonly path: string;

  constructor(
    private readonly file: StorageFile,
    private readonly clock: MonotonicClock,
    private readonly syncSeconds: Histogram,
  ) {
    this.path = file.path;
  }

  size(): number {
    return this.file.size();
  }

  append(chunks: readonly Buffer[]): void {
    this.file.append(chunks);
  }

  readSync(target: Buffer, position: number): number {
    return this.file.readSync(target, position);
  }

  read(target: Buffer, position: number): Promise<number> {
    return this.file.read(target, position);
  }

  truncate(size: number): void {
    this.file.truncate(size);
  }

  rewrite(from: number, to: number): void {
    this.file.rewrite(from, to);
  }

  async sync(): Promise<void> {
    const startedMs = this.clock.monotonicMs();
    await this.file.sync();
    this.#note(startedMs);
  }

  syncNow(): void {
    const startedMs = this.clock.monotonicMs();
    this.file.syncNow();
    this.#note(startedMs);
  }

  close(): void {
    this.file.close();
  }

  #note(startedMs: number): void {
    this.syncSeconds.observe((this.clock.monotonicMs() - startedMs) / 1_000);
  }
}
