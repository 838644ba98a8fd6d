import type { PartitionAnalytics } from '../core/partition-analytics.js';
import type { ClosedWindow } from '../core/zone-window.js';
import {
  type AnalyticsStore,
  type OffsetAdvance,
  PartitionTakenError,
  type PartitionCommit,
} from '../store/analytics-store.js';

/** Longest pause between two tries to reach the database. */
const RETRY_MAX_MS = 5_000;

export interface WorkerEvents {
  /** Stored: what the city may be told, and how far the log is done with. */
  readonly onStored: (closed: readonly ClosedWindow[], advances: readonly OffsetAdvance[]) => Promise<void>;
  readonly onRetry: (error: unknown, delayMs: number) => void;
  readonly sleep: (delayMs: number) => Promise<void>;
}

/** One owned partition: its windows in memory, and the way they and the offsets get into the database together. */
export class PartitionWorker {
  private readonly stored: Map<string, bigint>;
  private readonly handled: Map<string, bigint>;
  private flushing: Promise<void> | undefined;
  private events = 0;
  private abandoned = false;

  constructor(
    readonly partition: number,
    readonly analytics: PartitionAnalytics,
    startOffsets: ReadonlyMap<string, bigint>,
    private readonly store: AnalyticsStore,
    private readonly hooks: WorkerEvents,
  ) {
    this.stored = new Map(startOffsets);
    this.handled = new Map(startOffsets);
  }

  /** Events taken in and not stored yet: the caller waits for {@link flush} when they are many. */
  get pendingEvents(): number {
    return this.events;
  }

  /** Everything of `topic` before `nextOffset` has been applied. */
  advanced(topic: string, nextOffset: bigint, events: number): void {
    this.handled.set(topic, nextOffset);
    this.events += events;
  }

  /** Stores what there is. Retries for as long as the database is away; one flush at a time. */
  async flush(): Promise<void> {
    while (this.flushing) await this.flushing;
    if (this.abandoned || this.events === 0) return;
    this.flushing = this.storePending().finally(() => (this.flushing = undefined));
    await this.flushing;
  }

  /** The partition belongs to somebody else: a flush under way may end, none begins. */
  abandon(): void {
    this.abandoned = true;
  }

  private async storePending(): Promise<void> {
    const offsets = [...this.handled].flatMap(([topic, to]): OffsetAdvance[] => {
      const from = this.stored.get(topic) ?? 0n;
      return to === from ? [] : [{ topic, from, to }];
    });
    const commit: PartitionCommit = { partition: this.partition, delta: this.analytics.drain(), offsets };
    this.events = 0;
    for (let attempt = 0; !this.abandoned; attempt++) {
      try {
        await this.store.commit(commit);
        for (const { topic, to } of offsets) this.stored.set(topic, to);
        await this.hooks.onStored(commit.delta.closed, offsets);
        return;
      } catch (error) {
        if (error instanceof PartitionTakenError) throw error;
        const delayMs = Math.min(RETRY_MAX_MS, 100 * 2 ** attempt);
        this.hooks.onRetry(error, delayMs);
        await this.hooks.sleep(delayMs);
      }
    }
  }
}
