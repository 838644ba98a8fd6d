import { StorageError } from '../ports/storage.js';
import { GroupSync } from './group-sync.js';
import { minOffset, type LogState } from './log-state.js';
import type { WriteGate } from './write-gate.js';

/** Makes a log durable, and saves checkpoints on the way. */
export class LogSync {
  private readonly group = new GroupSync(() => this.syncSegments());

  constructor(
    private readonly state: LogState,
    private readonly gate: WriteGate,
    private readonly strictDurability: boolean,
  ) {}

  /** What lies from here on is gone, or goes before the next write: it is never to be acknowledged. */
  get intactOffset(): bigint {
    const { endOffset } = this.state;
    return minOffset(endOffset, this.gate.cutDue ?? endOffset);
  }

  /** See {@link PartitionLog.sync}. */
  request(): Promise<void> {
    return this.group.request();
  }

  private async syncSegments(): Promise<void> {
    const { state, intactOffset: end } = this;
    const { cuts, active } = state;
    const isCutDue = end < state.endOffset;
    const position = active.size;
    const sealed = [...state.unsynced];
    if (end === state.durableOffset && (isCutDue || !state.isCheckpointDue)) return;
    try {
      // Retention may drop a segment while the one before it is being synced.
      for (const segment of sealed) if (!segment.isGone) await segment.file.sync();
      await active.file.sync();
    } catch (error) {
      if (state.isClosed) return;
      throw this.gate.fail(error, this.strictDurability ? state.durableOffset : state.endOffset);
    }
    if (state.isClosed) return;
    // A cut overtook this sync. What it left is waited for still.
    if (cuts !== state.cuts || this.intactOffset < end) return this.syncSegments();
    state.durableOffset = end;
    for (const segment of sealed) if (segment !== state.active) segment.release();
    state.unsynced = state.unsynced.filter((segment) => !sealed.includes(segment));
    if (state.isCheckpointDue && !isCutDue && active === state.active) this.saveCheckpoint(end, position);
  }

  private saveCheckpoint(end: bigint, position: number): void {
    const { state } = this;
    state.isCheckpointDue = false;
    try {
      state.active.saveIndexes();
      if (end === state.endOffset) state.ledger.save(state.place, end);
      state.storeCheckpoint(end, position);
    } catch (error) {
      // The records are durable without it: recovery will scan more. The next sync tries again.
      if (!(error instanceof StorageError)) throw error;
      state.isCheckpointDue = true;
    }
  }
}
