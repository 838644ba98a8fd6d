import { OffsetOutOfRangeError } from './log-errors.js';
import { maxOffset, minOffset, type LogState } from './log-state.js';

/** What takes records away from a log's two ends. Each is durable on return; a crash midway leaves the log as before or as after. */

/**
 * Removes the `count` oldest segments; the active one stays. Needs no room on the disk: that the log begins later follows from
 * the segments that are left, and the next checkpoint says it too.
 */
export function dropOldest(state: LogState, count: number): void {
  const { segments, place } = state;
  if (count <= 0 || segments.all.length === 1) return;
  try {
    for (let dropped = 0; dropped < count && segments.all.length > 1; dropped++) {
      const [oldest] = segments.takeOldest(1);
      state.unsynced = state.unsynced.filter((segment) => segment !== oldest);
      oldest!.delete();
    }
  } finally {
    state.startOffset = maxOffset(state.startOffset, segments.first.baseOffset);
    state.isCheckpointDue = true;
  }
  place.storage.syncDirectory(place.directory);
}

/** Moves the start up (DeleteRecords); segments that lie wholly before it go. */
export function advanceStart(state: LogState, offset: bigint): void {
  if (offset > state.endOffset) throw new OffsetOutOfRangeError(offset, state.startOffset, state.endOffset);
  if (offset <= state.startOffset) return;
  // First what frees room: the checkpoint needs some.
  dropOldest(state, state.segments.indexFor(offset));
  const before = state.startOffset;
  state.startOffset = offset;
  try {
    state.saveCheckpoint(state.durableOffset);
  } catch (error) {
    // What is not durable must not be answered to the next who asks.
    state.startOffset = before;
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
  state.cleanedOffset = minOffset(state.cleanedOffset, offset);
  state.storeCheckpoint(state.durableOffset);
  for (const dropped of segments.takeAfter(last)) dropped.delete();
  place.storage.syncDirectory(place.directory);
  last.cut(position, offset);
  state.unsynced = state.unsynced.filter((segment) => segments.includes(segment) && segment !== last);
  state.endOffset = offset;
  state.ledger.restore(place, segments.all, offset, nowMs);
}
