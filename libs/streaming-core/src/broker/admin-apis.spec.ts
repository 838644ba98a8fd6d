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
    expect((await refused([['num.partitions', SET, '2']], BROKER, '7'))[0]).toBe('INVALID_REQUEST');
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

describe('topics', () => {
  const create = async (
    topic: Partial<Parameters<typeof client.ask<19>>[2]['topics'][number]>,
    validateOnly = false,
  ) => {
    const whole = { name: 'new', numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...topic };
    const { topics } = await client.ask(19, 7, { topics: [whole], timeoutMs: 1_000, validateOnly });
    return errorName(topics[0]!.errorCode);
  };
  const remove = async (topics: { name: string | null; topicId?: string }[]) => {
    const { responses } = await client.ask(20, 6, {
      topics: topics.map((topic) => ({ topicId: 'A'.repeat(22), ...topic })),
      timeoutMs: 1_000,
    });
    return responses.map(({ errorCode }) => errorName(errorCode));
  };

  it('are created by the rules of Apache Kafka on one broker', async () => {
    const assigned = (...assignments: [number, number[]][]) => ({
      assignments: assignments.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
    });
    expect(await create({ replicationFactor: 2 }, true)).toBe('INVALID_REPLICATION_FACTOR');
    expect(await create({ replicationFactor: 0 }, true)).toBe('INVALID_REPLICATION_FACTOR');
    expect(await create({ numPartitions: 0 }, true)).toBe('INVALID_PARTITIONS');
    expect(await create({ numPartitions: 1_000_000 }, true)).toBe('POLICY_VIOLATION');
    expect(await create({ configs: [{ name: 'retention.ms', value: null }] }, true)).toBe('INVALID_CONFIG');
    expect(await create({ ...assigned([0, [1]]), numPartitions: 1 }, true)).toBe('INVALID_REQUEST');
    for (const wrong of [assigned([0, [1, 2]]), assigned([0, []]), assigned([1, [1]]), assigned([0, [1]], [0, [1]])]) {
      expect(await create(wrong, true)).toBe('INVALID_REPLICA_ASSIGNMENT');
    }
    expect(await create(assigned([1, [1]], [0, [1]]), true)).toBe('NONE');
    expect(
      (await client.ask(3, 12, { topics: [{ name: 'new' }], allowAutoTopicCreation: false })).topics[0]!.errorCode,
    ).toBe(3);
    expect(await create(assigned([1, [1]], [0, [1]]))).toBe('NONE');
    expect(await create({})).toBe('TOPIC_ALREADY_EXISTS');
  });

  it('are deleted by name or id, and what had the name before is not what has it now', async () => {
    await create({ name: 'reborn' });
    const idOf = async () =>
      (await client.ask(3, 12, { topics: [{ name: 'reborn' }], allowAutoTopicCreation: false })).topics[0]!.topicId;
    const oldId = await idOf();
    expect(
      await remove([
        { name: null, topicId: oldId },
        { name: null, topicId: oldId },
      ]),
    ).toEqual(['INVALID_REQUEST']);
    expect(await remove([{ name: 'reborn', topicId: oldId }])).toEqual(['INVALID_REQUEST']);
    expect(await remove([{ name: null, topicId: oldId }])).toEqual(['NONE']);
    expect(await create({ name: 'reborn' })).toBe('NONE');
    expect(await idOf()).not.toBe(oldId);
    expect(await remove([{ name: null, topicId: oldId }, { name: 'nobody' }])).toEqual([
      'UNKNOWN_TOPIC_ID',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ]);
    const { topics } = await client.ask(3, 12, { topics: [{ name: null, topicId: oldId }] });
    expect(topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['UNKNOWN_TOPIC_ID']);
  });
});

describe('quotas', () => {
  const alterQuota = async (entity: [string, string | null][], key: string, value: number | null) => {
    const ops = [{ key, value: value ?? 0, remove: value === null }];
    const parts = entity.map(([entityType, entityName]) => ({ entityType, entityName }));
    const { entries } = await client.ask(49, 1, { entries: [{ entity: parts, ops }], validateOnly: false });
    return errorName(entries[0]!.errorCode);
  };

  it('throttle who produces too much: the answer is there at once, and the next request is heard later', async () => {
    expect(await alterQuota([['client-id', 'raw']], 'producer_byte_rate', 10_000)).toBe('NONE');
    const described = await client.ask(48, 1, {
      components: [{ entityType: 'client-id', matchType: 0, match: 'raw' }],
      strict: true,
    });
    expect(described.entries).toEqual([
      {
        entity: [{ entityType: 'client-id', entityName: 'raw' }],
        values: [{ key: 'producer_byte_rate', value: 10_000 }],
      },
    ]);
    const busy = new RawClient(broker.port);
    const records = encodeBatch({ records: [{ key: null, value: Buffer.alloc(101_000), timestamp: 1n }] });
    const topicData = [{ name: 'rides', partitionData: [{ index: 0, records }] }];
    const { throttleTimeMs } = await busy.ask(0, 9, { acks: 1, timeoutMs: 5_000, topicData });
    expect(throttleTimeMs).toBeGreaterThan(50);
    // Late, but heard.
    expect((await busy.ask(18, 0, {})).errorCode).toBe(0);
    busy.close();
    expect(await alterQuota([['client-id', 'raw']], 'producer_byte_rate', null)).toBe('NONE');
  });

  it('let new connections of an address wait, and hear them later', async () => {
    expect(await alterQuota([['ip', '127.0.0.1']], 'connection_creation_rate', 20)).toBe('NONE');
    const clients = Array.from({ length: 230 }, () => new RawClient(broker.port));
    const last = clients.at(-1)!;
    expect((await last.ask(18, 0, {})).errorCode).toBe(0);
    for (const each of clients) each.close();
    expect(await alterQuota([['ip', '127.0.0.1']], 'connection_creation_rate', null)).toBe('NONE');
  });

  it('of the number of connections change at run time', async () => {
    await alter(BROKER, '1', [['max.connections', SET, '1']]);
    const refused = new RawClient(broker.port);
    expect(await refused.frame()).toBeNull();
    await alter(BROKER, '1', [['max.connections', DELETE, null]]);
    const accepted = new RawClient(broker.port);
    expect((await accepted.ask(18, 0, {})).errorCode).toBe(0);
    accepted.close();
  });

  it('refuse topics of who creates too many', async () => {
    await alterQuota([['user', null]], 'controller_mutation_rate', 1);
    const limited = new RawClient(broker.port);
    const topicsOf = (name: string, numPartitions: number) => ({
      topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }],
      timeoutMs: 1_000,
      validateOnly: true,
    });
    expect((await limited.ask(19, 5, topicsOf('a', 111))).throttleTimeMs).toBeGreaterThan(50_000);
    const strict = new RawClient(broker.port);
    const { topics, throttleTimeMs } = await strict.ask(19, 7, topicsOf('b', 1));
    expect(errorName(topics[0]!.errorCode)).toBe('THROTTLING_QUOTA_EXCEEDED');
    expect(throttleTimeMs).toBeGreaterThan(50_000);
    limited.close();
    strict.close();
    expect(await alterQuota([['user', null]], 'controller_mutation_rate', null)).toBe('NONE');
  });
});
