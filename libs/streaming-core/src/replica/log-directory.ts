import path from 'node:path';
import { FileHandles } from '../log/file-handles.js';
import { GroupSync } from '../log/group-sync.js';
import { ReadBuffers } from '../log/read-buffers.js';
import type { LogConfig } from '../log/log-config.js';
import { PartitionLog } from '../log/partition-log.js';
import { DEFAULT_PRODUCER_LIMITS } from '../log/producer-state.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { HostProcess } from '../ports/process.js';
import type { Random } from '../ports/random.js';
import { StorageError, type Storage } from '../ports/storage.js';
import { markCleanShutdown, takeCleanShutdown } from './clean-shutdown.js';
import { DirectoryLock } from './directory-lock.js';
import { DirectoryRemover } from './directory-remover.js';
import { LeaderEpochs } from './leader-epochs.js';
import { MetaPropertiesError, readMetaProperties, writeMetaProperties } from './meta-properties.js';
import { Partition, type FlushPolicy } from './partition.js';

export interface LogDirectoryOptions {
  readonly directory: string;
  readonly nodeId: number;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly process: HostProcess;
  /** Default fsync. */
  readonly flush?: FlushPolicy;
  /** Time between two rounds of retention, compaction and checkpoints. Default 15 s. */
  readonly maintenanceIntervalMs?: number;
  /** An idempotent producer that wrote nothing for so long is forgotten. Default: a day. */
  readonly producerExpirationMs?: number;
  /** Told of what went wrong in the background, and of bytes that recovery had to cut. */
  readonly onEvent?: (event: LogDirectoryEvent) => void;
}

export type LogDirectoryEvent =
  | {
      readonly kind: 'recovered';
      readonly partition: string;
      readonly cutBytes: number;
      readonly setAside: string | null;
    }
  | { readonly kind: 'maintenance-failed'; readonly partition: string; readonly error: unknown }
  /** What is left of a deleted partition takes room until the next start, which tries again. */
  | { readonly kind: 'removal-failed'; readonly directory: string; readonly error: unknown };

const DELETED_SUFFIX = '.deleted';
const MAINTENANCE_INTERVAL_MS = 15_000;

/**
 * A broker's data directory: takes the lock, keeps `meta.properties`, opens and deletes partitions, and looks after them in
 * the background. Which topics there are is for its owner to know.
 */
export class LogDirectory {
  readonly clusterId: string;
  private readonly lock: DirectoryLock;
  /** For whoever sends what was read: to give the memory back. */
  readonly readBuffers = new ReadBuffers();
  private readonly handles: FileHandles;
  private readonly partitions = new Map<string, Partition>();
  private readonly flush: FlushPolicy;
  private readonly remover: DirectoryRemover;
  private readonly parentSync: GroupSync;
  private readonly wasClosed: boolean;
  private timers: Timer[] = [];
  private closed = false;

  /**
   * Locks the directory (created if it is missing) and goes on with deletions that were interrupted.
   * @throws DirectoryInUseError, MetaPropertiesError, StorageError
   */
  constructor(private readonly options: LogDirectoryOptions) {
    const { storage, directory } = options;
    this.flush = options.flush ?? { mode: 'fsync' };
    this.handles = new FileHandles(storage);
    storage.makeDirectory(directory);
    syncParent(storage, directory);
    this.parentSync = new GroupSync(() => storage.syncDirectoryAside(directory));
    this.remover = new DirectoryRemover(storage, (doomed, error) => {
      if (!this.closed) options.onEvent?.({ kind: 'removal-failed', directory: doomed, error });
    });
    this.lock = DirectoryLock.take(storage, directory, options.process);
    try {
      this.clusterId = this.identify();
      this.wasClosed = takeCleanShutdown(storage, directory);
      storage.syncDirectory(directory);
      for (const name of storage.list(directory)) {
        if (name.endsWith(DELETED_SUFFIX)) this.remover.add(path.join(directory, name));
      }
    } catch (error) {
      this.lock.release();
      throw error;
    }
    this.every(options.maintenanceIntervalMs ?? MAINTENANCE_INTERVAL_MS, () => this.maintain());
    if (this.flush.mode === 'interval') this.every(this.flush.intervalMs, () => this.flushAll());
  }

