import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';

/** What is expected here is what Apache Kafka 4.1 answered to the same bytes, unless a test says otherwise. */

const INVALID_REQUEST = 42;
let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 2, doomed: 1 }, config: { 'max.partitions': '6' } });
  client = new RawClient(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

const create = async (name: string, configs: { name: string; value: string }[] = []) => {
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs };
  const { topics } = await client.ask(19, 7, { topics: [topic], timeoutMs: 1_000, validateOnly: true });
  return topics[0]!.errorCode;
};

it('names a topic once in its metadata, however often it is asked for', async () => {
  const { topics } = await client.ask(3, 12, { topics: [{ name: 'rides' }, { name: 'rides' }, { name: 'rides' }] });
  expect(topics.map(({ name }) => name)).toEqual(['rides']);
});

it('describes a resource and a group once, however often they are asked for', async () => {
  const resource = { resourceType: 2, resourceName: 'rides', configurationKeys: null };
  expect((await client.ask(32, 4, { resources: [resource, resource] })).results).toHaveLength(1);
  expect((await client.ask(15, 5, { groups: ['g', 'g'] })).groups).toHaveLength(1);
});

it('refuses to delete or to grow a topic that a request names twice', async () => {
  const deleted = await client.ask(20, 5, { topicNames: ['doomed', 'doomed'], timeoutMs: 1_000 });
  expect(deleted.responses).toMatchObject([{ name: 'doomed', errorCode: INVALID_REQUEST }]);
  const grown = [3, 4].map((count) => ({ name: 'rides', count, assignments: null }));
  const { results } = await client.ask(37, 3, { topics: grown, timeoutMs: 1_000, validateOnly: false });
  expect(results).toMatchObject([{ name: 'rides', errorCode: INVALID_REQUEST }]);
  const { topics } = await client.ask(3, 12, { topics: [{ name: 'rides' }, { name: 'doomed' }] });
  expect(topics.map(({ partitions }) => partitions.length)).toEqual([2, 1]);
});

it('refuses a topic whose name differs from another in . and _ alone', async () => {
  const topic = { name: 'a.b', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await client.ask(19, 7, { topics: [topic], timeoutMs: 1_000, validateOnly: false });
  expect([await create('a_b'), await create('a_c')]).toEqual([17, 0]);
});

it('refuses a topic config that is called like a property of every object', async () => {
  expect(await create('odd', [{ name: '__proto__', value: '1' }])).toBe(40);
});

it('refuses half of a producer identity', async () => {
  const half = { transactionalId: null, transactionTimeoutMs: 1_000, producerId: -1n, producerEpoch: 3 };
  expect((await client.ask(22, 4, half)).errorCode).toBe(INVALID_REQUEST);
});

it('tells who asks for a share group at once, with an error that is not retried (Apache Kafka serves them)', async () => {
  const { coordinators } = await client.ask(10, 6, { keyType: 2, coordinatorKeys: ['x'] });
  expect(coordinators[0]!.errorCode).toBe(INVALID_REQUEST);
});

it('says that there is no coordinator, and goes on, when its topic cannot be created', async () => {
  // Eight partitions more would be beyond max.partitions.
  const { coordinators } = await client.ask(10, 4, { keyType: 0, coordinatorKeys: ['g', ''] });
  expect(coordinators.map(({ errorCode }) => errorCode)).toEqual([15, 15]);
});

it('shows no metadata or assignments of a group between two generations', async () => {
  const joined = await client.ask(11, 3, {
    groupId: 'between',
    sessionTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
  });
  expect(joined.errorCode).toBe(0);
  const { groups } = await client.ask(15, 5, { groups: ['between'] });
  expect(groups[0]).toMatchObject({
    groupState: 'CompletingRebalance',
    protocolData: '',
    members: [{ memberMetadata: Buffer.alloc(0), memberAssignment: Buffer.alloc(0) }],
  });
});

it('tells kinds of endpoints that it has not from kinds that nobody has', async () => {
  const ask = (endpointType: number) => client.ask(60, 2, { includeClusterAuthorizedOperations: false, endpointType });
  expect(await ask(2)).toMatchObject({ errorCode: 114, endpointType: 1, brokers: [] });
  expect(await ask(3)).toMatchObject({ errorCode: 115, endpointType: 1, brokers: [] });
});

it('refuses topic ids in versions of Metadata that have the field and do not use it', async () => {
  const { topics: known } = await client.ask(3, 12, { topics: [{ name: 'rides' }] });
  const byId = { name: null, topicId: known[0]!.topicId };
  expect(await client.ask(3, 11, { topics: [byId] })).toMatchObject({
    brokers: [],
    topics: [{ errorCode: INVALID_REQUEST, name: '', topicId: byId.topicId }],
  });
  expect((await client.ask(3, 12, { topics: [byId] })).topics).toMatchObject([{ errorCode: 0, name: 'rides' }]);
});

it('asks members of the newer SyncGroup which protocol they believe in', async () => {
  const sync = { groupId: 'nobody', generationId: 1, memberId: 'x', assignments: [] };
  expect((await client.ask(14, 5, sync)).errorCode).toBe(23);
  expect((await client.ask(14, 4, sync)).errorCode).toBe(25);
});

it('says what may be done with a group that does not exist, where that is no error', async () => {
  const ask = async (version: number) =>
    (await client.ask(15, version, { groups: ['nobody'], includeAuthorizedOperations: true })).groups[0]!;
  expect(await ask(5)).toMatchObject({ errorCode: 0, groupState: 'Dead', authorizedOperations: 3400 });
  expect(await ask(6)).toMatchObject({ errorCode: 69, authorizedOperations: -2147483648 });
});
