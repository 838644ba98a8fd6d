import { knowsCommitted } from './commit.js';
import type { MembershipChange, Refusal } from './raft-io.js';
import type { AppendRequest } from './raft-messages.js';
import { invariant, type Leader, type Membership, type Memberships, type RaftState } from './raft-types.js';
import { newProgress, replicateToAll } from './replication.js';
import { othersOf, type Turn } from './turn.js';

/** Of a replica that knows no group yet: it never stands for election. */
export const NO_MEMBERSHIP: Membership = { version: -1, epoch: -1, offset: 0n, voters: [], learners: [] };

/** The membership that all founding replicas of a group begin with. A replica on an emptied disk has a new id and is not in it. */
export function foundingMembership(voters: readonly string[]): Membership {
  return { version: 0, epoch: -1, offset: 0n, voters, learners: [] };
}

/**
 * Changes the membership by one replica at a time (Raft thesis 4.1): any majority before and any after have a voter in common. Not before
 * the start of this leader's epoch is committed, or two leaders could each hold half of a change (Ongaro, raft-dev 2015).
 */
export function changeMembership(turn: Turn, change: MembershipChange): void {
  const { state, effects } = turn;
  const { role } = state;
  const next = role.name === 'leader' ? changed(state, role, change) : 'NOT_LEADER_OR_FOLLOWER';
  if (typeof next === 'string') return void effects.push({ type: 'membership-refused', reason: next });
  state.memberships = { committed: state.memberships.latest, latest: next };
  effects.push({ type: 'save-memberships', memberships: state.memberships });
  invariant(role.name === 'leader', 'only a leader changes members');
  syncProgress(turn, role);
  replicateToAll(turn, role);
}

/** One {@link Progress} for each other replica of the newest membership. */
export function syncProgress(turn: Turn, leader: Leader): void {
  const { state } = turn;
  const { voters, learners } = state.memberships.latest;
  const others = new Set(othersOf(state, [...voters, ...learners]));
  for (const replica of others) {
    if (!leader.progress.has(replica)) leader.progress.set(replica, newProgress(turn, replica));
  }
  for (const replica of leader.progress.keys()) if (!others.has(replica)) leader.progress.delete(replica);
}

/**
 * Takes over what the leader's log says of members. What this replica had from an older leader and the leader does not know is dropped
 * as soon as the log goes through the start of the leader's epoch; before that only what is committed counts.
 */
export function adoptMemberships({ state, effects }: Turn, request: AppendRequest, endOffset: bigint): void {
  const own = state.memberships;
  const { memberships: theirs, epoch } = request;
  const begun = state.log.epochs.at(-1);
  if (begun?.epoch === epoch && begun.startOffset <= endOffset) {
    // A late message of the same leader must not take back what a newer one brought.
    if (own.latest.epoch === epoch && compareMemberships(own.latest, theirs.latest) > 0) return;
    if (compareMemberships(own.committed, theirs.latest) > 0) return;
    const isOursNewer = compareMemberships(own.committed, theirs.committed) > 0;
    adopt({ committed: isOursNewer ? own.committed : theirs.committed, latest: theirs.latest });
  } else if (compareMemberships(theirs.committed, own.latest) > 0) {
    adopt({ committed: theirs.committed, latest: theirs.committed });
  }

  function adopt(memberships: Memberships): void {
    const isKnown =
      compareMemberships(memberships.latest, own.latest) === 0 &&
      compareMemberships(memberships.committed, own.committed) === 0;
    if (isKnown) return;
    state.memberships = memberships;
    effects.push({ type: 'save-memberships', memberships });
  }
}

/** Order in a log; 0 for the same entry. */
export function compareMemberships(a: Membership, b: Membership): number {
  return a.epoch !== b.epoch ? a.epoch - b.epoch : a.version - b.version;
}

function changed(state: RaftState, leader: Leader, { type, replica }: MembershipChange): Membership | Refusal {
  const { committed, latest } = state.memberships;
  if (!knowsCommitted(state)) return 'OFFSET_NOT_AVAILABLE';
  if (committed !== latest || leader.transfer !== null) return 'REASSIGNMENT_IN_PROGRESS';
  const { voters, learners } = latest;
  const isLearner = learners.includes(replica);
  const without = (list: readonly string[]) => list.filter((one) => one !== replica);
  const next = (more: Pick<Membership, 'voters' | 'learners'>): Membership => ({
    version: latest.version + 1,
    epoch: state.epoch,
    offset: state.log.endOffset,
    ...more,
  });
  switch (type) {
    case 'add-learner': {
      const isFull = voters.length + learners.length >= state.config.maxReplicas;
      if (isFull || isLearner || voters.includes(replica)) return 'INVALID_REPLICA_ASSIGNMENT';
      return next({ voters, learners: [...learners, replica] });
    }
    case 'promote-learner': {
      const progress = leader.progress.get(replica);
      if (!isLearner) return 'INVALID_REPLICA_ASSIGNMENT';
      // With all that is committed on its disk it delays no commit and lowers no majority.
      const hasCaughtUp = progress?.matchEpoch === state.epoch && progress.matchOffset >= state.highWatermark;
      return hasCaughtUp ? next({ voters: [...voters, replica], learners: without(learners) }) : 'INELIGIBLE_REPLICA';
    }
    case 'remove': {
      const isLastVoter = voters.length === 1 && voters[0] === replica;
      if (isLastVoter || (!isLearner && !voters.includes(replica))) return 'INVALID_REPLICA_ASSIGNMENT';
      return next({ voters: without(voters), learners: without(learners) });
    }
  }
}
