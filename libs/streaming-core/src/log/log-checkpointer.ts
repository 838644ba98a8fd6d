import { StorageError } from '../ports/storage.js';
import { checkpointPath, encodeCheckpoint } from './log-checkpoint.js';
import type { LogState } from './log-state.js';
import type { Segment } from './segment.js';

interface FileDraft {
  readonly path: string;
  readonly contents: Buffer;
}

/** What a checkpoint is to say, taken at the moment to which it belongs. */
export interface CheckpointDraft {
  readonly cuts: number;
  readonly endOffset: bigint;
  readonly position: number;
  readonly segment: Segment;
  readonly bytes: number;
  readonly snapshot: FileDraft;
}

const ASIDE_SUFFIX = '.aside.tmp';

/**
 * Saves checkpoints in the background, so that recovery has little to read also where a log is never at rest. The files are
 * written aside without holding up appends, then renamed, unless the log was cut or rolled meanwhile.
 */
export class LogCheckpointer {
  private running: Promise<void> | null = null;

  constructor(private readonly state: LogState) {}

  get isBusy(): boolean {
    return this.running !== null;
  }

  /** Before a sync: what may be saved when it has succeeded. Null while another is being saved. */
  draft(): CheckpointDraft | null {
    if (this.running !== null) return null;
    const { state } = this;
    return {
      cuts: state.cuts,
      endOffset: state.endOffset,
      position: state.active.size,
      segment: state.active,
      bytes: state.uncheckedBytes,
      snapshot: state.ledger.encode(state.place, state.endOffset),
    };
  }

  /** All before the draft's end is durable: begins to save it. */
  save(draft: CheckpointDraft): void {
    if (this.running !== null || !this.isCurrent(draft)) return;
    this.state.isCheckpointDue = false;
    this.running = this.write(draft)
      .catch((error: unknown) => {
        // The records are durable without it: recovery will read more. The next sync tries again.
        if (!(error instanceof StorageError)) throw error;
        this.state.isCheckpointDue = true;
      })
      .finally(() => (this.running = null));
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private async write(draft: CheckpointDraft): Promise<void> {
    const { state } = this;
    const { storage, directory } = state.place;
    const files = [...draft.segment.encodeIndexes(), draft.snapshot];
    for (const { path, contents } of files) await storage.writeFileAside(path + ASIDE_SUFFIX, contents);
    if (!this.isCurrent(draft)) {
      this.giveUp();
      return;
    }
    const checkpoint = {
      path: checkpointPath(directory),
      contents: encodeCheckpoint(state.checkpointAt(draft.endOffset, draft.position)),
    };
    const { startOffset, cleanedOffset } = state;
    await storage.writeFileAside(checkpoint.path + ASIDE_SUFFIX, checkpoint.contents);
    // A start that moved meanwhile is on the disk already, in a checkpoint that this one must not undo.
    const isOvertaken = startOffset !== state.startOffset || cleanedOffset !== state.cleanedOffset;
    if (isOvertaken || !this.isCurrent(draft)) {
      this.giveUp();
      return;
    }
    for (const { path } of [...files, checkpoint]) storage.rename(path + ASIDE_SUFFIX, path);
    state.uncheckedBytes -= draft.bytes;
    state.indexedOffset = draft.endOffset;
    state.ledger.saved(state.place, draft.endOffset);
  }

  private isCurrent(draft: CheckpointDraft): boolean {
    const { state } = this;
    return !state.isClosed && draft.cuts === state.cuts && draft.segment === state.active;
  }

  private giveUp(): void {
    this.state.isCheckpointDue = true;
  }
}
