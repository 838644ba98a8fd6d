import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { APIS, type ApiKey, type RequestInput } from '../wire/apis/registry.js';
import { encodeBatch } from '../wire/records/record-codec.js';

let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 2 } });
  client = new RawClient(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

const topicId = async (): Promise<string> =>
  (await client.ask(3, 12, { topics: [{ name: 'rides' }] })).topics[0]!.topicId;

const PRODUCER = { transactionalId: 'every-version', producerId: 1n, producerEpoch: 0 };
const ANY_RULE = { resourceNameFilter: null, principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 };

/** A request that makes sense in every version; fields that a version lacks are left out by hand where they must not be sent. */
const REQUESTS: { [K in ApiKey]?: (version: number) => RequestInput<K> | Promise<RequestInput<K>> } = {
  0: async (version) => {
    const records = encodeBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1n }] });
    const topic = version >= 13 ? { topicId: await topicId() } : { name: 'rides' };
    return { acks: -1, timeoutMs: 1_000, topicData: [{ ...topic, partitionData: [{ index: 0, records }] }] };
  },
  1: async (version) => {
    const topic = version >= 13 ? { topicId: await topicId() } : { topic: 'rides' };
    const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000 }];
    return { maxWaitMs: 0, minBytes: 1, topics: [{ ...topic, partitions }], rackId: '' };
  },
  2: () => ({ replicaId: -1, topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] }),
  3: () => ({ topics: [{ name: 'rides' }] }),
  8: async (version) => {
    const topic = version >= 10 ? { topicId: await topicId() } : { name: 'rides' };
    const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }];
    return { groupId: 'every-version', topics: [{ ...topic, partitions }] };
  },
  9: async (version) => {
    const partitionIndexes = [0];
    if (version < 8) return { groupId: 'every-version', topics: [{ name: 'rides', partitionIndexes }] };
    const topic = version >= 10 ? { topicId: await topicId() } : { name: 'rides' };
    return { groups: [{ groupId: 'every-version', topics: [{ ...topic, partitionIndexes }] }] };
  },
  10: (version) => (version < 4 ? { key: 'every-version' } : { coordinatorKeys: ['every-version'] }),
  11: (version) => ({
    groupId: `join-${version}`,
    sessionTimeoutMs: 1_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  }),
  12: () => ({ groupId: 'every-version', generationId: 1, memberId: 'x' }),
  13: (version) => ({
    groupId: 'every-version',
    ...(version < 3 ? { memberId: 'x' } : { members: [{ memberId: 'x' }] }),
  }),
  14: () => ({ groupId: 'every-version', generationId: 1, memberId: 'x', assignments: [] }),
  15: () => ({ groups: ['every-version', 'nobody'] }),
  16: () => ({}),
  17: () => ({ mechanism: 'PLAIN' }),
  18: (version) => (version < 3 ? {} : { clientSoftwareName: 'spec', clientSoftwareVersion: '1.0' }),
  19: (version) => ({
    topics: [
      {
        name: `created-${version}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'retention.ms', value: '1' }],
      },
    ],
    timeoutMs: 1_000,
  }),
  20: (version) => ({
    timeoutMs: 1_000,
    ...(version < 6 ? { topicNames: ['nobody'] } : { topics: [{ name: 'nobody', topicId: 'A'.repeat(22) }] }),
  }),
  21: () => ({ topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, offset: 0n }] }], timeoutMs: 1_000 }),
  22: () => ({ transactionalId: null, transactionTimeoutMs: 1_000 }),
  23: (version) => ({
    topics: [{ topic: 'rides', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    ...(version >= 3 ? { replicaId: -1 } : {}),
  }),
  24: (version) =>
    version < 4
      ? { v3AndBelowTransactionalId: 'every-version', v3AndBelowProducerId: 1n, v3AndBelowProducerEpoch: 0 }
      : { transactions: [{ ...PRODUCER, verifyOnly: false, topics: [{ name: 'rides', partitions: [0] }] }] },
  25: () => ({ ...PRODUCER, groupId: 'every-version' }),
  26: () => ({ ...PRODUCER, committed: true }),
  27: () => ({
    markers: [
      {
        producerId: 1n,
        producerEpoch: 0,
        transactionResult: false,
        topics: [{ name: 'nobody', partitionIndexes: [0] }],
        coordinatorEpoch: 0,
      },
    ],
  }),
  28: () => ({
    ...PRODUCER,
    groupId: 'every-version',
    topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }] }],
  }),
  29: () => ({ resourceTypeFilter: 1, ...ANY_RULE }),
  30: () => ({
    creations: [
      {
        resourceType: 2,
        resourceName: 'rides',
        principal: 'User:a',
        host: '*',
        operation: 2,
        permissionType: 3,
      },
    ],
  }),
  31: () => ({ filters: [{ resourceTypeFilter: 2, ...ANY_RULE }] }),
  32: (version) => ({
    resources: [
      { resourceType: 2, resourceName: 'rides', configurationKeys: null },
      { resourceType: 4, resourceName: '1', configurationKeys: null },
    ],
    includeSynonyms: true,
    ...(version >= 3 ? { includeDocumentation: true } : {}),
  }),
  33: () => ({
    resources: [{ resourceType: 2, resourceName: 'rides', configs: [{ name: 'retention.ms', value: '1000000' }] }],
    validateOnly: true,
  }),
  34: () => ({ dirs: [{ path: '/nowhere', topics: [{ name: 'rides', partitions: [0] }] }] }),
  35: () => ({ topics: null }),
  36: () => ({ authBytes: Buffer.alloc(0) }),
  37: (version) => ({
    topics: [{ name: 'rides', count: 3 + version, assignments: null }],
    timeoutMs: 1_000,
    validateOnly: false,
  }),
  42: () => ({ groupsNames: ['nobody'] }),
  43: (version) => ({
    topicPartitions: [{ topic: 'rides', partitions: [0] }],
    ...(version >= 1 ? { electionType: 0 } : {}),
  }),
  44: () => ({
    resources: [
      { resourceType: 2, resourceName: 'rides', configs: [{ name: 'retention.ms', configOperation: 1, value: null }] },
    ],
    validateOnly: false,
  }),
  45: () => ({ topics: [{ name: 'rides', partitions: [{ partitionIndex: 0, replicas: [1] }] }] }),
  46: () => ({ topics: null }),
  47: () => ({ groupId: 'every-version', topics: [{ name: 'rides', partitions: [{ partitionIndex: 0 }] }] }),
  48: () => ({ components: [], strict: false }),
  49: () => ({
    entries: [
      {
        entity: [{ entityType: 'user', entityName: 'a' }],
        ops: [{ key: 'request_percentage', value: 5, remove: false }],
      },
    ],
    validateOnly: true,
  }),
  50: () => ({ users: null }),
  51: () => ({ deletions: [{ name: 'nobody', mechanism: 1 }], upsertions: [] }),
  57: (version) => ({
    featureUpdates: [{ feature: 'nobody', maxVersionLevel: 1, ...(version < 1 ? { allowDowngrade: false } : {}) }],
  }),
  60: () => ({ includeClusterAuthorizedOperations: false }),
  61: () => ({ topics: [{ name: 'rides', partitionIndexes: [0] }] }),
  65: () => ({ transactionalIds: ['every-version'] }),
  66: () => ({ stateFilters: [], producerIdFilters: [] }),
  68: (version) => ({
    groupId: `consumer-${version}`,
    memberId: version === 0 ? '' : '00000000-0000-4000-8000-000000000000',
    memberEpoch: 0,
    rebalanceTimeoutMs: 1_000,
    subscribedTopicNames: ['rides'],
    topicPartitions: [],
  }),
  69: () => ({ groupIds: ['every-version'], includeAuthorizedOperations: true }),
  74: (version) => (version === 0 ? {} : { resourceTypes: [2, 4] }),
  75: () => ({ topics: [{ name: 'rides' }], cursor: null }),
};

describe('every API in every version', () => {
  const asked = Object.values(APIS).filter(({ key }) => key in REQUESTS);
  const versions = asked.flatMap((api) =>
    Array.from(
      { length: api.versions.max - api.versions.min + 1 },
      (_, index) => [api.name, api.key, api.versions.min + index] as const,
    ),
  );

  it.each(versions)('%s (%i) version %i is answered', async (_, key, version) => {
    await expect(askAny(key, version)).resolves.toBeDefined();
  });

  it('asks every API that is advertised, so that none is left out here', async () => {
    const { apiKeys } = await client.ask(18, 0, {});
    expect(asked.map(({ key }) => key)).toEqual(apiKeys.map(({ apiKey }) => apiKey).sort((a, b) => a - b));
  });

  async function askAny(key: ApiKey, version: number): Promise<object> {
    // The table pairs each key with its own body; that cannot be said about a key that is not known until run time.
    const ask = client.ask.bind(client) as (key: ApiKey, version: number, body: object) => Promise<object>;
    return ask(key, version, await REQUESTS[key]!(version));
  }
});

it('answers strictly in the order of the requests, though the first waits', async () => {
  const waiting = new RawClient(broker.port);
  const end = (
    await waiting.ask(2, 1, {
      replicaId: -1,
      topics: [{ name: 'rides', partitions: [{ partitionIndex: 1, timestamp: -1n }] }],
    })
  ).topics[0]!.partitions[0]!.offset;
  const partitions = [{ partition: 1, fetchOffset: end, partitionMaxBytes: 1_000 }];
  const fetch = waiting.send(1, 11, {
    maxWaitMs: 5_000,
    minBytes: 1,
    topics: [{ topic: 'rides', partitions }],
    rackId: '',
  });
  const metadata = waiting.send(3, 1, { topics: [] });
  await until(() => broker.metrics().fetchesWaiting === 1);
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('wake up'), timestamp: 1n }] });
  await client.ask(0, 7, {
    acks: -1,
    timeoutMs: 1_000,
    topicData: [{ name: 'rides', partitionData: [{ index: 1, records }] }],
  });
  expect((await waiting.frame())!.readInt32BE(0)).toBe(fetch);
  expect((await waiting.frame())!.readInt32BE(0)).toBe(metadata);
  waiting.close();
});

it('sends no answer to acks=0, and goes on', async () => {
  const records = encodeBatch({ records: [{ key: null, value: Buffer.from('silent'), timestamp: 1n }] });
  client.send(0, 7, {
    acks: 0,
    timeoutMs: 1_000,
    topicData: [{ name: 'rides', partitionData: [{ index: 0, records }] }],
  });
  expect((await client.ask(3, 1, { topics: [] })).brokers).toHaveLength(1);
});

it('lets a fetch wait for min_bytes, and answers with what is there when the time is over', async () => {
  const partitions = [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }];
  const request = { maxWaitMs: 50, minBytes: 1_000_000, topics: [{ topic: 'rides', partitions }], rackId: '' };
  const { responses } = await client.ask(1, 11, request);
  expect(responses[0]!.partitions[0]!.records!.length).toBeGreaterThan(0);
});

it('frees a waiting fetch when its client goes', async () => {
  const leaving = new RawClient(broker.port);
  const partitions = [{ partition: 1, fetchOffset: 1n, partitionMaxBytes: 1_000 }];
  leaving.send(1, 11, { maxWaitMs: 60_000, minBytes: 1_000_000, topics: [{ topic: 'rides', partitions }], rackId: '' });
  await until(() => broker.metrics().fetchesWaiting === 1);
  leaving.close();
  await until(() => broker.metrics().fetchesWaiting === 0);
});

async function until(condition: () => boolean): Promise<void> {
  for (let left = 1_000; !condition(); left--) {
    if (left === 0) throw new Error('the condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
