import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { startTestBroker, type TestBroker } from '../testing/test-broker.js';
import { errorName } from '../wire/error-codes.js';
import { encodeBatch } from '../wire/records/record-codec.js';

/** What administrators ask of a broker, over the wire. */

const TOPIC = 2;
const BROKER = 4;
const GROUP = 32;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3];
let broker: TestBroker;
let client: RawClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { rides: 3, events: 2, zones: 1 } });
  client = new RawClient(broker.port);
});

afterAll(async () => {
  client.close();
  await broker.stop();
});

type Change = [name: string, operation: number | undefined, value: string | null];

async function alter(type: number, name: string, changes: Change[], validateOnly = false) {
  const configs = changes.map(([config, operation, value]) => ({ name: config, configOperation: operation!, value }));
  const resources = [{ resourceType: type, resourceName: name, configs }];
  const { responses } = await client.ask(44, 1, { resources, validateOnly });
  return [errorName(responses[0]!.errorCode), responses[0]!.errorMessage] as const;
}

async function describeOne(type: number, name: string, key: string) {
  const resources = [{ resourceType: type, resourceName: name, configurationKeys: [key] }];
  const { results } = await client.ask(32, 4, { resources, includeSynonyms: true, includeDocumentation: true });
  return results[0]!.configs[0];
}

async function produce(topic: string, bytes: number, timestamp = BigInt(Date.now())) {
  const records = encodeBatch({ records: [{ key: Buffer.from('k'), value: Buffer.alloc(bytes), timestamp }] });
  const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(0, 9, { acks: -1, timeoutMs: 5_000, topicData });
  const { errorCode, logAppendTimeMs } = responses[0]!.partitionResponses[0]!;
  return { error: errorName(errorCode), logAppendTimeMs };
}

