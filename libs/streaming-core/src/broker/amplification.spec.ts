import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { ERROR } from '../wire/error-codes.js';

/** Naming one thing very often costs a client a few bytes each time; what it gets must not grow with what that thing holds. */
const OFTEN = 5_000;
const PARTITIONS = 20;

let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: PARTITIONS }, config: { 'max.partitions': '100' } });
  client = new RawClient(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

const often = <T>(value: T): T[] => Array.from({ length: OFTEN }, () => value);

describe('what is named very often is answered once', () => {
  it('all offsets of a group', async () => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
      ...{ partitionIndex, committedOffset: 1n, committedMetadata: '' },
    }));
    await client.ask(8, 9, { groupId: 'g', topics: [{ name: 'rides', partitions }] });
    const { groups } = await client.ask(9, 9, { groups: often({ groupId: 'g', topics: null }) });
    expect(groups.map(({ topics }) => topics[0]!.partitions.length)).toEqual([PARTITIONS]);
  });

  it('the producers of a partition', async () => {
    const topic = { name: 'rides', partitionIndexes: often(0) };
    const { topics } = await client.ask(61, 0, { topics: [topic, topic] });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([1]);
  });

  it('coordinators, and groups to delete', async () => {
    const { coordinators } = await client.ask(10, 4, { keyType: 0, coordinatorKeys: often('g') });
    const { results } = await client.ask(42, 2, { groupsNames: often('no such group') });
    expect([coordinators.length, results.length]).toEqual([1, 1]);
  });

  it('transactions, groups, topics, configs', async () => {
    const { transactionStates } = await client.ask(65, 0, { transactionalIds: often('t') });
    const { groups } = await client.ask(15, 5, { groups: often('g') });
    const described = await client.ask(69, 0, { groupIds: often('g'), includeAuthorizedOperations: false });
    const { topics } = await client.ask(3, 12, { topics: often({ name: 'rides' }) });
    const paged = await client.ask(75, 0, { topics: often({ name: 'rides' }), cursor: null });
    const resource = { resourceType: 2, resourceName: 'rides', configurationKeys: null };
    const { results } = await client.ask(32, 4, { resources: often(resource) });
    const listed = await client.ask(74, 1, { resourceTypes: often(2) });
    const answers = [transactionStates, groups, described.groups, topics, paged.topics, results];
    expect(answers.map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(listed.configResources.length).toBeLessThan(10);
  });
});

it('more topics than the broker could ever hold are refused without a look at each', async () => {
  const topics = Array.from({ length: 101 }, (_, index) => ({
    ...{ name: `t${index}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  }));
  const created = await client.ask(19, 7, { topics, timeoutMs: 1_000, validateOnly: true });
  expect(new Set(created.topics.map(({ errorCode }) => errorCode))).toEqual(new Set([ERROR.POLICY_VIOLATION]));
  expect(created.topics.flatMap(({ configs }) => configs)).toEqual([]);
});
