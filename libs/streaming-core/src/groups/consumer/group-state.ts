import { arePartitionsEqual, NO_PARTITIONS, type Partitions } from './partitions.js';
import type {
  ConsumerGroupPhase,
  ConsumerGroupRecord,
  ConsumerGroupState,
  ConsumerMember,
  CurrentAssignment,
  MemberSubscription,
} from './types.js';

export const EMPTY_STATE: ConsumerGroupState = {
  epoch: 0,
  metadataHash: 0n,
  members: new Map(),
  staticMembers: new Map(),
  targetEpoch: 0,
  target: new Map(),
  regexes: new Map(),
};

export const NEW_ASSIGNMENT: CurrentAssignment = {
  epoch: 0,
  previousEpoch: 0,
  phase: 'stable',
  assigned: NO_PARTITIONS,
  pendingRevocation: NO_PARTITIONS,
};

const NEW_SUBSCRIPTION: MemberSubscription = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  topicNames: [],
  topicRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

export function newMember(memberId: string): ConsumerMember {
  return { memberId, subscription: NEW_SUBSCRIPTION, current: NEW_ASSIGNMENT };
}

/** The state after some changes: while they are decided, and again when they are read from the log. */
export function applyRecords(state: ConsumerGroupState, records: readonly ConsumerGroupRecord[]): ConsumerGroupState {
  if (records.length === 0) return state;
  const members = new Map(state.members);
  const staticMembers = new Map(state.staticMembers);
  const target = new Map(state.target);
  const regexes = new Map(state.regexes);
  let { epoch, metadataHash, targetEpoch } = state;
  for (const record of records) {
    switch (record.kind) {
      case 'epoch':
        epoch = record.value?.epoch ?? 0;
        metadataHash = record.value?.metadataHash ?? 0n;
        break;
      case 'targetEpoch':
        targetEpoch = record.value?.epoch ?? 0;
        break;
      case 'target':
        setOrDelete(target, record.id, record.value);
        break;
      case 'regex':
        setOrDelete(regexes, record.id, record.value);
        break;
      case 'member':
        applySubscription(members, staticMembers, record.id, record.value);
        break;
      case 'current': {
        const member = members.get(record.id);
        // The removal of a member is written before the removal of its subscription.
        if (member) members.set(record.id, { ...member, current: record.value ?? NEW_ASSIGNMENT });
        else if (record.value) members.set(record.id, { ...newMember(record.id), current: record.value });
        break;
      }
    }
  }
  return { epoch, metadataHash, members, staticMembers, targetEpoch, target, regexes };
}

function applySubscription(
  members: Map<string, ConsumerMember>,
  staticMembers: Map<string, string>,
  memberId: string,
  subscription: MemberSubscription | null,
): void {
  const member = members.get(memberId);
  const previousInstanceId = member?.subscription.instanceId ?? null;
  if (previousInstanceId !== null && staticMembers.get(previousInstanceId) === memberId) {
    staticMembers.delete(previousInstanceId);
  }
  if (subscription === null) {
    members.delete(memberId);
    return;
  }
  members.set(memberId, { memberId, subscription, current: member?.current ?? NEW_ASSIGNMENT });
  if (subscription.instanceId !== null) staticMembers.set(subscription.instanceId, memberId);
}

function setOrDelete<V>(map: Map<string, V>, key: string, value: V | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

export function phaseOf(state: ConsumerGroupState): ConsumerGroupPhase {
  if (state.members.size === 0) return 'Empty';
  if (state.epoch > state.targetEpoch) return 'Assigning';
  for (const member of state.members.values()) if (!isReconciled(member, state.targetEpoch)) return 'Reconciling';
  return 'Stable';
}

export function isReconciled({ current }: ConsumerMember, targetEpoch: number): boolean {
  return current.phase === 'stable' && current.epoch === targetEpoch;
}

/** Whether anyone has the partition or may still be working on it. `owners` is made once per state, see {@link ownersOf}. */
export type Owners = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Who has each partition, by topic id. */
export function ownersOf(state: ConsumerGroupState): Owners {
  const owners = new Map<string, Map<number, string>>();
  for (const { memberId, current } of state.members.values()) {
    for (const held of [current.assigned, current.pendingRevocation]) addOwner(owners, held, memberId);
  }
  return owners;
}

function addOwner(owners: Map<string, Map<number, string>>, held: Partitions, memberId: string): void {
  for (const [topicId, numbers] of held) {
    let ofTopic = owners.get(topicId);
    if (!ofTopic) {
      ofTopic = new Map();
      owners.set(topicId, ofTopic);
    }
    for (const partition of numbers) ofTopic.set(partition, memberId);
  }
}

export function targetOf(state: ConsumerGroupState, memberId: string): Partitions {
  return state.target.get(memberId) ?? NO_PARTITIONS;
}

export function isSameSubscription(left: MemberSubscription, right: MemberSubscription): boolean {
  const sameClassic =
    left.classic === right.classic ||
    (left.classic !== null &&
      right.classic !== null &&
      left.classic.sessionTimeoutMs === right.classic.sessionTimeoutMs &&
      left.classic.protocols.length === right.classic.protocols.length &&
      left.classic.protocols.every(({ name, metadata }, index) => {
        const other = right.classic!.protocols[index]!;
        return name === other.name && metadata.equals(other.metadata);
      }));
  return (
    sameClassic &&
    left.instanceId === right.instanceId &&
    left.rackId === right.rackId &&
    left.clientId === right.clientId &&
    left.clientHost === right.clientHost &&
    left.rebalanceTimeoutMs === right.rebalanceTimeoutMs &&
    left.serverAssignor === right.serverAssignor &&
    hasSameTopics(left, right)
  );
}

export function hasSameTopics(left: MemberSubscription, right: MemberSubscription): boolean {
  return (
    left.topicRegex === right.topicRegex &&
    left.topicNames.length === right.topicNames.length &&
    left.topicNames.every((name, index) => name === right.topicNames[index])
  );
}

export function isSameAssignment(left: CurrentAssignment, right: CurrentAssignment): boolean {
  return (
    left.epoch === right.epoch &&
    left.previousEpoch === right.previousEpoch &&
    left.phase === right.phase &&
    arePartitionsEqual(left.assigned, right.assigned) &&
    arePartitionsEqual(left.pendingRevocation, right.pendingRevocation)
  );
}
