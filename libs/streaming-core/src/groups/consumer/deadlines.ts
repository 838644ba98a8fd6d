import type { Now } from '../coordinator-types.js';
import type { ConsumerGroup } from './consumer-group.js';
import type { ConsumerMember } from './types.js';

/** When something happens in the group by itself; Infinity if nothing will. */
export function nextDeadlineMs(group: ConsumerGroup): number {
  let nextMs = Infinity;
  for (const deadlines of [group.sessionDeadlines, group.joinDeadlines, group.syncDeadlines]) {
    for (const deadlineMs of deadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
  }
  for (const { deadlineMs } of group.revocationDeadlines.values()) nextMs = Math.min(nextMs, deadlineMs);
  return nextMs;
}

/** Who was not heard of in time, with why that is so. */
export function* overdue(
  group: ConsumerGroup,
  nowMs: number,
): IterableIterator<readonly [memberId: string, reason: string]> {
  for (const [memberId, deadlineMs] of [...group.sessionDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'session timed out'];
  }
  for (const [memberId, { epoch, deadlineMs }] of [...group.revocationDeadlines]) {
    if (deadlineMs > nowMs) continue;
    const current = group.state.members.get(memberId)?.current;
    if (current?.phase === 'unrevoked' && current.epoch === epoch)
      yield [memberId, 'did not give up partitions in time'];
    else group.revocationDeadlines.delete(memberId);
  }
  for (const [memberId, deadlineMs] of [...group.joinDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'did not rejoin in time'];
  }
  for (const [memberId, deadlineMs] of [...group.syncDeadlines]) {
    if (deadlineMs <= nowMs) yield [memberId, 'did not sync in time'];
  }
}

export function forgetDeadlines(group: ConsumerGroup, memberId: string): void {
  group.sessionDeadlines.delete(memberId);
  group.revocationDeadlines.delete(memberId);
  group.joinDeadlines.delete(memberId);
  group.syncDeadlines.delete(memberId);
}

/** Gives a member its rebalance timeout for giving up partitions, once for each epoch. Members of the classic protocol have others. */
export function watchRevocation(
  group: ConsumerGroup,
  { memberId, current, subscription }: ConsumerMember,
  now: Now,
): void {
  if (current.phase !== 'unrevoked' || subscription.classic !== null) {
    group.revocationDeadlines.delete(memberId);
    return;
  }
  const deadlineMs = now.monotonicMs + subscription.rebalanceTimeoutMs;
  if (group.revocationDeadlines.get(memberId)?.epoch === current.epoch) return;
  group.revocationDeadlines.set(memberId, { epoch: current.epoch, deadlineMs });
}
