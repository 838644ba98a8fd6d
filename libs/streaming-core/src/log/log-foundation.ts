import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import { GroupSync } from './group-sync.js';

/** Where an epoch's records begin. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: bigint;
}

/** Who knows a log's leader epochs. */
export interface EpochKeeper {
  /** Whether all epochs that were begun are on stable storage. */
  readonly isDurable: boolean;
  /** Recovery found records of these epochs: durable on return, for they count as written from then on. */
  found(epochs: readonly EpochStart[]): void;
  /** Writes the epochs; their file's name may be in the cache still. */
  persist(): Promise<void>;
}

interface FoundationOptions {
  readonly storage: Storage;
  readonly directory: string;
  /** Syncs the parent, for all logs in it at once. */
  readonly parentSync?: GroupSync | undefined;
  readonly epochs?: EpochKeeper | undefined;
}

/**
 * What must be on stable storage before anything written to a log counts: the name of its directory, the names in it, and the
 * leader epoch. It is laid without blocking when the log is first written to, not when it is opened: a thousand logs
 * in which nothing is written cost no sync.
 */
export class LogFoundation {
  private readonly parentSync: GroupSync;
  private laying: Promise<void> | null = null;
  private namesAreDurable = false;

  constructor(private readonly options: FoundationOptions) {
    const { storage, directory, parentSync } = options;
    this.parentSync = parentSync ?? new GroupSync(() => storage.syncDirectoryAside(path.dirname(directory)));
  }

  get isLaid(): boolean {
    return this.namesAreDurable && (this.options.epochs?.isDurable ?? true);
  }

  /** Resolves when it is laid; tried again by the next call if it rejects, with StorageError. */
  lay(): Promise<void> {
    if (this.isLaid) return Promise.resolve();
    this.laying ??= this.run().finally(() => (this.laying = null));
    return this.laying;
  }

  private async run(): Promise<void> {
    const { storage, directory, epochs } = this.options;
    this.namesAreDurable = false;
    await epochs?.persist();
    await Promise.all([storage.syncDirectoryAside(directory), this.parentSync.request()]);
    this.namesAreDurable = true;
  }
}
