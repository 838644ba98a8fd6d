import type { MembershipChange } from '../../raft/raft-io.js';
import type { Membership, Memberships, ReplicaId } from '../../raft/raft-types.js';
import type { SimReplica } from './raft-replica.js';

/** The replica that each node runs now. */
export type Nodes = ReadonlyMap<number, SimReplica>;

export function nodeOf(id: ReplicaId): number {
  return Number.parseInt(id, 10);
}

/** Whether the replica still exists: its disk was not emptied. */
export function isCurrent(nodes: Nodes, id: ReplicaId): boolean {
  return nodes.get(nodeOf(id))?.id === id;
}

/** What the newest leader says; without one, the newest word of all. */
export function newestMemberships(nodes: Nodes): Memberships {
  const newer = (a: Membership, b: Membership) => (a.epoch !== b.epoch ? a.epoch > b.epoch : a.version > b.version);
  const all = [...nodes.values()];
  const leaders = all.filter(({ isUp, state }) => isUp && state.role.name === 'leader');
  return (leaders.length > 0 ? leaders : all)
    .map(({ state }) => state.memberships)
    .reduce((best, one) => (newer(one.latest, best.latest) ? one : best));
}

export function votersOf(nodes: Nodes): SimReplica[] {
  const { voters } = newestMemberships(nodes).latest;
  return [...nodes.values()].filter(({ id }) => voters.includes(id));
}

/** Whether, by every membership that anybody knows, a majority of the voters has its disk without this one. */
export function canLose(nodes: Nodes, replica: SimReplica): boolean {
  const survives = ({ voters }: Membership) =>
    voters.filter((voter) => voter !== replica.id && isCurrent(nodes, voter)).length * 2 > voters.length;
  return [...nodes.values()]
    .flatMap(({ state: { memberships } }) => [memberships.committed, memberships.latest])
    .every((membership) => membership.voters.length === 0 || survives(membership));
}

/** Removes a member, or adds who is none; null if too few would be left. */
export function toggleMember(nodes: Nodes, target: ReplicaId): MembershipChange | null {
  const { latest } = newestMemberships(nodes);
  const isMember = latest.voters.includes(target) || latest.learners.includes(target);
  if (!isMember) return { type: 'add-learner', replica: target };
  const left = latest.voters.filter((voter) => voter !== target && isCurrent(nodes, voter)).length;
  return left >= 2 ? { type: 'remove', replica: target } : null;
}

/** An operator's steady work: replaces replicas whose disk was emptied, gives learners their vote, and, if asked, holds three voters. */
export function nextRepair(nodes: Nodes, wantsThree: boolean): MembershipChange | null {
  const { latest } = newestMemberships(nodes);
  const members = [...latest.voters, ...latest.learners];
  const gone = members.find((replica) => !isCurrent(nodes, replica));
  if (gone !== undefined) {
    const heir = nodes.get(nodeOf(gone))!.id;
    return members.includes(heir) ? { type: 'remove', replica: gone } : { type: 'add-learner', replica: heir };
  }
  const [learner] = latest.learners;
  if (learner !== undefined) return { type: 'promote-learner', replica: learner };
  if (!wantsThree || latest.voters.length >= 3) return null;
  const outsider = [...nodes.values()].find(({ id }) => !latest.voters.includes(id));
  return outsider === undefined ? null : { type: 'add-learner', replica: outsider.id };
}
