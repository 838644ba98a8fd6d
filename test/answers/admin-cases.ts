import { UNKNOWN_ID, variants, ZERO_ID, type AnswerCase, type Body } from './case.ts';

const create =
  (topic: Body) =>
  (version: number): Body => ({
    topics: [
      { name: `created-${version}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [], ...topic },
    ],
    timeoutMs: 3_000,
    validateOnly: true,
  });
const assigned = (partitionIndex: number, brokerId: number): Body => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: [{ partitionIndex, brokerIds: [brokerId] }],
});

const TOPICS = [
  ...variants(19, [2, 4, 5, 7], {
    'a topic': create({}),
    'a topic that is there': create({ name: 'rides' }),
    'no partitions': create({ numPartitions: 0 }),
    'partitions -2': create({ numPartitions: -2 }),
    'three replicas': create({ replicationFactor: 3 }),
    'no replicas': create({ replicationFactor: 0 }),
    'a name that cannot be': create({ name: '../x' }),
    'no name': create({ name: '' }),
    'a config that is none': create({ configs: [{ name: 'bogus', value: '1' }] }),
    'a config value that cannot be': create({ configs: [{ name: 'retention.ms', value: 'x' }] }),
    'a config without a value': create({ configs: [{ name: 'retention.ms', value: null }] }),
    defaults: create({ numPartitions: -1, replicationFactor: -1 }),
    'an assignment': create(assigned(0, 1)),
    'an assignment to nobody': create(assigned(0, 9)),
    'an assignment with a gap': create(assigned(1, 1)),
    'an assignment and a count': create({ ...assigned(0, 1), numPartitions: 1, replicationFactor: 1 }),
  }),
  ...variants(20, undefined, {
    'a topic that is not there': (version) => ({
      ...(version < 6 ? { topicNames: ['nobody'] } : { topics: [{ name: 'nobody' }] }),
      timeoutMs: 3_000,
    }),
  }),
  ...variants(20, [6], {
    'an id that is not there': { topics: [{ topicId: UNKNOWN_ID, name: null }], timeoutMs: 3_000 },
    'neither name nor id': { topics: [{ topicId: ZERO_ID, name: null }], timeoutMs: 3_000 },
  }),
  {
    apiKey: 20,
    name: 'name and id',
    versions: [6],
    body: ({ ridesId }) => ({ topics: [{ topicId: ridesId, name: 'rides' }], timeoutMs: 3_000 }),
  } satisfies AnswerCase,
];

const grow = (name: string, count: number, assignments: readonly Body[] | null = null): Body => ({
  name,
  count,
  assignments,
});
const growing = (...topics: Body[]): Body => ({ topics, timeoutMs: 3_000, validateOnly: true });

const PARTITIONS = [
  ...variants(37, undefined, {
    'two more': growing(grow('rides', 4)),
    'as many': growing(grow('rides', 2)),
    fewer: growing(grow('rides', 1)),
    none: growing(grow('rides', 0)),
    'of a topic that is not there': growing(grow('nobody', 3)),
    'an assignment': growing(grow('rides', 3, [{ brokerIds: [1] }])),
    'too many assignments': growing(grow('rides', 3, [{ brokerIds: [1] }, { brokerIds: [1] }])),
    'an assignment to nobody': growing(grow('rides', 3, [{ brokerIds: [9] }])),
    'a topic twice': growing(grow('rides', 4), grow('rides', 5)),
  }),
  ...variants(43, undefined, {
    'what is there and what is not': (version) => ({
      topicPartitions: [
        { topic: 'rides', partitions: [0, 9] },
        { topic: 'nobody', partitions: [0] },
      ],
      timeoutMs: 3_000,
      ...(version >= 1 ? { electionType: 0 } : {}),
    }),
  }),
  ...variants(43, [2], {
    'an election of no type': {
      topicPartitions: [{ topic: 'rides', partitions: [0] }],
      timeoutMs: 3_000,
      electionType: 5,
    },
  }),
  ...variants(45, undefined, {
    'here, cancelled, not there': {
      topics: [
        {
          name: 'rides',
          partitions: [
            { partitionIndex: 0, replicas: [1] },
            { partitionIndex: 1, replicas: null },
            { partitionIndex: 9, replicas: [1] },
          ],
        },
      ],
    },
    'to nobody, to none, twice': {
      topics: [
        {
          name: 'rides',
          partitions: [
            { partitionIndex: 0, replicas: [9] },
            { partitionIndex: 1, replicas: [] },
          ],
        },
        { name: 'other', partitions: [{ partitionIndex: 0, replicas: [1, 1] }] },
      ],
    },
  }),
  ...variants(46, undefined, {
    all: { topics: null },
    'of a topic that is not there': { topics: [{ name: 'nobody', partitionIndexes: [0] }] },
  }),
  ...variants(75, undefined, {
    'a topic and none': { topics: [{ name: 'rides' }, { name: 'nobody' }], cursor: null },
    'from a cursor on': {
      topics: [{ name: 'rides' }],
      cursor: { topicName: 'rides', partitionIndex: 1 },
      responsePartitionLimit: 1,
    },
    'a page of one': { topics: [{ name: 'rides' }, { name: 'other' }], cursor: null, responsePartitionLimit: 1 },
    'a cursor that cannot be': { topics: [{ name: 'rides' }], cursor: { topicName: 'rides', partitionIndex: -1 } },
  }),
];

const describe = (...resources: Body[]): Body => ({
  resources: resources.map((resource) => ({ configurationKeys: null, ...resource })),
  includeSynonyms: true,
});
const change = (name: string, configOperation: number, value: string | null, resource: Body = {}): Body => ({
  resources: [{ resourceType: 2, resourceName: 'rides', configs: [{ name, configOperation, value }], ...resource }],
  validateOnly: true,
});
const alter = (name: string, value: string | null, resource: Body = {}): Body => ({
  resources: [{ resourceType: 2, resourceName: 'rides', configs: [{ name, value }], ...resource }],
  validateOnly: true,
});

const CONFIGS = [
  ...variants(32, [1, 4], {
    'a topic that is not there': describe({ resourceType: 2, resourceName: 'nobody' }),
    'two configs and none': describe({
      resourceType: 2,
      resourceName: 'rides',
      configurationKeys: ['cleanup.policy', 'min.insync.replicas', 'bogus'],
    }),
    'a broker that is not there': describe({ resourceType: 4, resourceName: '9' }),
    'a type that is none': describe({ resourceType: 7, resourceName: 'x' }),
  }),
  ...variants(44, undefined, {
    set: change('retention.ms', 0, '5'),
    'set to nothing': change('retention.ms', 0, null),
    delete: change('retention.ms', 1, null),
    append: change('cleanup.policy', 2, 'compact'),
    'take the last one away': change('cleanup.policy', 3, 'delete'),
    'take away what is not there': change('cleanup.policy', 3, 'compact'),
    'take from a number': change('retention.ms', 3, '1'),
    'a broker that is not there': change('log.retention.ms', 0, '5', { resourceType: 4, resourceName: '9' }),
    'a broker that is no number': change('log.retention.ms', 0, '5', { resourceType: 4, resourceName: 'x' }),
    'append to a number': change('retention.ms', 2, '1'),
    'a config that is none': change('bogus', 0, '1'),
    'a value that cannot be': change('retention.ms', 0, 'x'),
    'a topic that is not there': change('retention.ms', 0, '1', { resourceName: 'nobody' }),
    'a type that is none': change('retention.ms', 0, '1', { resourceType: 7 }),
  }),
  ...variants(33, undefined, {
    'a broker that is not there': alter('log.retention.ms', '5', { resourceType: 4, resourceName: '9' }),
    'an empty list': alter('cleanup.policy', ''),
  }),
  ...variants(33, undefined, { set: alter('retention.ms', '5'), 'a config that is none': alter('bogus', '5') }),
  ...variants(33, [2], { 'set to nothing': alter('retention.ms', null) }),
  ...variants(74, [1], { brokers: { resourceTypes: [4] }, 'a type that is none': { resourceTypes: [7] } }),
];

const quota = (entityType: string, entityName: string | null, key: string, value: number, remove = false): Body => ({
  entries: [{ entity: [{ entityType, entityName }], ops: [{ key, value, remove }] }],
  validateOnly: true,
});
const filter = (...components: Body[]): Body => ({ components, strict: true });

const QUOTAS = [
  ...variants(48, undefined, {
    all: { components: [], strict: false },
    'of nobody': filter({ entityType: 'user', matchType: 0, match: 'nobody' }),
    'of a type that is none': filter({ entityType: 'bogus', matchType: 0, match: 'x' }),
    'by a match that is none': filter({ entityType: 'user', matchType: 9, match: 'x' }),
    'a type twice': filter(
      { entityType: 'user', matchType: 2, match: null },
      { entityType: 'user', matchType: 2, match: null },
    ),
    'addresses and users': filter(
      { entityType: 'ip', matchType: 2, match: null },
      { entityType: 'user', matchType: 2, match: null },
    ),
  }),
  ...variants(49, undefined, {
    set: quota('user', 'a', 'producer_byte_rate', 10),
    'a quota that is none': quota('user', 'a', 'bogus', 10),
    'a type that is none': quota('bogus', 'a', 'producer_byte_rate', 10),
    'of an address, for users': quota('ip', '1.2.3.4', 'producer_byte_rate', 10),
    'of an address': quota('ip', '1.2.3.4', 'connection_creation_rate', 10),
    'of an address that is none': quota('ip', '1.2.3.400', 'connection_creation_rate', 10),
    'of an address of version 6': quota('ip', '::1', 'connection_creation_rate', 10),
    'of an address with an empty name': quota('ip', '', 'connection_creation_rate', 10),
    'of any address': quota('ip', null, 'connection_creation_rate', 10),
    'below zero': quota('user', 'a', 'producer_byte_rate', -1),
    'a fraction': quota('user', 'a', 'producer_byte_rate', 1.5),
    zero: quota('user', 'a', 'producer_byte_rate', 0),
    removed: quota('user', 'a', 'producer_byte_rate', 0, true),
    'the default user': quota('user', null, 'producer_byte_rate', 1),
    'a fraction of the time': quota('client-id', 'a', 'request_percentage', 1.5),
    'of nothing': { entries: [{ entity: [], ops: [] }], validateOnly: true },
  }),
];

const CREDENTIAL = {
  name: 'u',
  mechanism: 1,
  iterations: 4_096,
  salt: Buffer.from('salt'),
  saltedPassword: Buffer.alloc(32),
};
const ANY_RULE = { resourceNameFilter: null, principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 };

const SECURITY = [
  ...variants(17, undefined, { 'where nobody is asked': { mechanism: 'PLAIN' } }),
  ...variants(36, undefined, { 'where nobody is asked': { authBytes: Buffer.from('x') } }),
  ...variants(29, undefined, { 'without an authorizer': { resourceTypeFilter: 1, ...ANY_RULE } }),
  ...variants(30, undefined, {
    'without an authorizer': {
      creations: [
        { resourceType: 2, resourceName: 'r', principal: 'User:a', host: '*', operation: 2, permissionType: 3 },
      ],
    },
  }),
  ...variants(31, undefined, { 'without an authorizer': { filters: [{ resourceTypeFilter: 1, ...ANY_RULE }] } }),
  ...variants(50, undefined, {
    nobody: { users: ['nobody'] },
    'nobody twice': { users: ['nobody', 'nobody'] },
    all: { users: null },
  }),
  ...variants(51, undefined, {
    'too few iterations': { deletions: [], upsertions: [{ ...CREDENTIAL, iterations: 1 }] },
    'too many iterations': { deletions: [], upsertions: [{ ...CREDENTIAL, iterations: 999_999 }] },
    'a mechanism that is none': { deletions: [], upsertions: [{ ...CREDENTIAL, mechanism: 9 }] },
    'no name': { deletions: [], upsertions: [{ ...CREDENTIAL, name: '' }] },
    'deletes what is not there': { deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] },
    'sets and deletes': { deletions: [{ name: 'u', mechanism: 1 }], upsertions: [CREDENTIAL] },
  }),
];

const CLUSTER = [
  ...variants(57, undefined, {
    'a feature that is none': (version) => ({
      featureUpdates: [{ feature: 'bogus', maxVersionLevel: 1 }],
      ...(version >= 1 ? { validateOnly: true } : {}),
    }),
  }),
  ...variants(60, undefined, { brokers: { includeClusterAuthorizedOperations: true } }),
  ...variants(60, [1, 2], {
    controllers: { includeClusterAuthorizedOperations: true, endpointType: 2 },
    'endpoints of no type': { includeClusterAuthorizedOperations: true, endpointType: 3 },
  }),
];

/** Asked last of all: what they delete, others need. */
export const DELETING_CASES: readonly AnswerCase[] = [
  ...variants(20, [5], {
    "the broker's own topics": { topicNames: ['__consumer_offsets', '__transaction_state'], timeoutMs: 3_000 },
  }),
];

export const ADMIN_CASES: readonly AnswerCase[] = [
  ...TOPICS,
  ...PARTITIONS,
  ...CONFIGS,
  ...QUOTAS,
  ...SECURITY,
  ...CLUSTER,
];
