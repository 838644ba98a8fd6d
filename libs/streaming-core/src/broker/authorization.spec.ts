import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { plain } from '../../test/sasl-client.js';
import { startSecureBroker, type SecureBroker } from '../../test/secure-broker.js';
import { MemoryStorage } from '../ports/memory/memory-storage.js';
import { OPERATION, PATTERN_TYPE, PERMISSION, RESOURCE_TYPE } from '../security/acl.js';
import { APIS, type ApiKey, type RequestInput } from '../wire/apis/registry.js';
import { ERROR, errorName } from '../wire/error-codes.js';
import { encodeBatch } from '../wire/records/record-codec.js';
import { API_AUTHORIZATION } from './security/api-authorization.js';

const storage = new MemoryStorage();
let secure: SecureBroker;
let admin: RawClient;
let nobody: RawClient;

const config = {
  listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
  'sasl.enabled.mechanisms': 'PLAIN',
  'authorizer.class.name': 'StandardAuthorizer',
  'super.users': 'User:admin',
};
const users = { admin: 'a', nobody: 'n', alice: 'l' };

async function newClient(user: keyof typeof users): Promise<RawClient> {
  const client = new RawClient(secure.port('SASL_PLAINTEXT'));
  expect((await plain(client, user, users[user])).errorCode).toBe(0);
  return client;
}

beforeAll(async () => {
  secure = await startSecureBroker({ config, users, storage });
  secure.broker.createTopic({ name: 'rides', partitions: 1, configs: {} });
  admin = await newClient('admin');
  nobody = await newClient('nobody');
  await admin.ask(10, 0, { key: 'g' });
  const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }];
  await admin.ask(8, 2, { groupId: 'g', topics: [{ name: 'rides', partitions }] });
});

afterAll(async () => {
  admin.close();
  nobody.close();
  await secure.stop();
});

const batch = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
const producer = { producerId: 1n, producerEpoch: 0 };
const acl = { resourceType: 2, resourceName: 'x', principal: 'User:x', host: '*', operation: 3, permissionType: 3 };
const aclFilter = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const noWait = { timeoutMs: 1_000 };

