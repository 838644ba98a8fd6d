import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RawClient } from '../../test/raw-client.js';
import { plain } from '../../test/sasl-client.js';
import { startSecureBroker, type SecureBroker } from '../../test/secure-broker.js';
import { OPERATION, PATTERN_TYPE, PERMISSION, RESOURCE_TYPE } from '../security/acl.js';
import { ERROR } from '../wire/error-codes.js';

/** Topics that a principal may not describe must not show through the consumer protocol (KIP-848). */
const users = { admin: 'a', alice: 'l', bob: 'b' };
let secure: SecureBroker;
let admin: RawClient;
let alice: RawClient;
let bob: RawClient;

async function newClient(user: keyof typeof users): Promise<RawClient> {
  const client = new RawClient(secure.port('SASL_PLAINTEXT'));
  expect((await plain(client, user, users[user])).errorCode).toBe(0);
  return client;
}

async function allow(user: string, type: 'GROUP' | 'TOPIC', name: string): Promise<void> {
  const creation = {
    resourceType: RESOURCE_TYPE[type],
    resourceName: name,
    resourcePatternType: PATTERN_TYPE.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation: OPERATION.READ,
    permissionType: PERMISSION.ALLOW,
  };
  expect(await admin.ask(30, 2, { creations: [creation] })).toMatchObject({ results: [{ errorCode: 0 }] });
}

beforeAll(async () => {
  const config = {
    listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
    'sasl.enabled.mechanisms': 'PLAIN',
    'authorizer.class.name': 'StandardAuthorizer',
    'super.users': 'User:admin',
  };
  secure = await startSecureBroker({ config, users });
  for (const name of ['rides', 'riches', 'secrets']) secure.broker.createTopic({ name, partitions: 1, configs: {} });
  [admin, alice, bob] = await Promise.all([newClient('admin'), newClient('alice'), newClient('bob')]);
  await admin.ask(10, 4, { keyType: 0, coordinatorKeys: ['g'] });
  for (const user of ['alice', 'bob']) await allow(user, 'GROUP', '*');
  await allow('alice', 'TOPIC', 'rides');
});

afterAll(async () => {
  for (const client of [admin, alice, bob]) client.close();
  await secure.stop();
});

const beat = async (
  client: RawClient,
  groupId: string,
  memberId: string,
  memberEpoch: number,
  regex: string | null,
) => {
  const {
    errorCode,
    memberEpoch: epoch,
    assignment,
  } = await client.ask(68, 1, {
    groupId,
    memberId,
    memberEpoch,
    rebalanceTimeoutMs: 60_000,
    subscribedTopicRegex: regex,
    topicPartitions: memberEpoch === 0 ? [] : null,
  });
  expect(errorCode).toBe(ERROR.NONE);
  const nameOf = (id: string): string => secure.broker.topics().find((topic) => topic.id === id)!.name;
  return { epoch, topics: assignment?.topicPartitions.map(({ topicId }) => nameOf(topicId)).sort() ?? null };
};

describe('a subscription by regular expression', () => {
  it('finds only topics that its member may describe, and finds more once it may', async () => {
    const joined = await beat(alice, 'g', 'a', 0, '[rs].*');
    expect(joined.topics).toEqual(['rides']);
    await allow('alice', 'TOPIC', 'riches');
    const later = await beat(alice, 'g', 'a', joined.epoch, null);
    expect(later.topics).toEqual(['riches', 'rides']);
  });

  it('is not looked up with the rights of another member', async () => {
    await beat(bob, 'mixed', 'b', 0, 's.*');
    const { epoch } = await beat(admin, 'mixed', 'a', 0, 'ri.*');
    secure.broker.createTopic({ name: 'sessions', partitions: 1, configs: {} });
    await beat(admin, 'mixed', 'a', epoch, 'ri.*s');
    const { groups } = await admin.ask(69, 0, { groupIds: ['mixed'], includeAuthorizedOperations: false });
    const member = groups[0]!.members.find(({ memberId }) => memberId === 'b')!;
    expect(member.targetAssignment.topicPartitions).toEqual([]);
  });

  it('shows nobody what others matched', async () => {
    await beat(admin, 'described', 'a', 0, 's.*');
    const ask = { groupIds: ['described'], includeAuthorizedOperations: false };
    expect((await admin.ask(69, 0, ask)).groups).toMatchObject([{ errorCode: ERROR.NONE }]);
    expect((await alice.ask(69, 0, ask)).groups).toMatchObject([
      { errorCode: ERROR.TOPIC_AUTHORIZATION_FAILED, members: [] },
    ]);
  });
});