describe('configs', () => {
  it('of a topic change at once, and back', async () => {
    expect((await produce('rides', 2_000)).error).toBe('NONE');
    expect(await alter(TOPIC, 'rides', [['max.message.bytes', SET, '1000']])).toEqual(['NONE', null]);
    expect((await produce('rides', 2_000)).error).toBe('MESSAGE_TOO_LARGE');
    expect(await describeOne(TOPIC, 'rides', 'max.message.bytes')).toMatchObject({
      value: '1000',
      readOnly: false,
      configSource: 1,
      synonyms: [
        { name: 'max.message.bytes', value: '1000', source: 1 },
        { name: 'message.max.bytes', value: '1048588', source: 5 },
      ],
    });
    expect(await alter(TOPIC, 'rides', [['max.message.bytes', DELETE, null]])).toEqual(['NONE', null]);
    expect((await produce('rides', 2_000)).error).toBe('NONE');
  });

  it('of a topic say whose time its records carry, and how far that may be off', async () => {
    await alter(TOPIC, 'zones', [['message.timestamp.type', SET, 'LogAppendTime']]);
    expect((await produce('zones', 1, 5n)).logAppendTimeMs).toBeGreaterThan(5n);
    await alter(TOPIC, 'zones', [
      ['message.timestamp.type', DELETE, null],
      ['message.timestamp.before.max.ms', SET, '60000'],
      ['message.timestamp.after.max.ms', SET, '60000'],
    ]);
    const now = BigInt(Date.now());
    expect((await produce('zones', 1, now)).error).toBe('NONE');
    expect((await produce('zones', 1, now - 120_000n)).error).toBe('INVALID_TIMESTAMP');
    expect((await produce('zones', 1, now + 120_000n)).error).toBe('INVALID_TIMESTAMP');
  });

  it('append to lists and subtract from them', async () => {
    await alter(TOPIC, 'rides', [['cleanup.policy', APPEND, 'compact']]);
    expect((await describeOne(TOPIC, 'rides', 'cleanup.policy'))?.value).toBe('delete,compact');
    await alter(TOPIC, 'rides', [['cleanup.policy', SUBTRACT, 'compact']]);
    expect((await describeOne(TOPIC, 'rides', 'cleanup.policy'))?.value).toBe('delete');
    expect(await alter(TOPIC, 'rides', [['retention.ms', APPEND, '1']])).toEqual([
      'INVALID_CONFIG',
      "Can't APPEND to key retention.ms because its type is not LIST.",
    ]);
  });

  it('are refused with a sentence that helps, and nothing changes', async () => {
    const refused = async (changes: Change[], type = TOPIC, name = 'rides') => alter(type, name, changes);
    expect(await refused([['retention.ms', SET, '-7']])).toEqual([
      'INVALID_CONFIG',
      'Invalid value -7 for configuration retention.ms: Value must be at least -1',
    ]);
    expect(await refused([['compression.type', SET, 'zstd']])).toEqual([
      'INVALID_CONFIG',
      expect.stringContaining('Only producer is served'),
    ]);
    expect(await refused([['no.such', SET, '1']])).toEqual(['INVALID_CONFIG', 'Unknown topic config name: no.such']);
    expect((await refused([['retention.ms', SET, '1']], TOPIC, 'nobody'))[0]).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect((await refused([['retention.ms', 9, '1']]))[0]).toBe('INVALID_REQUEST');
    expect((await refused([['num.partitions', SET, '2']], BROKER, '7'))[0]).toBe('BROKER_ID_NOT_REGISTERED');
    expect((await refused([['socket.request.max.bytes', SET, '2048']], BROKER, '1'))[1]).toContain(
      'Cannot update these configs dynamically: Set(socket.request.max.bytes)',
    );
    expect((await describeOne(TOPIC, 'rides', 'retention.ms'))?.configSource).toBe(5);
    const both = { resourceType: TOPIC, resourceName: 'rides', configs: [] };
    const { responses } = await client.ask(33, 2, { resources: [both, both], validateOnly: false });
    expect(responses.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_REQUEST']);
  });

  it('are looked at and left alone when they are only to be validated', async () => {
    expect(await alter(TOPIC, 'rides', [['retention.ms', SET, '5']], true)).toEqual(['NONE', null]);
    expect((await alter(TOPIC, 'rides', [['retention.ms', SET, 'x']], true))[0]).toBe('INVALID_CONFIG');
    expect((await describeOne(TOPIC, 'rides', 'retention.ms'))?.configSource).toBe(5);
  });

  it('of the broker are defaults of topics, for this broker before all brokers', async () => {
    await alter(BROKER, '', [['log.retention.ms', SET, '5000']]);
    await alter(BROKER, '1', [['log.retention.ms', SET, '6000']]);
    expect((await describeOne(TOPIC, 'events', 'retention.ms'))?.synonyms).toEqual([
      { name: 'log.retention.ms', value: '6000', source: 2 },
      { name: 'log.retention.ms', value: '5000', source: 3 },
      { name: 'log.retention.ms', value: '604800000', source: 5 },
    ]);
    expect(await describeOne(BROKER, '', 'log.retention.ms')).toMatchObject({ value: '5000', configSource: 3 });
    await alter(BROKER, '1', [['log.retention.ms', DELETE, null]]);
    await alter(BROKER, '', [['log.retention.ms', DELETE, null]]);
    expect((await describeOne(TOPIC, 'events', 'retention.ms'))?.value).toBe('604800000');
  });

  it('outlive a power loss', async () => {
    await alter(TOPIC, 'events', [['retention.ms', SET, '77']]);
    await alter(BROKER, '1', [['num.partitions', SET, '4']]);
    await alter(GROUP, 'riders', [['consumer.session.timeout.ms', SET, '50000']]);
    client.close();
    await broker.restart();
    client = new RawClient(broker.port);
    expect((await describeOne(TOPIC, 'events', 'retention.ms'))?.value).toBe('77');
    expect((await describeOne(GROUP, 'riders', 'consumer.session.timeout.ms'))?.value).toBe('50000');
    const { topics } = await client.ask(3, 12, { topics: [{ name: 'made-now' }], allowAutoTopicCreation: true });
    expect(topics[0]!.partitions).toHaveLength(4);
    const { configResources } = await client.ask(74, 1, { resourceTypes: [GROUP, BROKER] });
    expect(configResources).toEqual([
      { resourceName: 'riders', resourceType: GROUP },
      { resourceName: '1', resourceType: BROKER },
    ]);
  });

  it('are replaced as a whole by the older request', async () => {
    const replace = async (configs: { name: string; value: string | null }[]) => {
      const resources = [{ resourceType: TOPIC, resourceName: 'events', configs }];
      return (await client.ask(33, 2, { resources, validateOnly: false })).responses[0]!.errorCode;
    };
    expect(await replace([{ name: 'retention.bytes', value: '9' }])).toBe(0);
    expect((await describeOne(TOPIC, 'events', 'retention.ms'))?.configSource).toBe(5);
    expect((await describeOne(TOPIC, 'events', 'retention.bytes'))?.value).toBe('9');
    expect(errorName(await replace([{ name: 'retention.bytes', value: null }]))).toBe('INVALID_REQUEST');
  });
});

describe('topics and partitions', () => {
  it('are described a page at a time, by name', async () => {
    const page = async (cursor: { topicName: string; partitionIndex: number } | null) => {
      const topics = ['rides', 'events', 'nobody', 'zones'].map((name) => ({ name }));
      const answer = await client.ask(75, 0, { topics, responsePartitionLimit: 2, cursor });
      const seen = answer.topics.map(({ name, errorCode, partitions }) => [
        name,
        errorName(errorCode),
        ...partitions.map(({ partitionIndex }) => partitionIndex),
      ]);
      return { seen, next: answer.nextCursor };
    };
    const first = await page(null);
    expect(first.seen).toEqual([
      ['events', 'NONE', 0, 1],
      ['nobody', 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
    expect(first.next).toEqual({ topicName: 'rides', partitionIndex: 0 });
    const second = await page(first.next);
    expect(second).toEqual({ seen: [['rides', 'NONE', 0, 1]], next: { topicName: 'rides', partitionIndex: 2 } });
    const third = await page(second.next);
    expect(third).toEqual({
      seen: [
        ['rides', 'NONE', 2],
        ['zones', 'NONE', 0],
      ],
      next: null,
    });
  });

  it('have one place to be', async () => {
    const replicas = [[1], [1, 2], [], null, [1, 1]];
    const topics = [
      {
        name: 'rides',
        partitions: [
          { partitionIndex: 0, replicas: [1] },
          { partitionIndex: 9, replicas: [1] },
        ],
      },
      ...replicas.map((each) => ({ name: 'events', partitions: [{ partitionIndex: 0, replicas: each }] })),
    ];
    const { responses } = await client.ask(45, 1, { topics });
    const codes = responses.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorName(errorCode)));
    expect(codes).toEqual([
      'NONE',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NONE',
      'INVALID_REPLICA_ASSIGNMENT',
      'INVALID_REPLICA_ASSIGNMENT',
      'NO_REASSIGNMENT_IN_PROGRESS',
      'INVALID_REPLICA_ASSIGNMENT',
    ]);
    expect((await client.ask(46, 0, { topics: null })).topics).toEqual([]);
  });

  it('need no election', async () => {
    const asked = [{ topic: 'rides', partitions: [0, 7] }];
    const { replicaElectionResults } = await client.ask(43, 2, { electionType: 0, topicPartitions: asked });
    const codes = replicaElectionResults[0]!.partitionResult.map(({ errorCode }) => errorName(errorCode));
    expect(codes).toEqual(['ELECTION_NOT_NEEDED', 'UNKNOWN_TOPIC_OR_PARTITION']);
    const all = await client.ask(43, 2, { electionType: 0, topicPartitions: null });
    expect(all).toMatchObject({ errorCode: 0, replicaElectionResults: [] });
  });
});

it('refuses features and levels that it does not have', async () => {
  const { errorCode, errorMessage } = await client.ask(57, 2, {
    featureUpdates: [{ feature: 'metadata.version', maxVersionLevel: 7, upgradeType: 1 }],
  });
  expect(errorName(errorCode)).toBe('INVALID_UPDATE_VERSION');
  expect(errorMessage).toContain('does not support this feature');
});