/** One request per API, in one version, that a client without rights must not have answered. */
const REQUESTS: { readonly [K in ApiKey]: readonly [version: number, body: RequestInput<K>] } = {
  0: [7, { acks: -1, ...noWait, topicData: [{ name: 'rides', partitionData: [{ index: 0, records: batch }] }] }],
  1: [
    11,
    {
      maxWaitMs: 0,
      minBytes: 1,
      topics: [{ topic: 'rides', partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }] }],
      rackId: '',
    },
  ],
  2: [1, { replicaId: -1, topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] }],
  3: [4, { topics: [{ name: 'rides' }, { name: 'new' }], allowAutoTopicCreation: true }],
  8: [
    2,
    {
      groupId: 'g',
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, committedOffset: 2n, committedMetadata: '' }] }],
    },
  ],
  9: [7, { groupId: 'g', topics: null }],
  10: [4, { coordinatorKeys: ['g'] }],
  11: [2, { groupId: 'g', sessionTimeoutMs: 6_000, memberId: '', protocolType: 'consumer', protocols: [] }],
  12: [1, { groupId: 'g', generationId: 1, memberId: 'm' }],
  13: [3, { groupId: 'g', members: [{ memberId: 'm' }] }],
  14: [1, { groupId: 'g', generationId: 1, memberId: 'm', assignments: [] }],
  15: [4, { groups: ['g'] }],
  16: [4, {}],
  17: [1, { mechanism: 'PLAIN' }],
  18: [0, {}],
  19: [
    4,
    { topics: [{ name: 'new', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }], ...noWait },
  ],
  20: [5, { topicNames: ['rides'], ...noWait }],
  21: [1, { topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, offset: 0n }] }], ...noWait }],
  22: [1, { transactionalId: null, transactionTimeoutMs: 1_000 }],
  23: [2, { topics: [{ topic: 'rides', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }],
  24: [
    1,
    {
      v3AndBelowTransactionalId: 't',
      v3AndBelowProducerId: 1n,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [{ name: 'rides', partitions: [0] }],
    },
  ],
  25: [1, { transactionalId: 't', ...producer, groupId: 'g' }],
  26: [1, { transactionalId: 't', ...producer, committed: true }],
  27: [
    1,
    {
      markers: [
        {
          ...producer,
          transactionResult: true,
          topics: [{ name: 'rides', partitionIndexes: [0] }],
          coordinatorEpoch: 0,
        },
      ],
    },
  ],
  28: [
    2,
    {
      transactionalId: 't',
      groupId: 'g',
      ...producer,
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }] }],
    },
  ],
  29: [1, aclFilter],
  30: [1, { creations: [acl] }],
  31: [1, { filters: [aclFilter] }],
  32: [1, { resources: [{ resourceType: 2, resourceName: 'rides', configurationKeys: null }] }],
  33: [0, { resources: [{ resourceType: 2, resourceName: 'rides', configs: [] }], validateOnly: true }],
  34: [1, { dirs: [{ path: '/data', topics: [{ name: 'rides', partitions: [0] }] }] }],
  35: [3, { topics: null }],
  36: [2, { authBytes: Buffer.alloc(0) }],
  37: [1, { topics: [{ name: 'rides', count: 2, assignments: null }], ...noWait, validateOnly: true }],
  42: [1, { groupsNames: ['g'] }],
  43: [1, { electionType: 0, topicPartitions: [{ topic: 'rides', partitions: [0] }], ...noWait }],
  44: [0, { resources: [{ resourceType: 2, resourceName: 'rides', configs: [] }], validateOnly: true }],
  45: [0, { topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, replicas: [1] }] }] }],
  46: [0, { topics: null }],
  47: [0, { groupId: 'g', topics: [{ name: 'rides', partitions: [{ partitionIndex: 0 }] }] }],
  48: [0, { components: [], strict: false }],
  49: [
    0,
    {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'a' }],
          ops: [{ key: 'request_percentage', value: 5, remove: false }],
        },
      ],
      validateOnly: true,
    },
  ],
  50: [0, { users: null }],
  51: [0, { deletions: [{ name: 'alice', mechanism: 1 }], upsertions: [] }],
  57: [1, { featureUpdates: [{ feature: 'x', maxVersionLevel: 1 }] }],
  60: [0, { includeClusterAuthorizedOperations: true }],
  61: [0, { topics: [{ name: 'rides', partitionIndexes: [0] }] }],
  65: [0, { transactionalIds: ['t'] }],
  66: [0, { stateFilters: [], producerIdFilters: [] }],
  68: [0, { groupId: 'g', memberId: '', memberEpoch: 0, rebalanceTimeoutMs: 1_000, subscribedTopicNames: ['rides'] }],
  69: [0, { groupIds: ['g'], includeAuthorizedOperations: false }],
  74: [1, { resourceTypes: [2] }],
  75: [0, { topics: [{ name: 'rides' }], cursor: null }],
};

async function ask(client: RawClient, key: ApiKey): Promise<object> {
  const [version, body] = REQUESTS[key];
  // The table pairs each key with its own body; that cannot be said about a key that is not known until run time.
  const untyped = client.ask.bind(client) as (key: ApiKey, version: number, body: object) => Promise<object>;
  return untyped(key, version, body);
}

/** Every error in an answer, however deep. */
function errorsIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /errorCode$/i.test(name) && typeof inner === 'number' ? [errorName(inner)] : errorsIn(inner),
  );
}

const isRefusal = (name: string): boolean => name.endsWith('_AUTHORIZATION_FAILED');

describe('every API asks who may', () => {
  it('and says so for exactly the APIs that are served', async () => {
    const { apiKeys } = await admin.ask(18, 0, {});
    for (const { apiKey } of apiKeys) expect(API_AUTHORIZATION).toHaveProperty(String(apiKey));
  });

  it.each(Object.values(APIS).map(({ key, name }) => [name, key] as const))('%s (%i)', async (_, key) => {
    const isServed = (await admin.ask(18, 0, {})).apiKeys.some(({ apiKey }) => apiKey === key);
    if (!isServed) throw new Error(`API ${key} is described and has a decision, but nobody serves it`);
    const rule = API_AUTHORIZATION[key];
    const answer = await ask(nobody, key);
    const errors = errorsIn(answer);
    if ('refusal' in rule) {
      expect(errors).toContain(rule.refusal);
      // Nothing of it was done beside the refusal.
      expect(errors.filter((name) => !isRefusal(name) && name !== 'NONE')).toEqual([]);
    } else if ('hides' in rule) {
      expect(Object.values(answer).filter((value) => Array.isArray(value) && value.length > 0)).toEqual([]);
    } else {
      expect(errors.filter(isRefusal)).toEqual([]);
    }
  });

  it('does for a super user what it refuses to others', async () => {
    for (const { key } of Object.values(APIS)) {
      // What would take away what others here look at.
      if ([20, 31, 42, 51].includes(key)) continue;
      expect([key, ...errorsIn(await ask(admin, key)).filter(isRefusal)]).toEqual([key]);
    }
  });
});

