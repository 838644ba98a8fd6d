import { OffsetOutOfRangeError } from './log-errors.js';
import { maxOffset, minOffset, type LogState } from './log-state.js';

/** What takes records away from a log's two ends. Each is durable on return; a crash midway leaves the log as before or as after. */

/**
 * Removes the `count` oldest segments; the active one stays. Needs no room on the disk: that the log begins later follows from
 * the segments that are left, and the next checkpoint says it too. A file that the disk does not let go is tried again
 * next time, before any later one: a log has no gaps. Segments without which a crash would forget what they did to producers and
 * transactions stay until the next checkpoint.
 */
export function dropOldest(state: LogState, count: number): void {
  const { all } = state.segments;
  let unneeded = 0;
  while (unneeded < count && state.ledger.isKnownWithout(all[unneeded + 1]?.baseOffset ?? state.endOffset)) unneeded++;
  if (unneeded < count) state.isCheckpointDue = true;
  const dropped = state.segments.takeOldest(unneeded);
  if (dropped.length > 0) {
    state.unsynced = state.unsynced.filter((segment) => !dropped.includes(segment));
    state.startOffset = maxOffset(state.startOffset, state.segments.first.baseOffset);
    state.isCheckpointDue = true;
    for (const segment of dropped) segment.retire();
    state.doomed.push(...dropped);
  }
  if (state.doomed.length === 0) return;
  for (let oldest = state.doomed[0]; oldest !== undefined; oldest = state.doomed[0]) {
    oldest.delete();
    state.doomed.shift();
  }
  state.place.storage.syncDirectory(state.place.directory);
  state.provenStart = maxOffset(state.provenStart, state.segments.first.baseOffset);
}

/** Moves the start up (DeleteRecords); segments that lie wholly before it go. */
export function advanceStart(state: LogState, offset: bigint): void {
  if (offset > state.endOffset) throw new OffsetOutOfRangeError(offset, state.startOffset, state.endOffset);
  if (offset <= state.startOffset && state.startOffset === state.provenStart) return;
  // First what frees room: the checkpoint needs some.
  dropOldest(state, offset <= state.startOffset ? 0 : state.segments.indexFor(offset));
  const before = state.startOffset;
  state.startOffset = maxOffset(offset, before);
  try {
    state.saveCheckpoint(state.durableOffset);
  } catch (error) {
    // What is not durable must not be answered to the next who asks.
    state.startOffset = before;
    // The file may tell otherwise by now.
    state.isCheckpointDue = true;
    throw error;
  }
}

/** Cuts all from `offset` on. */
export function truncateLog(state: LogState, offset: bigint, nowMs: number): void {
  if (offset >= state.endOffset) return;
  const { segments, place } = state;
  state.cuts += 1;
  const last = segments.for(offset);
  last.hold();
  const position = last.positionOf(offset);
  // First the promise that all is durable up to here is taken back, then the bytes.
  state.durableOffset = minOffset(state.durableOffset, offset);
  state.startOffset = minOffset(state.startOffset, offset);
  state.provenStart = minOffset(state.provenStart, offset);
  state.cleanedOffset = minOffset(state.cleanedOffset, offset);
  state.indexedOffset = minOffset(state.indexedOffset, offset);
  // No further than the index files go, for which there may be no room now.
  state.storeCheckpoint(minOffset(state.durableOffset, state.indexedOffset));
  // The newest first: if the disk does not let one go, what is left has no gaps and is cut the next time.
  while (segments.active !== last) {
    segments.active.delete();
    segments.takeNewest();
  }
  place.storage.syncDirectory(place.directory);
  last.cut(position, offset);
  state.unsynced = state.unsynced.filter((segment) => segments.includes(segment) && segment !== last);
  state.endOffset = offset;
  state.ledger.restore(place, segments.all, offset, nowMs);
}
