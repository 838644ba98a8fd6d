import { UNKNOWN_ID, variants, type AnswerCase, type Body } from './case.ts';

function commit(name: string, partition: Body, request: Body = {}, versions?: readonly number[]): AnswerCase {
  return {
    apiKey: 8,
    name,
    ...(versions ? { versions } : {}),
    body: ({ ridesId }, version) => {
      const { topic = 'rides', ...rest } = request as { topic?: string };
      const named = version < 10 ? { name: topic } : { topicId: topic === 'rides' ? ridesId : UNKNOWN_ID };
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: 'm', ...partition }];
      return { groupId: 'g', topics: [{ ...named, partitions }], ...rest };
    },
  };
}

const COMMIT = [
  commit('an offset', {}),
  commit('a topic that is not there', {}, { topic: 'nobody' }),
  commit('a partition that is not there', { partitionIndex: 9 }),
  commit('metadata that is too long', { committedMetadata: 'x'.repeat(5_000) }, {}, [2, 9]),
  commit('a member that is not there', {}, { generationIdOrMemberEpoch: 3, memberId: 'x' }, [2, 7, 9]),
  commit('the group without a name', {}, { groupId: '' }, [2, 9]),
  commit('no topics', {}, { topics: [] }, [2, 9]),
];

interface Fetched {
  readonly topic?: string;
  readonly group?: string;
  readonly isAll?: boolean;
  readonly member?: Body;
  readonly requireStable?: boolean;
}

function fetchOffsets(name: string, asked: Fetched, versions?: readonly number[]): AnswerCase {
  const { topic = 'rides', group = 'g', isAll = false, member = {}, requireStable } = asked;
  const stable = requireStable === undefined ? {} : { requireStable };
  return {
    apiKey: 9,
    name,
    ...(versions ? { versions } : {}),
    body: ({ ridesId }, version) => {
      const named = version < 10 ? { name: topic } : { topicId: topic === 'rides' ? ridesId : UNKNOWN_ID };
      const topics = isAll ? null : [{ ...named, partitionIndexes: [0, 1] }];
      if (version < 8) return { groupId: group, topics, ...stable };
      return { groups: [{ groupId: group, topics, ...member }], ...stable };
    },
  };
}

const FETCH_OFFSETS = [
  fetchOffsets('two partitions', {}),
  fetchOffsets('a topic that is not there', { topic: 'nobody' }),
  fetchOffsets('a group that is not there', { group: 'nobody' }),
  fetchOffsets('everything', { isAll: true }, [2, 7, 8, 9]),
  fetchOffsets('everything of nobody', { isAll: true, group: 'nobody' }, [2, 7, 8, 9]),
  fetchOffsets('the group without a name', { group: '' }, [7, 9]),
  fetchOffsets('a member that is not there', { member: { memberId: 'x', memberEpoch: 3 } }, [9]),
  fetchOffsets('stable offsets', { requireStable: true }, [7, 9]),
];

const coordinator =
  (key: string, keyType: number) =>
  (version: number): Body => {
    if (version < 4) return { key, ...(version >= 1 ? { keyType } : {}) };
    return { coordinatorKeys: [key, key], keyType };
  };

const COORDINATOR = [
  ...variants(10, undefined, { 'of a group': coordinator('g', 0), 'of what does not exist': coordinator('g', 3) }),
  ...variants(10, [0, 2, 4], { 'of the group without a name': coordinator('', 0) }),
  ...variants(10, [4], { 'of nothing': { coordinatorKeys: [], keyType: 0 } }),
];

const join =
  (groupId: string, fields: Body) =>
  (version: number): Body => ({
    groupId: `${groupId}-${version}`,
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    ...(version >= 1 ? { rebalanceTimeoutMs: 10_000 } : {}),
    ...fields,
  });

const sync =
  (groupId: string) =>
  (version: number): Body => ({
    groupId,
    generationId: 1,
    memberId: 'x',
    assignments: [],
    ...(version >= 5 ? { protocolType: 'consumer', protocolName: 'range' } : {}),
  });

const heartbeat = { generationId: 1, memberId: 'x' };
const leave =
  (groupId: string) =>
  (version: number): Body => ({
    groupId,
    ...(version < 3 ? { memberId: 'x' } : { members: [{ memberId: 'x' }, { memberId: '', groupInstanceId: 'i' }] }),
  });