describe('rules', () => {
  const allow = (operation: keyof typeof OPERATION, name: string, change: object = {}) =>
    admin.ask(30, 2, {
      creations: [
        {
          resourceType: RESOURCE_TYPE.TOPIC,
          resourceName: name,
          resourcePatternType: PATTERN_TYPE.LITERAL,
          principal: 'User:alice',
          host: '*',
          operation: OPERATION[operation],
          permissionType: PERMISSION.ALLOW,
          ...change,
        },
      ],
    });

  it('show only what may be seen, at once when they change, and with what may be done', async () => {
    secure.broker.createTopic({ name: 'payments', partitions: 1, configs: {} });
    const alice = await newClient('alice');
    const seen = async () => (await alice.ask(3, 8, { topics: null, includeTopicAuthorizedOperations: true })).topics;
    expect(await seen()).toEqual([]);
    expect(await allow('READ', 'pay', { resourcePatternType: PATTERN_TYPE.PREFIXED })).toMatchObject({
      results: [{ errorCode: 0 }],
    });
    const [topic, ...more] = await seen();
    expect(more).toEqual([]);
    expect(topic).toMatchObject({
      name: 'payments',
      topicAuthorizedOperations: (1 << OPERATION.READ) | (1 << OPERATION.DESCRIBE),
    });
    await allow('DESCRIBE', 'payments', { permissionType: PERMISSION.DENY });
    expect(await seen()).toEqual([]);
    alice.close();
  });

  it('are described and removed by filter, and outlive a restart', async () => {
    const filter = { ...aclFilter, resourceTypeFilter: 2, resourceNameFilter: 'payments', patternTypeFilter: 2 };
    const { resources } = await admin.ask(29, 2, filter);
    expect(resources).toHaveLength(2);
    const { filterResults } = await admin.ask(31, 2, { filters: [{ ...filter, permissionType: 2 }] });
    expect(filterResults[0]!.matchingAcls).toMatchObject([{ errorCode: 0, operation: 8, permissionType: 2 }]);
    await secure.stop();
    secure = await startSecureBroker({ config, storage });
    admin = await newClient('admin');
    nobody = await newClient('nobody');
    expect((await admin.ask(29, 2, filter)).resources).toMatchObject([
      { resourceName: 'pay', patternType: 4, acls: [{ principal: 'User:alice', operation: 3 }] },
    ]);
  });

  it.each([
    ['of a resource type that is unknown', { resourceType: 99 }],
    ['of any resource type', { resourceType: 1 }],
    ['of a pattern that is no pattern', { resourcePatternType: 2 }],
    ['for nobody', { principal: 'alice' }],
    ['without a name', { resourceName: '' }],
    ['of another cluster', { resourceType: 4 }],
    ['of an operation that is unknown', { operation: 0 }],
  ])('are refused %s', async (_, change) => {
    const { results } = await allow('READ', 'x', change);
    expect(results[0]!.errorCode).toBe(ERROR.INVALID_REQUEST);
  });
});

it('without an authorizer there are no rules to change', async () => {
  await using open = await startSecureBroker({ config: { listeners: 'PLAINTEXT://127.0.0.1:0' } });
  const client = new RawClient(open.port('PLAINTEXT'));
  expect(await client.ask(29, 1, aclFilter)).toMatchObject({ errorCode: ERROR.SECURITY_DISABLED });
  expect((await client.ask(30, 1, { creations: [acl] })).results).toMatchObject([{ errorCode: 54 }]);
  expect((await client.ask(31, 1, { filters: [aclFilter] })).filterResults).toMatchObject([{ errorCode: 54 }]);
  client.close();
});
