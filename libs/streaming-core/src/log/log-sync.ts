import { GroupSync } from './group-sync.js';
import { LogCheckpointer } from './log-checkpointer.js';
import type { LogFoundation } from './log-foundation.js';
import { minOffset, type LogState } from './log-state.js';
import type { Segment } from './segment.js';
import type { WriteGate } from './write-gate.js';

/** A checkpoint is due after so many bytes at the latest: recovery reads about as many in 50 ms. */
const CHECKPOINT_BYTES = 64 << 20;

/** Makes a log durable, and saves checkpoints on the way. */
export class LogSync {
  private readonly group = new GroupSync(() => this.syncSegments());
  private preparing: Promise<void> | null = null;
  private readonly checkpointer: LogCheckpointer;

  constructor(
    private readonly state: LogState,
    private readonly gate: WriteGate,
    private readonly foundation: LogFoundation,
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

  /** See {@link PartitionLog.prepare}. */
  prepare(): Promise<void> {
    this.preparing ??= this.layFoundation().finally(() => (this.preparing = null));
    return this.preparing;
  }

  private async layFoundation(): Promise<void> {
    try {
      await this.foundation.lay();
    } catch (error) {
      this.fail(error);
    }
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
      await this.syncFiles(sealed, active, end > state.durableOffset);
    } catch (error) {
      this.fail(error);
    }
    if (state.isClosed) return;
    // A cut overtook this sync. What it left is waited for still.
    if (cuts !== state.cuts || this.intactOffset < end) return this.syncSegments();
    state.durableOffset = end;
    for (const segment of sealed) if (segment !== state.active) segment.release();
    state.unsynced = state.unsynced.filter((segment) => !sealed.includes(segment));
    if (checkpoint !== null) this.checkpointer.save(checkpoint);
  }

  private async syncFiles(sealed: readonly Segment[], active: Segment, isWritten: boolean): Promise<void> {
    const laid = isWritten ? this.foundation.lay() : Promise.resolve();
    // It is waited for below, unless a segment fails first.
    laid.catch(() => undefined);
    // Retention may drop a segment while the one before it is being synced.
    for (const segment of sealed) if (!segment.isGone) await segment.file.sync();
    await active.file.sync();
    await laid;
  }

  private fail(error: unknown): void {
    const { state } = this;
    if (state.isClosed) return;
    // Without a foundation nothing has been acknowledged since the log was opened.
    const keepsAll = !this.strictDurability && this.foundation.isLaid;
    throw this.gate.fail(error, keepsAll ? state.endOffset : state.durableOffset);
  }
}
