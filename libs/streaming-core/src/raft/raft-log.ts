/** Where an epoch begins: an entry of zero width, kept in the leader-epoch checkpoint. */
export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: bigint;
}

/** A place in a log: after all records before `offset`, in a log whose newest entry up to there is of `epoch`. */
export interface Position {
  /** -1: before every epoch, or no longer known. */
  readonly epoch: number;
  readonly offset: bigint;
}

export interface LogTip extends Position {
  /** The newest membership in the log, an entry of zero width. */
  readonly membershipEpoch: number;
  readonly membershipVersion: number;
}

/**
 * The shape of a log without its records. `epochs` is ascending in both columns; an epoch in which nothing was written gives way to the
 * next one, so only the last may be empty and the list is as long as there are epochs with records in the log.
 */
export interface LogState {
  /** Records before are gone (retention); the epoch is the last gone record's, -1 if not known. */
  start: Position;
  endOffset: bigint;
  /** Synced up to here. */
  durableOffset: bigint;
  epochs: readonly EpochStart[];
}

/** The newest epoch in the log, its zero-width start included; -1 in a log that never had a leader. */
export function lastEpoch(log: LogState): number {
  return log.epochs.at(-1)?.epoch ?? log.start.epoch;
}

/** The newest epoch not above `epoch` and where it ends (Kafka's OffsetForLeaderEpoch); null if the log begins above it. */
export function floorEpoch(log: LogState, epoch: number): Position | null {
  for (let i = log.epochs.length - 1; i >= 0; i--) {
    const entry = log.epochs[i]!;
    if (entry.epoch <= epoch) return { epoch: entry.epoch, offset: log.epochs[i + 1]?.startOffset ?? log.endOffset };
  }
  return null;
}

/** The place just before the first entry at `offset`: its epoch is that of the record at `offset - 1`. */
export function positionBefore(log: LogState, offset: bigint): Position {
  if (offset === log.start.offset) return log.start;
  return { epoch: log.epochs.findLast(({ startOffset }) => startOffset < offset)?.epoch ?? -1, offset };
}

/** The newest epoch that a reader of the log up to `offset` has seen begin. */
export function epochAt(log: LogState, offset: bigint): number {
  return log.epochs.findLast(({ startOffset }) => startOffset <= offset)?.epoch ?? log.start.epoch;
}

/** Whether the log goes through a place: by log matching it is then the same up to there as every log that does. */
export function holds(log: LogState, { epoch, offset }: Position): boolean {
  if (offset < log.start.offset || offset > log.endOffset) return false;
  if (offset === 0n) return true;
  if (epoch < 0) return false;
  if (offset === log.start.offset && epoch === log.start.epoch) return true;
  const index = log.epochs.findIndex((entry) => entry.epoch === epoch);
  if (index < 0) return false;
  const endOffset = log.epochs[index + 1]?.startOffset ?? log.endOffset;
  return log.epochs[index]!.startOffset <= offset && offset <= endOffset;
}

/** The list with one more epoch: what began at or after `startOffset` gives way. */
export function withEpoch(epochs: readonly EpochStart[], entry: EpochStart): readonly EpochStart[] {
  return [...epochs.filter(({ startOffset }) => startOffset < entry.startOffset), entry];
}

/** The list of a log that ends at `endOffset`. A start at the very end stays: its entry takes no offset. */
export function epochsUpTo(epochs: readonly EpochStart[], endOffset: bigint): readonly EpochStart[] {
  return epochs.filter(({ startOffset }) => startOffset <= endOffset);
}

/** Forgets records before `offset`; the epoch that holds the new first record stays. */
export function advanceLogStart(log: LogState, offset: bigint): void {
  log.start = positionBefore(log, offset);
  const first = log.epochs.findLastIndex(({ startOffset }) => startOffset <= offset);
  if (first > 0) log.epochs = log.epochs.slice(first);
}

/** Above 0 if `a` is the more complete log. By epoch first: Raft 5.4.1, with zero-width entries counted. */
export function compareTips(a: LogTip, b: LogTip): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch;
  if (a.offset !== b.offset) return a.offset > b.offset ? 1 : -1;
  if (a.membershipEpoch !== b.membershipEpoch) return a.membershipEpoch - b.membershipEpoch;
  return a.membershipVersion - b.membershipVersion;
}
