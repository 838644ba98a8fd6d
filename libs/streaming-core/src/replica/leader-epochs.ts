import path from 'node:path';
import type { EpochKeeper, EpochStart } from '../log/log-foundation.js';
import type { Storage } from '../ports/storage.js';
import { PartitionError } from './partition-errors.js';

export interface EpochEnd {
  /** -1 if the epoch asked for is not known. */
  readonly epoch: number;
  /** The offset after the epoch's last record; -1 if not known. */
  readonly endOffset: bigint;
}

const FILE = 'leader-epoch-checkpoint';
const ASIDE_SUFFIX = '.aside.tmp';
const UNKNOWN: EpochEnd = { epoch: -1, endOffset: -1n };

/**
 * Where each leader epoch of a partition begins, in Kafka's own file format; `startOffset` is the log's end when it began. An
 * epoch is durable here before anything is acknowledged in it, and no sooner: one in which nothing was written may come
 * again after a restart. The start of an epoch takes no offset in the log.
 */
export class LeaderEpochs implements EpochKeeper {
  private entries: readonly EpochStart[];
  private durable: readonly EpochStart[];
  private isClosed = false;
  private readonly file: string;

  constructor(
    private readonly storage: Storage,
    directory: string,
  ) {
    this.file = path.join(directory, FILE);
    this.entries = parse(this.file, storage.readFile(this.file));
    this.durable = this.entries;
  }

  get isDurable(): boolean {
    return this.entries === this.durable;
  }

  get all(): readonly EpochStart[] {
    return this.entries;
  }

  /** The newest epoch, or -1. */
  get latest(): number {
    return this.entries.at(-1)?.epoch ?? -1;
  }

  /** Begins an epoch, in memory until {@link persist}. An epoch in which nothing was written gives way to the next. */
  begin(epoch: number, startOffset: bigint): void {
    if (epoch <= this.latest) return;
    this.entries = [...this.entries.filter((entry) => entry.startOffset < startOffset), { epoch, startOffset }];
  }

  found(epochs: readonly EpochStart[]): void {
    for (const { epoch, startOffset } of epochs) this.begin(epoch, startOffset);
    if (!this.isDurable) this.save(this.entries);
  }

  async persist(): Promise<void> {
    const aside = this.file + ASIDE_SUFFIX;
    while (!this.isDurable && !this.isClosed) {
      const { entries } = this;
      this.storage.remove(aside);
      const file = this.storage.open(aside);
      try {
        file.append([encode(entries)]);
        await file.sync();
      } finally {
        file.close();
      }
      // Closed, or written in another way meanwhile: the name is not ours any more, or the file is old.
      if (!this.isToBeWritten(entries)) continue;
      this.storage.rename(aside, this.file);
      this.durable = entries;
    }
  }

  /** Writes nothing any more: the directory goes. */
  close(): void {
    this.isClosed = true;
  }

  /** Forgets epochs that begin at or after an offset that was cut off. */
  truncateTo(endOffset: bigint): void {
    const kept = this.entries.filter(({ startOffset }) => startOffset < endOffset);
    if (kept.length < this.entries.length) this.save(kept);
  }

  /** Forgets epochs that end before the log's new start. */
  advanceStart(startOffset: bigint): void {
    const first = this.entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (first > 0) this.save(this.entries.slice(first));
  }

  /** The largest epoch not above the one asked for and where it ends: what OffsetForLeaderEpoch answers. */
  endOf(epoch: number, logEndOffset: bigint): EpochEnd {
    if (epoch < 0 || epoch > this.latest) return UNKNOWN;
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset };
    const next = this.entries.findIndex((entry) => entry.epoch > epoch);
    const floor = this.entries[next - 1];
    return { epoch: floor?.epoch ?? epoch, endOffset: this.entries[next]!.startOffset };
  }

  private isToBeWritten(entries: readonly EpochStart[]): boolean {
    return !this.isClosed && !this.isDurable && entries === this.entries;
  }

  private save(entries: readonly EpochStart[]): void {
    this.storage.writeFileAtomic(this.file, encode(entries));
    this.entries = entries;
    this.durable = entries;
  }
}

function encode(entries: readonly EpochStart[]): Buffer {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`).join('');
  return Buffer.from(`0\n${entries.length}\n${lines}`);
}

/** Line 1: version 0. Line 2: how many entries. Then one `epoch startOffset` a line. */
function parse(file: string, bytes: Buffer | null): EpochStart[] {
  if (bytes === null) return [];
  const [version, count, ...lines] = bytes.toString().trimEnd().split('\n');
  const entries = lines.map((line) => /^(\d+) (\d+)$/.exec(line));
  if (version !== '0' || Number(count) !== entries.length || entries.includes(null)) {
    throw new PartitionError('KAFKA_STORAGE_ERROR', `${file} is damaged`);
  }
  return entries.map((match) => ({ epoch: Number(match![1]), startOffset: BigInt(match![2]!) }));
}
