/** What the admin clients of kafkajs and @platformatic/kafka can ask, call by call. Access rules are in tests of their own. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Admin,
  ClientQuotaMatchTypes,
  ConfigResourceTypes,
  FindCoordinatorKeyTypes,
  IncrementalAlterConfigOperationTypes,
  ListOffsetTimestamps,
} from '@platformatic/kafka';
import { ConfigResourceTypes as KafkaJsConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { START_TIMEOUT_MS, startTarget, unique, until, type Target } from './target.ts';

let target: Target;

beforeAll(async () => {
  target = await startTarget();
}, START_TIMEOUT_MS);

afterAll(() => target.stop());

describe('kafkajs', () => {
  const connect = async () => {
    const kafka = new Kafka({ brokers: [target.bootstrapServers], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    return { kafka, admin, [Symbol.asyncDispose]: () => admin.disconnect() };
  };

  it('creates, describes, grows, lists and deletes topics, and describes the cluster', async () => {
    await using session = await connect();
    const { admin } = session;
    const topic = unique('kafkajs-admin');
    const configEntries = [{ name: 'retention.ms', value: '60000' }];
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] })).toBe(true);
    expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await until('the metadata shows it', async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]!.partitions.length === 3;
    });
    expect(await admin.listTopics()).toContain(topic);
    const { brokers, clusterId, controller } = await admin.describeCluster();
    expect(brokers).toHaveLength(1);
    expect([clusterId.length, controller]).toEqual([22, 1]);
    await admin.deleteTopics({ topics: [topic] });
    await until('it is gone', async () => !(await admin.listTopics()).includes(topic));
  });

  it('describes and alters configs', async () => {
    await using session = await connect();
    const { admin } = session;
    const name = unique('kafkajs-configs');
    await admin.createTopics({ topics: [{ topic: name }], waitForLeaders: false });
    await until('brokers know the topic', async () => (await admin.listTopics()).includes(name));
    const type = KafkaJsConfigResourceTypes.TOPIC;
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type, name, configEntries: [{ name: 'retention.ms', value: '12345' }] }],
    });
    const described = await admin.describeConfigs({
      includeSynonyms: true,
      resources: [{ type, name, configNames: ['retention.ms'] }],
    });
    expect(described.resources[0]!.configEntries[0]).toMatchObject({
      configName: 'retention.ms',
      configValue: '12345',
    });
    const wrong = [{ type, name, configEntries: [{ name: 'retention.ms', value: 'soon' }] }];
    await expect(admin.alterConfigs({ validateOnly: true, resources: wrong })).rejects.toMatchObject({
      type: 'INVALID_CONFIG',
    });
  });

  it('reads and moves offsets, deletes records, describes and deletes groups', async () => {
    await using session = await connect();
    const { admin, kafka } = session;
    const [topic, groupId] = [unique('kafkajs-offsets'), unique('kafkajs-group')];
    await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
    await until('brokers know the topic', async () => (await admin.listTopics()).includes(topic));
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: ['a', 'b', 'c', 'd'].map((value) => ({ value })) });
    await producer.disconnect();
    expect(await admin.fetchTopicOffsets(topic)).toEqual([{ partition: 0, offset: '4', high: '4', low: '0' }]);
    expect(await admin.fetchTopicOffsetsByTimestamp(topic, 1)).toEqual([{ partition: 0, offset: '0' }]);
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '2' }] });
    const committed = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]!.partitions[0]!.offset;
    expect(await committed()).toBe('2');
    await admin.resetOffsets({ groupId, topic, earliest: true });
    // kafkajs commits the place, -2, and looks it up when it reads.
    expect(await committed()).toBe('-2');
    const resolved = await admin.fetchOffsets({ groupId, topics: [topic], resolveOffsets: true });
    expect(resolved[0]!.partitions[0]!.offset).toBe('0');
    expect((await admin.listGroups()).groups.map((group) => group.groupId)).toContain(groupId);
    expect((await admin.describeGroups([groupId])).groups[0]).toMatchObject({ groupId, state: 'Empty', members: [] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    expect((await admin.fetchTopicOffsets(topic))[0]).toMatchObject({ low: '3', high: '4' });
    expect(await admin.deleteGroups([groupId])).toMatchObject([{ groupId, errorCode: 0 }]);
  });
});

describe('@platformatic/kafka', () => {
  const connect = () => {
    const admin = new Admin({ clientId: 'conformance', bootstrapBrokers: [target.bootstrapServers], retries: 1 });
    return { admin, [Symbol.asyncDispose]: () => admin.close() };
  };

  it('creates, describes, grows, lists and deletes topics', async () => {
    await using session = connect();
    const { admin } = session;
    const topic = unique('platformatic-admin');
    const configs = [{ name: 'retention.ms', value: '60000' }];
    const [created] = await admin.createTopics({ topics: [topic], partitions: 2, replicas: 1, configs });
    expect(created).toMatchObject({ name: topic, partitions: 2, replicas: 1 });
    await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
    expect(await admin.listTopics()).toContain(topic);
    const described = async () => (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(topic);
    // Apache Kafka's brokers hear of it a moment after its controller has answered.
    await until('three partitions', async () => (await described())?.partitionsCount === 3);
    expect(await described()).toMatchObject({ id: created!.id });
    const [directory] = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0, 1, 2] }] });
    expect(directory!.results[0]!.topics[0]!.partitions).toHaveLength(3);
    await admin.deleteTopics({ topics: [topic] });
    await until('it is gone', async () => !(await admin.listTopics()).includes(topic));
  });

  it('describes and alters configs, whole and one by one', async () => {
    await using session = connect();
    const { admin } = session;
    const resourceName = unique('platformatic-configs');
    const resourceType = ConfigResourceTypes.TOPIC;
    await admin.createTopics({ topics: [resourceName], partitions: 1, replicas: 1 });
    const valueOf = async (name: string) => {
      const resources = [{ resourceType, resourceName, configurationKeys: [name] }];
      const [described] = await admin.describeConfigs({ resources, includeSynonyms: true, includeDocumentation: true });
      return described!.configs[0]!.value;
    };
    await admin.alterConfigs({
      resources: [{ resourceType, resourceName, configs: [{ name: 'retention.ms', value: '12345' }] }],
    });
    expect(await valueOf('retention.ms')).toBe('12345');
    const change = (configOperation: 0 | 1 | 2 | 3, name: string, value: string) =>
      admin.incrementalAlterConfigs({
        resources: [{ resourceType, resourceName, configs: [{ name, value, configOperation }] }],
      });
    const { APPEND, SUBTRACT, DELETE } = IncrementalAlterConfigOperationTypes;
    await change(APPEND, 'cleanup.policy', 'compact');
    expect(await valueOf('cleanup.policy')).toBe('delete,compact');
    await change(SUBTRACT, 'cleanup.policy', 'delete');
    expect(await valueOf('cleanup.policy')).toBe('compact');
    await change(DELETE, 'retention.ms', '');
    expect(await valueOf('retention.ms')).toBe('604800000');
    await expect(change(APPEND, 'retention.ms', '1')).rejects.toThrow();
  });

  it('describes and alters quotas', async () => {
    await using session = connect();
    const { admin } = session;
    const name = unique('platformatic-client');
    const entities = [{ entityType: 'client-id' as const, entityName: name }];
    const key = 'producer_byte_rate' as const;
    const described = () =>
      admin.describeClientQuotas({
        components: [{ entityType: 'client-id', matchType: ClientQuotaMatchTypes.EXACT, match: name }],
        strict: true,
      });
    await admin.alterClientQuotas({ entries: [{ entities, ops: [{ key, value: 1_024, remove: false }] }] });
    // A controller tells the brokers a moment later.
    await until('the quota is there', async () => (await described()).length === 1);
    expect((await described())[0]!.values).toEqual([{ key, value: 1_024 }]);
    await admin.alterClientQuotas({ entries: [{ entities, ops: [{ key, remove: true }] }] });
    await until('the quota is gone', async () => (await described()).length === 0);
  });

  it('reads and moves offsets, describes and deletes groups', async () => {
    await using session = connect();
    const { admin } = session;
    const [name, groupId] = [unique('platformatic-offsets'), unique('platformatic-group')];
    await admin.createTopics({ topics: [name], partitions: 1, replicas: 1 });
    const timestamp = ListOffsetTimestamps.LATEST;
    const [listed] = await admin.listOffsets({ topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }] });
    expect(listed!.partitions[0]).toMatchObject({ partitionIndex: 0, offset: 0n });
    await admin.alterConsumerGroupOffsets({
      groupId,
      topics: [{ name, partitionOffsets: [{ partition: 0, offset: 0n }] }],
    });
    const [committed] = await admin.listConsumerGroupOffsets({ groups: [groupId] });
    expect(committed!.topics[0]!.partitions[0]).toMatchObject({ partitionIndex: 0, committedOffset: 0n });
    const [coordinator] = await admin.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [groupId] });
    expect(coordinator).toMatchObject({ key: groupId, nodeId: 1 });
    expect([...(await admin.listGroups()).keys()]).toContain(groupId);
    expect((await admin.describeGroups({ groups: [groupId] })).get(groupId)!.state.toUpperCase()).toBe('EMPTY');
    const deleted = await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name, partitionIndexes: [0] }] });
    expect(deleted).toMatchObject([{ name, partitionIndexes: [0] }]);
    const [trimmed] = await admin.deleteRecords({ topics: [{ name, partitions: [{ partition: 0, offset: 0n }] }] });
    expect(trimmed!.name).toBe(name);
    await until('a group without offsets is gone, or can be deleted', async () => {
      if (!(await admin.listGroups()).has(groupId)) return true;
      await admin.deleteGroups({ groups: [groupId] });
      return true;
    });
  });
});