  /**
   * Opens a partition, recovers it, and takes the lead in a new epoch; creates it if it is missing. That it is there is durable
   * before anything in it is acknowledged, not on return: its owner knows which partitions there are.
   * @throws CorruptLogError, StorageError
   */
  open(topic: string, index: number, config: LogConfig): Partition {
    const name = `${topic}-${index}`;
    const present = this.partitions.get(name);
    if (present !== undefined) return present;
    const { storage, clock, nodeId } = this.options;
    const directory = path.join(this.options.directory, name);
    const strictDurability = this.flush.mode === 'fsync';
    const epochs = new LeaderEpochs(storage, directory);
    const log = new PartitionLog({
      storage,
      clock,
      handles: this.handles,
      readBuffers: this.readBuffers,
      directory,
      config,
      strictDurability,
      epochs,
      parentSync: this.parentSync,
      wasClosed: this.wasClosed,
      // A disk that was writing when the power went may have written later pages and not earlier ones.
      damagePolicy: 'set-aside',
      producerLimits: {
        ...DEFAULT_PRODUCER_LIMITS,
        ...(this.options.producerExpirationMs !== undefined && { expirationMs: this.options.producerExpirationMs }),
      },
    });
    const { cutBytes, setAside } = log.recovery;
    if (cutBytes > 0) this.options.onEvent?.({ kind: 'recovered', partition: name, cutBytes, setAside });
    const partition = new Partition({ topic, index, nodeId, log, epochs, flush: this.flush, clock });
    this.partitions.set(name, partition);
    return partition;
  }

  /**
   * Deletes the partitions of a topic from index `from` up to, not including, `to`; those that there are. Durable on return; their
   * files go in the background, or after the next start.
   */
  remove(topic: string, from: number, to: number): void {
    const { storage, directory, random } = this.options;
    const doomed: string[] = [];
    for (let index = from; index < to; index++) {
      const name = `${topic}-${index}`;
      this.partitions.get(name)?.abandon();
      this.partitions.delete(name);
      if (!storage.exists(path.join(directory, name))) continue;
      const target = path.join(directory, `${name}.${random.bytes(8).toString('hex')}${DELETED_SUFFIX}`);
      storage.rename(path.join(directory, name), target);
      doomed.push(target);
    }
    // Also if none was found: a deletion that failed before this may have renamed them.
    storage.syncDirectory(directory);
    for (const target of doomed) this.remover.add(target);
  }

  /** One round of upkeep over all partitions. Failures go to `onEvent`; the other partitions go on. */
  async maintain(): Promise<void> {
    await this.forEach((partition) => partition.maintain(this.options.clock.nowMs()));
  }

  /** Saves and closes everything and releases the lock. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    const partitions = [...this.partitions.values()];
    const ends = await Promise.allSettled(partitions.map((partition) => partition.close()));
    await this.remover.stop();
    this.handles.closeAll();
    this.markClean(partitions, ends);
    this.lock.release();
  }

  /** Lets go of everything and saves nothing, as a crash would. For tests. */
  abandon(): void {
    if (this.closed) return;
    this.closed = true;
    void this.remover.stop();
    for (const timer of this.timers) timer.cancel();
    for (const partition of this.partitions.values()) partition.abandon();
    this.handles.closeAll();
    this.lock.release();
  }

  private identify(): string {
    const { storage, directory, nodeId, random } = this.options;
    const found = readMetaProperties(storage, directory);
    if (found === null) {
      const clusterId = random.bytes(16).toString('base64url');
      writeMetaProperties(storage, directory, { clusterId, nodeId });
      return clusterId;
    }
    if (found.nodeId !== nodeId) {
      throw new MetaPropertiesError(`${directory} belongs to node ${found.nodeId}, this is node ${nodeId}`);
    }
    return found.clusterId;
  }

  private markClean(partitions: readonly Partition[], ends: readonly PromiseSettledResult<void>[]): void {
    const { storage, directory } = this.options;
    if (!partitions.every((partition, i) => partition.isWritable && ends[i]!.status === 'fulfilled')) return;
    try {
      markCleanShutdown(storage, directory);
    } catch (error) {
      // The next start does what it does after a crash.
      if (!(error instanceof StorageError)) throw error;
    }
  }

  private async flushAll(): Promise<void> {
    await this.forEach((partition) => partition.flush());
  }

  private async forEach(action: (partition: Partition) => Promise<void>): Promise<void> {
    for (const partition of [...this.partitions.values()]) {
      try {
        await action(partition);
      } catch (error) {
        const name = `${partition.topic}-${partition.index}`;
        this.options.onEvent?.({ kind: 'maintenance-failed', partition: name, error });
      }
    }
  }

  private every(intervalMs: number, action: () => Promise<void>): void {
    const slot = this.timers.length;
    const next = () => {
      if (this.closed) return;
      this.timers[slot] = this.options.clock.schedule(intervalMs, () => void action().finally(next));
    };
    next();
  }
}

/** A process that died while it made the directory may have left its name in the cache alone. */
function syncParent(storage: Storage, directory: string): void {
  try {
    storage.syncDirectory(path.dirname(path.resolve(directory)));
  } catch (error) {
    // Whoever may not look into the parent has not made the directory.
    if (!(error instanceof StorageError) || error.code !== 'PERMISSION') throw error;
  }
}
