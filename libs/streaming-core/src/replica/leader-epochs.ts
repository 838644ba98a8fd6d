import path from 'node:path';
import type { Storage } from '../ports/storage.js';
import { PartitionError } from './partition-errors.js';

export interface EpochEntry {
  readonly epoch: number;
  /** First offset written in the epoch, or the log's end when it began if nothing was. */
  readonly startOffset: bigint;
}

export interface EpochEnd {
  /** -1 if the epoch asked for is not known. */
  readonly epoch: number;
  /** The offset after the epoch's last record; -1 if not known. */
  readonly endOffset: bigint;
}

const FILE = 'leader-epoch-checkpoint';
const UNKNOWN: EpochEnd = { epoch: -1, endOffset: -1n };

/**
 * Where each leader epoch of a partition begins, durably, in Kafka's own file format. An epoch is written here before
 * anything is acknowledged in it. The start of an epoch takes no offset in the log.
 */
export class LeaderEpochs {
  private entries: EpochEntry[];
  private readonly file: string;

  constructor(
    private readonly storage: Storage,
    directory: string,
  ) {
    this.file = path.join(directory, FILE);
    this.entries = parse(this.file, storage.readFile(this.file));
  }

  get all(): readonly EpochEntry[] {
    return this.entries;
  }

  /** The newest epoch, or -1. */
  get latest(): number {
    return this.entries.at(-1)?.epoch ?? -1;
  }

  /** Begins an epoch; durable on return. An epoch in which nothing was written gives way to the next. */
  begin(epoch: number, startOffset: bigint): void {
    if (epoch <= this.latest) return;
    this.save([...this.entries.filter((entry) => entry.startOffset < startOffset), { epoch, startOffset }]);
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

  private save(entries: EpochEntry[]): void {
    const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`).join('');
    this.storage.writeFileAtomic(this.file, Buffer.from(`0\n${entries.length}\n${lines}`));
    this.entries = entries;
  }
}

/** Line 1: version 0. Line 2: how many entries. Then one `epoch startOffset` a line. */
function parse(file: string, bytes: Buffer | null): EpochEntry[] {
  if (bytes === null) return [];
  const [version, count, ...lines] = bytes.toString().trimEnd().split('\n');
  const entries = lines.map((line) => /^(\d+) (\d+)$/.exec(line));
  if (version !== '0' || Number(count) !== entries.length || entries.includes(null)) {
    throw new PartitionError('KAFKA_STORAGE_ERROR', `${file} is damaged`);
  }
  return entries.map((match) => ({ epoch: Number(match![1]), startOffset: BigInt(match![2]!) }));
}
