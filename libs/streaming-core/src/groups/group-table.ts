import { createGroup } from './classic/group.js';
import type {
  CoordinatorConfig,
  CoordinatorEffect,
  Now,
  RecordToAppend,
  TransactionalProducer,
} from './coordinator-types.js';
import type { GroupError } from './group-errors.js';
import { partitionOfGroup } from './group-partition.js';
import type { AnyGroup } from './group-rules.js';
import { OffsetStore, type OffsetCommit, type TopicPartition } from './offset-store.js';

/** One group with the offsets that it committed. */
export interface GroupEntry {
  readonly groupId: string;
  group: AnyGroup;
  readonly offsets: OffsetStore;
  /** Since when the group is in its phase; milliseconds since 1970. */
  phaseSinceMs: number;
  /** Commits and tombstones that are on their way to the log. */
  appendsInFlight: number;
  /** What those commits are of, by append: who forgets offsets must forget these too. */
  readonly committing: Map<number, readonly TopicPartition[]>;
}

export type LoadState = 'unloaded' | 'loading' | 'loaded' | 'failed';

/** What the parts of a coordinator share: its groups, the appends under way, and the effects of the current step. */
export class GroupTable {
  readonly #entries = new Map<string, GroupEntry>();
  readonly #loadStates: LoadState[];
  readonly #onAppended = new Map<number, (error: GroupError, now: Now) => void>();
  /** By producer id: the groups to which its open transaction commits offsets. */
  readonly #withPending = new Map<bigint, Set<GroupEntry>>();
  #effects: CoordinatorEffect[] = [];
  #lastAppendId = 0;

  constructor(readonly config: CoordinatorConfig) {
    this.#loadStates = Array.from({ length: config.offsetsPartitions }, () => 'unloaded');
  }

  get isFull(): boolean {
    return this.#entries.size >= this.config.maxGroups;
  }

  get(groupId: string): GroupEntry | undefined {
    return this.#entries.get(groupId);
  }

  getOrCreate(groupId: string, now: Now): GroupEntry {
    let entry = this.#entries.get(groupId);
    if (!entry) {
      entry = {
        groupId,
        group: createGroup(groupId),
        offsets: new OffsetStore(),
        phaseSinceMs: now.wallMs,
        appendsInFlight: 0,
        committing: new Map(),
      };
      this.#entries.set(groupId, entry);
    }
    return entry;
  }

  /** Removing the entry that is visited is allowed. */
  entries(): IterableIterator<GroupEntry> {
    return this.#entries.values();
  }

  remove(entry: GroupEntry): void {
    if (this.#entries.get(entry.groupId) === entry) this.#entries.delete(entry.groupId);
  }

  clear(): void {
    this.#entries.clear();
    this.#withPending.clear();
    this.#loadStates.fill('unloaded');
  }

  /** An offset that counts once the producer's transaction commits. */
  addPending(entry: GroupEntry, producerId: bigint, commit: OffsetCommit, sequence: number): void {
    entry.offsets.addPending(producerId, commit, sequence);
    const entries = this.#withPending.get(producerId);
    if (entries) entries.add(entry);
    else this.#withPending.set(producerId, new Set([entry]));
  }

  /** The end of a producer's transaction, for the groups of one partition of `__consumer_offsets`; the marker is in the log. */
  completeTransaction(partition: number, producerId: bigint, isCommit: boolean): void {
    const entries = this.#withPending.get(producerId);
    if (!entries) return;
    for (const entry of entries) {
      if (this.partitionOf(entry.groupId) !== partition) continue;
      entry.offsets.complete(producerId, isCommit);
      entries.delete(entry);
    }
    if (entries.size === 0) this.#withPending.delete(producerId);
  }

  partitionOf(groupId: string): number {
    return partitionOfGroup(groupId, this.config.offsetsPartitions);
  }

  setLoadState(partition: number, state: LoadState): void {
    this.#loadStates[partition] = state;
  }

  /** Why this broker cannot answer for a group now, or `NONE`. */
  availability(groupId: string): GroupError {
    const state = this.#loadStates[this.partitionOf(groupId)]!;
    if (state === 'loaded') return 'NONE';
    if (state === 'failed') return 'COORDINATOR_NOT_AVAILABLE';
    return state === 'loading' ? 'COORDINATOR_LOAD_IN_PROGRESS' : 'NOT_COORDINATOR';
  }

  emit(effect: CoordinatorEffect): void {
    this.#effects.push(effect);
  }

  /** Asks for an append; `then` runs when it has ended. Gives the append's number: numbers grow in log order. */
  append(
    groupId: string,
    records: readonly RecordToAppend[],
    then?: (error: GroupError, now: Now) => void,
    producer: TransactionalProducer | null = null,
  ): number {
    const appendId = this.nextSequence();
    if (then) this.#onAppended.set(appendId, then);
    this.emit({ type: 'append', groupId, appendId, partition: this.partitionOf(groupId), records, producer });
    return appendId;
  }

  /** A number for a position in the log: larger than those of all records before it. */
  nextSequence(): number {
    this.#lastAppendId += 1;
    return this.#lastAppendId;
  }

  appended(appendId: number, error: GroupError, now: Now): void {
    const callback = this.#onAppended.get(appendId);
    this.#onAppended.delete(appendId);
    callback?.(error, now);
  }

  takeEffects(): CoordinatorEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
