import { hasPartition, filterPartitions, intersects, NO_PARTITIONS, union, type Partitions } from './partitions.js';
import type { Owners } from './group-state.js';
import type { CurrentAssignment } from './types.js';

export interface ReconcileInput {
  readonly current: CurrentAssignment;
  readonly targetEpoch: number;
  readonly target: Partitions;
  /** What the member says that it has; null: it does not say. */
  readonly owned: Partitions | null;
  /** Who has which partition, this member included. */
  readonly owners: Owners;
}

/**
 * One step of a member towards its target (KIP-848): it first gives up what goes to others, and stays in its epoch until it says
 * that it has; then it goes to the target's epoch with all of its target that nobody else has any more.
 */
export function reconcile(input: ReconcileInput): CurrentAssignment {
  const { current, targetEpoch, owned } = input;
  switch (current.phase) {
    case 'stable':
      return current.epoch === targetEpoch ? current : next(input, current.epoch);
    case 'unrevoked':
      // Silence is no promise: the member may still be working on them.
      if (owned === null || intersects(owned, current.pendingRevocation)) return current;
      // It kept its epoch while it gave up; it may go on by one, and towards the newest target at once.
      return next(input, current.epoch + 1);
    case 'unreleased':
      return next(input, current.epoch);
  }
}

function next({ current, targetEpoch, target, owned, owners }: ReconcileInput, epoch: number): CurrentAssignment {
  const kept = filterPartitions(current.assigned, (topicId, partition) => hasPartition(target, topicId, partition));
  const toRevoke = filterPartitions(current.assigned, (topicId, partition) => !hasPartition(kept, topicId, partition));
  const wanted = filterPartitions(target, (topicId, partition) => !hasPartition(kept, topicId, partition));
  const free = filterPartitions(wanted, (topicId, partition) => !owners.get(topicId)?.has(partition));
  const mustWait = [...wanted].some(([topicId, numbers]) => numbers.size > (free.get(topicId)?.size ?? 0));
  if (toRevoke.size > 0 && (owned === null || intersects(owned, toRevoke))) {
    return {
      ...moveTo(current, epoch),
      phase: 'unrevoked',
      assigned: kept,
      pendingRevocation: toRevoke,
    };
  }
  return {
    ...moveTo(current, targetEpoch),
    phase: mustWait ? 'unreleased' : 'stable',
    assigned: union(kept, free),
    pendingRevocation: NO_PARTITIONS,
  };
}

function moveTo(current: CurrentAssignment, epoch: number): Pick<CurrentAssignment, 'epoch' | 'previousEpoch'> {
  return { epoch, previousEpoch: current.epoch };
}
