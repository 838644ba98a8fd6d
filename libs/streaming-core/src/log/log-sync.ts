import { GroupSync } from './group-sync.js';
import { LogCheckpointer } from './log-checkpointer.js';
import { minOffset, type LogState } from './log-state.js';
import type { WriteGate } from './write-gate.js';

/** A checkpoint is due after so many bytes at the latest: recovery reads about as many in 50 ms. */
const CHECKPOINT_BYTES = 64 << 20;

/** Makes a log durable, and saves checkpoints on the way. */
export class LogSync {
  private readonly group = new GroupSync(() => this.syncSegments());

  private readonly checkpointer: LogCheckpointer;

  constructor(
    private readonly state: LogState,
    private readonly gate: WriteGate,
    private readonly strictDurability: boolean,
  ) {
    this.checkpointer = new LogCheckpointer(state);
  }

  /** What lies from here on is gone, or goes before the next write: it is never to be acknowledged. */
  get intactOffset(): bigint {
    const { endOffset } = this.state;
    return minOffset(endOffset, this.gate.cutDue ?? endOffset);
  }

  get isCheckpointing(): boolean {
    return this.checkpointer.isBusy;
  }

  /** Resolves when no checkpoint is being saved. */
  checkpointed(): Promise<void> {
    return this.checkpointer.idle();
  }

  /** See {@link PartitionLog.sync}. */
  request(): Promise<void> {
    return this.group.request();
  }

  private async syncSegments(): Promise<void> {
    const { state, intactOffset: end } = this;
    const { cuts, active } = state;
    const isCutDue = end < state.endOffset;
    const sealed = [...state.unsynced];
    const isCheckpointDue = state.isCheckpointDue || state.uncheckedBytes >= CHECKPOINT_BYTES;
    if (end === state.durableOffset && (isCutDue || !isCheckpointDue)) return;
    const checkpoint = isCheckpointDue && !isCutDue ? this.checkpointer.draft() : null;
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
    if (checkpoint !== null) this.checkpointer.save(checkpoint);
  }
}
