import { epochsUpTo, positionBefore, type EpochStart, type Position } from '../../raft/raft-log.js';
import type { EntryBatch } from '../../raft/raft-messages.js';
import type { Recovered } from '../../raft/raft.js';
import type { Memberships, ReplicaId } from '../../raft/raft-types.js';

/**
 * What one replica has on its disk. Small files are durable at once; records after a sync. Power loss takes the records that were not
 * synced, or a part of them.
 */
export class RaftDisk {
  vote: { readonly epoch: number; readonly votedFor: ReplicaId | null } = { epoch: -1, votedFor: null };
  epochs: readonly EpochStart[] = [];
  start: Position = { epoch: -1, offset: 0n };
  highWatermark = 0n;
  batches: EntryBatch[] = [];
  durableOffset = 0n;
  private beforeCut: EntryBatch[] | null = null;
  private syncingUpTo: bigint | null = null;

  constructor(public memberships: Memberships | null) {}

  get endOffset(): bigint {
    return this.batches.at(-1)?.endOffset ?? this.start.offset;
  }

  get isSyncing(): boolean {
    return this.syncingUpTo !== null;
  }

  append(batches: readonly EntryBatch[]): void {
    this.batches.push(...batches);
  }

  /** @param isVolatile that power loss may undo it: not what the contract asks for */
  truncate(endOffset: bigint, isVolatile = false): void {
    if (isVolatile) this.beforeCut ??= [...this.batches];
    while ((this.batches.at(-1)?.endOffset ?? 0n) > endOffset) this.batches.pop();
    if (this.durableOffset > endOffset) this.durableOffset = endOffset;
    // What is written from here on is not part of the sync that is under way.
    if (this.syncingUpTo !== null && this.syncingUpTo > endOffset) this.syncingUpTo = endOffset;
  }

  install(position: Position): void {
    this.batches = [];
    this.start = position;
    this.durableOffset = position.offset;
    this.syncingUpTo = null;
  }

  beginSync(): void {
    this.syncingUpTo = this.endOffset;
  }

  /** The end of the sync that was begun. A failed one takes back all that is not durable. */
  endSync(isFailed: boolean): void {
    const upTo = this.syncingUpTo;
    this.syncingUpTo = null;
    this.beforeCut = null;
    if (isFailed) this.truncate(this.durableOffset);
    else if (upTo !== null && upTo > this.durableOffset) this.durableOffset = upTo;
  }

  dropBefore(offset: bigint, start: Position): void {
    this.batches = this.batches.filter((batch) => batch.endOffset > offset);
    this.start = start;
  }

  /** Power is lost: of what was not synced, `keep` batches happen to have reached the disk. */
  crash(keep: number): void {
    this.syncingUpTo = null;
    if (this.beforeCut !== null) {
      this.batches = this.beforeCut;
      this.durableOffset = this.endOffset;
      this.beforeCut = null;
    }
    const durable = this.batches.filter(({ endOffset }) => endOffset <= this.durableOffset).length;
    this.batches.length = Math.min(this.batches.length, durable + keep);
    this.durableOffset = this.endOffset;
  }

  recover(): Recovered {
    const { vote, epochs, memberships, start, endOffset, highWatermark } = this;
    return { ...vote, epochs, memberships, logStart: start, endOffset, highWatermark };
  }

  /** Batches from an offset on, or null if they are gone. */
  read(fromOffset: bigint, maxBytes: number): readonly EntryBatch[] | null {
    if (fromOffset < this.start.offset) return null;
    const first = this.batches.findIndex(({ baseOffset }) => baseOffset >= fromOffset);
    if (first < 0) return [];
    const found: EntryBatch[] = [];
    let sizeBytes = 0;
    for (let i = first; i < this.batches.length; i++) {
      const batch = this.batches[i]!;
      sizeBytes += batch.records.length;
      if (found.length > 0 && sizeBytes > maxBytes) break;
      found.push(batch);
    }
    return found;
  }

  /** What the epochs and records on the disk say of an offset. */
  positionBefore(offset: bigint): Position {
    const { start, endOffset, durableOffset, epochs } = this;
    return positionBefore({ start, endOffset, durableOffset, epochs: epochsUpTo(epochs, endOffset) }, offset);
  }
}