const CLASSIC = [
  ...variants(11, [0, 3, 5, 9], {
    'the group without a name': (version) => ({ ...join('', {})(version), groupId: '' }),
    'a member that is not there': join('join-unknown', { memberId: 'x' }),
    'a session that is too long': join('join-long', { sessionTimeoutMs: 2 ** 31 - 1 }),
    'no protocols': join('join-nothing', { protocols: [] }),
    'no type of protocol': join('join-untyped', { protocolType: '' }),
  }),
  ...variants(12, undefined, { 'a member that is not there': { groupId: 'g', ...heartbeat } }),
  ...variants(12, [0, 4], {
    'the group without a name': { groupId: '', ...heartbeat },
    'a group that is not there': { groupId: 'nobody', ...heartbeat },
  }),
  ...variants(12, [3, 4], {
    'a static member that is not there': { groupId: 'g', ...heartbeat, groupInstanceId: 'i' },
  }),
  ...variants(13, undefined, {
    'members that are not there': leave('g'),
    'a group that is not there': leave('nobody'),
  }),
  ...variants(14, undefined, { 'a member that is not there': sync('g'), 'a group that is not there': sync('nobody') }),
  ...variants(14, [5], { 'no protocol': { groupId: 'g', generationId: 1, memberId: 'x', assignments: [] } }),
  ...variants(15, undefined, { 'an empty group and none': { groups: ['g', 'nobody', ''] } }),
  ...variants(15, [3, 5, 6], {
    'what may be done': { groups: ['g', 'nobody'], includeAuthorizedOperations: true },
  }),
  ...variants(16, [4, 5], {
    'stable groups': { statesFilter: ['Stable'] },
    'groups in a state that is none': { statesFilter: ['bogus'] },
  }),
  ...variants(16, [5], {
    'consumer groups': { typesFilter: ['consumer'] },
    'groups of a type that is none': { typesFilter: ['bogus'] },
  }),
  ...variants(42, undefined, { 'groups that are not there': { groupsNames: ['nobody', ''] } }),
  ...variants(47, undefined, {
    'a group that is not there': {
      groupId: 'nobody',
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 0 }] }],
    },
    'what is there and what is not': {
      groupId: 'g',
      topics: [
        { name: 'rides', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }, { partitionIndex: 9 }] },
        { name: 'nobody', partitions: [{ partitionIndex: 0 }] },
      ],
    },
    'the group without a name': { groupId: '', topics: [] },
  }),
];

const MEMBER = '00000000-0000-4000-8000-000000000000';
const beat =
  (name: string, fields: Body) =>
  (version: number): Body => ({
    groupId: `${name}-${version}`,
    memberId: version === 0 ? '' : MEMBER,
    memberEpoch: 0,
    rebalanceTimeoutMs: 5_000,
    subscribedTopicNames: ['rides'],
    topicPartitions: [],
    ...fields,
  });

const IN_CONSUMERS = (version: number): Body => ({ ...join('', {})(version), groupId: 'consumers-1' });
/** A subscription of version 0 to `rides`. */
const RANGE = [{ name: 'range', metadata: Buffer.from('00000000000100057269646573ffffffff', 'hex') }];

const CONSUMER = [
  ...variants(68, undefined, {
    'the group without a name': beat('', { groupId: '' }),
    'epoch -5': beat('epoch-5', { memberEpoch: -5 }),
    'epoch 3 of nobody': beat('epoch3', { memberEpoch: 3, memberId: MEMBER }),
    'no rebalance timeout': beat('no-timeout', { rebalanceTimeoutMs: -1 }),
    'no subscription': beat('no-subscription', { subscribedTopicNames: null }),
    'an assignor that is none': beat('assignor', { serverAssignor: 'bogus' }),
    'who was never there leaves': beat('leave', { memberEpoch: -1, memberId: MEMBER }),
    'leaves for a while without an instance id': beat('leave-static', { memberEpoch: -2, memberId: MEMBER }),
    'joins and owns already': beat('owns', { topicPartitions: [{ topicId: UNKNOWN_ID, partitions: [0] }] }),
    'joins without a word on what it owns': beat('owns-null', { topicPartitions: null }),
    'an empty instance id': beat('instance', { instanceId: '' }),
    'an empty rack': beat('rack', { rackId: '' }),
  }),
  ...variants(68, [1], {
    'no member id': beat('no-member', { memberId: '' }),
    'a regular expression that is none': beat('regex', { subscribedTopicRegex: '(', subscribedTopicNames: null }),
    joins: beat('consumers', {}),
  }),
  ...variants(69, undefined, { 'groups of both kinds and none': { groupIds: ['nobody', '', 'g'] } }),
  ...variants(15, [5, 6], { 'a consumer group': { groups: ['consumers-1'] } }),
  ...variants(69, undefined, { 'a group with a member': { groupIds: ['consumers-1'] } }),
  commit(
    'a member of a consumer group',
    {},
    { groupId: 'consumers-1', generationIdOrMemberEpoch: 1, memberId: MEMBER },
    [9],
  ),
  commit(
    'a stale member of a consumer group',
    {},
    { groupId: 'consumers-1', generationIdOrMemberEpoch: 0, memberId: MEMBER },
    [9],
  ),
  commit(
    'a member of a consumer group ahead of it',
    {},
    { groupId: 'consumers-1', generationIdOrMemberEpoch: 9, memberId: MEMBER },
    [9],
  ),
  ...variants(11, [5, 9], {
    'a consumer group, without a member id': (version) => ({ ...IN_CONSUMERS(version), protocols: RANGE }),
    'a consumer group, with metadata that is none': IN_CONSUMERS,
    'a consumer group, as its member': (version) => ({ ...IN_CONSUMERS(version), memberId: MEMBER, protocols: RANGE }),
    'a consumer group, as who is not there': (version) => ({
      ...IN_CONSUMERS(version),
      memberId: 'x',
      protocols: RANGE,
    }),
  }),
  ...variants(12, [4], {
    'a consumer group, as its member': { groupId: 'consumers-1', generationId: 1, memberId: MEMBER },
  }),
  ...variants(42, [2], { 'a consumer group with members': { groupsNames: ['consumers-1'] } }),
];

export const GROUP_CASES: readonly AnswerCase[] = [
  ...COORDINATOR,
  ...COMMIT,
  ...FETCH_OFFSETS,
  ...CLASSIC,
  ...CONSUMER,
];
